"""Formats in which data come in and go out: one file for each, which knows the format and nothing of the database."""
