"""Draws a laid-out network as SVG: text, needing no font, script or file of anybody's."""
