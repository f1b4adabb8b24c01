"""Rows of the database as arrays, restricted to what the viewer may see, and cached until they change. ADR 0015."""
