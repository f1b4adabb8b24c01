"""Builds the schema for clients, and the graph for the compiler, from the same declarations."""

from collections.abc import Mapping
from functools import cache

import strawberry
from graphql import GraphQLInputObjectType, GraphQLSchema
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition

from api.database.database import Database
from api.dataset.datasets import Datasets
from api.graphql.built_schema import BuiltSchema
from api.graphql.execution import Execution
from api.graphql.fields import MODEL, PART
from api.graphql.graph import Entity, Graph
from api.graphql.mutation import MUTATION, MutationDeclaration
from api.graphql.parts import Part
from api.graphql.scalars import CONFIG
from api.schema.mutations import Mutation
from api.schema.query import Query
from api.schema.subscription import Subscription

DESCRIPTION = """Who stands where in a conflict: actors, their dated alliances and oppositions, the documents that
report on them, the statements in these documents, and the stances that annotators read in the statements.

Every object has a global ID (`Node`). Lists are paged by keyset as Relay's connections. A query is answered by one SQL
statement. Mutations return `errors` that the caller can put right; what a caller may not see is not found, counted or
named in any answer."""


@cache
def build() -> BuiltSchema:
    """Return the schema; built once per process."""
    built = strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription, config=CONFIG)
    schema: GraphQLSchema = built._schema
    _mark_one_of(schema)
    schema.description = DESCRIPTION
    entities = []
    roots: dict[str, Part] = {}
    streams: dict[str, Part] = {}
    mutations: dict[str, MutationDeclaration] = {}
    plain: dict[str, Mapping[str, Part]] = {}
    for definition in built.schema_converter.type_map.values():
        declared = definition.definition
        if not isinstance(declared, StrawberryObjectDefinition):
            continue
        parts = {CONFIG.name_converter.from_field(f): f.metadata[PART] for f in declared.fields if PART in f.metadata}
        model = getattr(declared.origin, MODEL, None)
        if model is not None:
            entities.append(Entity(declared.name, model, parts))
        elif declared.origin is Query:
            roots = parts
        elif declared.origin is Subscription:
            streams = parts
        elif parts:
            plain[declared.name] = parts
        if declared.origin is Mutation:
            mutations = {CONFIG.name_converter.from_field(f): f.metadata[MUTATION] for f in declared.fields}
    return BuiltSchema(schema, Graph(entities, roots, streams, plain), mutations)


def execution_over(database: Database) -> Execution:
    """Return an `Execution` of this schema over a database."""
    return Execution(build(), database, database.settings, Datasets(database))


def _mark_one_of(schema: GraphQLSchema) -> None:
    """Mark `@oneOf` inputs for graphql-core, which validates: Strawberry does not pass the mark on."""
    for type_ in schema.type_map.values():
        declared = type_.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if isinstance(type_, GraphQLInputObjectType) and declared is not None and declared.is_one_of:
            type_.is_one_of = True
