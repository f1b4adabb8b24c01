"""The GraphQL engine: one operation from its text to the bytes of its answer. It knows no noun of the domain."""
