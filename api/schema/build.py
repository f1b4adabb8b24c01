"""Makes the schema that clients see, and the graph that the compiler reads, of the same declarations."""

from dataclasses import dataclass
from functools import cache

import strawberry
from graphql import GraphQLSchema, print_schema
from strawberry.types.base import StrawberryObjectDefinition

from api.schema.fields import MODEL, PART
from api.schema.query import Query
from api.schema.scalars import CONFIG
from api.selection.declare import Entity, Graph, Part


@dataclass(frozen=True)
class BuiltSchema:
    """The schema, as GraphQL and as the compiler's graph."""

    schema: GraphQLSchema
    graph: Graph

    def sdl(self) -> str:
        """The schema in the schema definition language."""
        return print_schema(self.schema) + "\n"


@cache
def build() -> BuiltSchema:
    """The schema; made once per process."""
    built = strawberry.Schema(query=Query, config=CONFIG)
    schema: GraphQLSchema = built._schema
    entities = []
    roots: dict[str, Part] = {}
    for definition in built.schema_converter.type_map.values():
        declared = definition.definition
        if not isinstance(declared, StrawberryObjectDefinition):
            continue
        parts = {CONFIG.name_converter.from_field(f): f.metadata[PART] for f in declared.fields if PART in f.metadata}
        model = getattr(declared.origin, MODEL, None)
        if model is not None:
            entities.append(Entity(declared.name, model, parts))
        if declared.origin is Query:
            roots = parts
    return BuiltSchema(schema, Graph(entities, roots))
