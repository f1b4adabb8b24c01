"""Positions of a network's nodes in the plane."""
