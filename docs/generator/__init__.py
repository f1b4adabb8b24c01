"""Builds the pages of the documentation that are made of code: `python -m docs.generator` (docs/decisions/0029)."""
