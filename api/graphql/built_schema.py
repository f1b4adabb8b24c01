"""The GraphQL schema together with the declared graph."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from graphql import GraphQLSchema, print_schema

from api.graphql.graph import Graph
from api.graphql.mutation import MutationDeclaration
from api.graphql.parts import Aggregates, Computed, Counts, Items, Page, Stream, UnpagedRoot

_LISTS = Page | Stream | UnpagedRoot | Items | Counts | Aggregates | Computed


@dataclass(frozen=True)
class BuiltSchema:
    """The schema for clients, the graph for the compiler, and the mutations."""

    schema: GraphQLSchema
    graph: Graph
    mutations: Mapping[str, MutationDeclaration]

    @cached_property
    def entity_names(self) -> frozenset[str]:
        """The GraphQL types that have a table."""
        return frozenset(entity.name for entity in self.graph.entities)

    @cached_property
    def list_names(self) -> frozenset[str]:
        """The names of the fields that cost as much to plan as a list, on any type."""
        graph = self.graph
        declared = (graph.roots, graph.streams, *graph.plain.values(), *(entity.parts for entity in graph.entities))
        return frozenset(name for parts in declared for name, part in parts.items() if isinstance(part, _LISTS))

    def sdl(self) -> str:
        """Return the schema in the schema definition language."""
        return print_schema(self.schema) + "\n"
