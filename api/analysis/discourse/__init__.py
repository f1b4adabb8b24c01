"""Discourse networks: weights, duplicates, time windows."""
