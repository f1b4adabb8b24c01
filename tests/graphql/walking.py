"""Finds all lists of the schema, and walks them page by page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLObjectType, GraphQLSchema, get_named_type

from tests.conftest import Api

CURATED = {"assignments"}
"""Lists in which nobody but curators sees much."""


@dataclass(frozen=True)
class Listed:
    """A list: the type and field it stands in, and what it can be ordered by."""

    parent: str
    field: str
    orders: tuple[str | None, ...]
    filter: str | None

    def __str__(self) -> str:
        return f"{self.parent}.{self.field}"

    @property
    def caller(self) -> str | None:
        """Who walks it."""
        return "karl" if self.field in CURATED or self.parent == "Assignment" else None

    def query(self, selection: str, *arguments: str) -> str:
        """A query for this list in the row `$id`, or in Query."""
        given = [*arguments, "first: $first", "after: $after", "last: $last", "before: $before"]
        field = f"{self.field}({', '.join(given)}) {{ {selection} }}"
        declared = "$first: Int, $after: String, $last: Int, $before: String"
        if self.parent == "Query":
            return f"query({declared}) {{ {field} }}"
        return f"query($id: ID!, {declared}) {{ node(id: $id) {{ ... on {self.parent} {{ {field} }} }} }}"

    def found(self, data: Mapping[str, Any]) -> Any:
        """The connection in an answer to `query`."""
        return (data if self.parent == "Query" else data["node"])[self.field]


def lists(schema: GraphQLSchema) -> list[Listed]:
    """All lists that are paged both ways, wherever they stand."""
    return sorted(_lists(schema), key=str)


def _lists(schema: GraphQLSchema) -> Iterator[Listed]:
    for type_ in schema.type_map.values():
        if not isinstance(type_, GraphQLObjectType):
            continue
        for name, field in type_.fields.items():
            if "last" not in field.args:
                continue
            orders: tuple[str | None, ...] = (None,)
            if "orderBy" in field.args:
                by = get_named_type(field.args["orderBy"].type)
                assert isinstance(by, GraphQLInputObjectType)
                values = get_named_type(by.fields["field"].type)
                assert isinstance(values, GraphQLEnumType)
                orders = (None, *values.values)
            narrowed = get_named_type(field.args["filter"].type).name if "filter" in field.args else None
            yield Listed(type_.name, name, orders, narrowed)


def walk(api: Api, query: str, listed: Listed, variables: Mapping[str, Any], size: int, back: bool) -> list[Any]:
    """The edges of a whole list, in its order, fetched by pages of `size` from either end."""
    walked: list[Any] = []
    cursor = None
    while True:
        paging = {"last": size, "before": cursor} if back else {"first": size, "after": cursor}
        page = listed.found(api(query, {**variables, **paging}, listed.caller))
        edges, info = page["edges"], page["pageInfo"]
        assert len(edges) <= size
        assert info["startCursor"] == (edges[0]["cursor"] if edges else None)
        assert info["endCursor"] == (edges[-1]["cursor"] if edges else None)
        onward, behind = ("hasPreviousPage", "hasNextPage") if back else ("hasNextPage", "hasPreviousPage")
        assert info[behind] is bool(walked)
        walked = edges + walked if back else walked + edges
        assert info[onward] is (len(walked) < page["totalCount"])
        if not info[onward]:
            return walked
        cursor = info["startCursor" if back else "endCursor"]
