"""Discourse networks: weights, duplicates, time windows. ADR 0017."""
