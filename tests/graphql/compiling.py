"""Compiles documents without a database: what statement comes out, for either of the two."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Dialect

from api.database.postgres import PostgresReader
from api.database.sqlite import SqliteReader
from api.database.statement import Plan
from api.graphql.documents import Documents, choose_operation
from api.graphql.sql.arguments import bind
from api.graphql.sql.compiler import Compiler
from api.schema.build import build
from api.security.visibility import NOBODY, VIEWER, Visibility
from api.settings import load

DIALECTS: Mapping[str, Dialect] = {"sqlite": SqliteReader.dialect, "postgres": PostgresReader.dialect}
MAX_NODES = 100_000


def compiled(
    query: str,
    variables: Mapping[str, Any] | None = None,
    dialect: str = "sqlite",
    visibility: Visibility = Visibility.OTHER,
) -> tuple[Plan, dict[str, object]]:
    """Return the SQL plan of a query, and the values of its parameters."""
    built = build()
    operation = choose_operation(Documents(built, load({})).prepare(query), None)
    values = operation.variables(variables or {})
    plan = operation.build_plan(values)
    bound = bind(plan.statement, values, MAX_NODES)
    made = Compiler(built.graph, DIALECTS[dialect], 1).query(plan, plan.nodes, bound, visibility).make()
    return made, {**bound.values, VIEWER: NOBODY}


def sql(query: str, variables: Mapping[str, Any] | None = None, dialect: str = "sqlite", **more: Any) -> str:
    """The statement alone."""
    return compiled(query, variables, dialect, **more)[0].sql
