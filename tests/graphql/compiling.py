"""Compiles documents without a database: what statement comes out, for either of the two."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Dialect

from api.database.postgres import PostgresReader
from api.database.sqlite import SqliteReader
from api.database.statement import Plan
from api.graphql.documents import Documents, chosen
from api.graphql.sql.arguments import Bound, bind
from api.graphql.sql.compiler import Compiler
from api.schema.build import build
from api.security.visibility import NOBODY, VIEWER, Visibility
from api.settings import load

DIALECTS: Mapping[str, Dialect] = {"sqlite": SqliteReader.dialect, "postgres": PostgresReader.dialect}
MOST_NODES = 100_000


def compiled(
    query: str,
    variables: Mapping[str, Any] | None = None,
    dialect: str = "sqlite",
    sight: Visibility = Visibility.OTHER,
) -> tuple[Plan, Bound]:
    """The plan of a query, and the values that `variables` bind."""
    built = build()
    operation = chosen(Documents(built, load({})).prepare(query), None)
    values = operation.variables(variables or {})
    reading = operation.read(values)
    fields = [field for field in reading.fields if field.name in built.graph.roots]
    bound = bind(reading.asks, values, MOST_NODES)
    bound.values[VIEWER] = NOBODY
    return Compiler(built.graph, DIALECTS[dialect], 1).query(reading, fields, bound, sight).make(), bound


def sql(query: str, variables: Mapping[str, Any] | None = None, dialect: str = "sqlite", **more: Any) -> str:
    """The statement alone."""
    return compiled(query, variables, dialect, **more)[0].sql
