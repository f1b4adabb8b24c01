"""Measures how fast the server is, as ratios to a floor: `python -m bench --help`."""
