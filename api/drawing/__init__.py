"""Draws a network as self-contained SVG, without fonts, scripts or other files (ADR 0020)."""
