"""Signed networks: balance, frustration, triads, blocs, centrality."""
