"""The database: SQLite and Postgres behind one interface."""
