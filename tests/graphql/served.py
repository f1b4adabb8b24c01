"""The schema that is served, as graphql-core can execute it."""

import datetime as dt

from graphql import GraphQLScalarType, GraphQLSchema, build_schema

from tests.graphql.lists import instant


def oracle_schema(sdl: str) -> GraphQLSchema:
    """The committed schema, whose scalars are dates and instants."""
    schema = build_schema(sdl)
    for name, serialize, read in (
        ("Date", dt.date.isoformat, dt.date.fromisoformat),
        ("DateTime", instant, dt.datetime.fromisoformat),
    ):
        scalar = schema.type_map[name]
        assert isinstance(scalar, GraphQLScalarType)
        scalar.coerce_output_value = serialize
        scalar.coerce_input_value = read
    return schema
