"""Exports: records of one state of the database, as far as the viewer may see them."""
