"""Figures over many stances, as pure functions of arrays: how well annotators agree, and what they say together."""
