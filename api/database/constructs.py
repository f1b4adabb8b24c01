"""SQL constructs that each database gets in the form that it executes fastest."""

import datetime as dt
from typing import Any

import orjson
from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    Dialect,
    FunctionElement,
    Select,
    Text,
    TypeDecorator,
    bindparam,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal

from models.base import Instant


class CurrentInstant(FunctionElement[dt.datetime]):
    """The start of the query by the database's clock: all servers of a database agree on when a lease ends."""

    type = Instant()
    inherit_cache = True


@compiles(CurrentInstant, "postgresql")
def _instant_on_postgres(_element: CurrentInstant, _compiler: SQLCompiler, **_kw: Any) -> str:
    return "statement_timestamp()"


@compiles(CurrentInstant, "sqlite")
def _instant_on_sqlite(_element: CurrentInstant, _compiler: SQLCompiler, **_kw: Any) -> str:
    return "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')"


class InList(ColumnElement[bool]):
    """True if `column` has one of the values in the list that is bound as `name`; the list may have any length."""

    inherit_cache = True
    _traverse_internals = [  # noqa: RUF012 (SQLAlchemy reads it so)
        ("column", InternalTraversal.dp_clauseelement),
        ("name", InternalTraversal.dp_string),
    ]

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column, self.name = column, name


@compiles(InList, "postgresql")
def _in_array(element: InList, compiler: SQLCompiler, **kw: Any) -> str:
    values: BindParameter[Any] = bindparam(element.name, type_=ARRAY(element.column.type), required=False)
    return f"{compiler.process(element.column, **kw)} = ANY ({compiler.process(values, **kw)})"


@compiles(InList, "sqlite")
def _in_json(element: InList, compiler: SQLCompiler, **kw: Any) -> str:
    values: BindParameter[Any] = bindparam(element.name, type_=_JsonList(), required=False)
    return (
        f"{compiler.process(element.column, **kw)} IN (SELECT value FROM json_each({compiler.process(values, **kw)}))"
    )


class _JsonList(TypeDecorator[list[Any]]):
    impl = Text
    cache_ok = True

    def process_bind_param(self, value: list[Any] | None, dialect: Dialect) -> str | None:
        return None if value is None else orjson.dumps(value, default=str).decode()


def not_among(key: ColumnElement[Any], few: Select[Any]) -> ColumnElement[bool]:
    """Return the condition that `key`, which is never NULL, is none of the few keys that a subquery selects."""
    return _NotAmong(key, few.scalar_subquery())


class _NotAmong(FunctionElement[bool]):
    inherit_cache = True
    type = Boolean()

    def self_group(self, against: Any = None) -> Any:
        return self


@compiles(_NotAmong)
def _not_in_subquery(element: _NotAmong, compiler: SQLCompiler, **kw: Any) -> str:
    key, few = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({key} NOT IN {few})"


@compiles(_NotAmong, "postgresql")
def _not_in_array(element: _NotAmong, compiler: SQLCompiler, **kw: Any) -> str:
    # Postgres searches an array faster than a subquery. For the bare comparison its planner estimates that nearly no
    # row passes; for `coalesce` it has no statistics and estimates half of the rows.
    key, few = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"coalesce({key} <> ALL (ARRAY{few}), true)"
