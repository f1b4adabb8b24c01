"""The GraphQL engine: one operation from its text to the bytes of its answer. Independent of the domain."""
