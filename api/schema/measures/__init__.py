"""Measures as the graph offers them: one file a measure."""
