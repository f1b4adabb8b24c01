"""Measures as pure functions of arrays, without database and GraphQL."""
