"""Compiles a selection set to SQL: binds its arguments to variables, emits the SQL, and caches the plan."""
