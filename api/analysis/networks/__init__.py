"""Signed networks: balance, frustration, triads, blocs, centrality. ADR 0016."""
