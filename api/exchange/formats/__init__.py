"""File formats: each module with a `FORMAT` reads or writes one format, and knows nothing of the database."""
