"""Carries records between formats and the database: in through the use cases, out as far as the caller sees."""
