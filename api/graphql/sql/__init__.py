"""A selection set becomes a statement: read (GraphQL), bound to its variables, emitted (SQL), planned and kept."""
