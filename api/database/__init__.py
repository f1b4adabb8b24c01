"""Access to SQLite and Postgres through one interface."""
