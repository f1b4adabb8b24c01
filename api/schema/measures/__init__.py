"""Measures, one file each: the GraphQL type, the computation that returns it, and the declaration of the field.

`docs/contributing.md` adds one. What reads rows is in `api/dataset`, what is mathematics in `api/analysis`. ADR 0014.
"""
