"""Stances: recorded, revised and withdrawn by annotators."""
