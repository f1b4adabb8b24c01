"""File formats: each module with a `FORMAT` reads or writes one format, without the database (ADR 0018)."""
