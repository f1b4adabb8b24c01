"""Use cases in steps: what a use case asks of the database, apart from who carries it out.

A use case written so is a generator. It yields what it wants looked up or written, is sent what was found, and
returns its outcome. So one and the same rule runs over a driver's bare connection, where nothing is slow, in SQLite's
writing thread, where nothing may be awaited, and in a session together with others.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import orjson
from sqlalchemy import BindParameter, ColumnElement, Dialect, FromClause, Select, Table, Text, TypeDecorator, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import CompoundSelect
from sqlalchemy.sql.visitors import InternalTraversal

from api.database.reader import Row

T = TypeVar("T")
EXPECTED_VERSION = "was"
Values: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReadStep:
    """Look up the rows of a statement, which is made once and never anew, with these values."""

    statement: Select[Any] | CompoundSelect[Any]
    values: Values
    at_once: CompoundSelect[Any] | None = None
    """In its place where the database can also write in a statement that looks up: a use case's most usual end."""


@dataclass(frozen=True, slots=True)
class WriteStep:
    """Write rows, all of them or none: new ones of some tables, and new values of rows that are there.

    A revised row has the new value of each column that changes, its `id`, and under `EXPECTED_VERSION` the version
    that was read: if the row has another version by now, nothing is written and the use case starts again.
    """

    fresh: Mapping[Table, Sequence[Values]]
    revised: Mapping[Table, Sequence[Values]]


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """How a row that a use case writes is to be shown, where nothing else that it writes is shown with it.

    So it can be shown in the very statement that writes it: `over` makes the text of a row, and the FROM that it is
    selected from, of where the row stands. What a use case makes of it is kept in `kept`.
    """

    over: Callable[[FromClause], tuple[ColumnElement[Any], FromClause]]
    kept: dict[str, Any] = field(default_factory=dict)


Steps: TypeAlias = Generator[ReadStep | WriteStep, Sequence[Row], T]


class Listed(ColumnElement[bool]):
    """Whether `column` has one of the values in the list bound as `name`, however many these are."""

    inherit_cache = True
    _traverse_internals = [  # noqa: RUF012 (SQLAlchemy reads it so)
        ("column", InternalTraversal.dp_clauseelement),
        ("name", InternalTraversal.dp_string),
    ]

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column, self.name = column, name


@compiles(Listed, "postgresql")
def _as_array(element: Listed, compiler: SQLCompiler, **kw: Any) -> str:
    values: BindParameter[Any] = bindparam(element.name, type_=ARRAY(element.column.type), required=False)
    return f"{compiler.process(element.column, **kw)} = ANY ({compiler.process(values, **kw)})"


@compiles(Listed, "sqlite")
def _as_json(element: Listed, compiler: SQLCompiler, **kw: Any) -> str:
    values: BindParameter[Any] = bindparam(element.name, type_=_JsonList(), required=False)
    return (
        f"{compiler.process(element.column, **kw)} IN (SELECT value FROM json_each({compiler.process(values, **kw)}))"
    )


class _JsonList(TypeDecorator[list[Any]]):
    impl = Text
    cache_ok = True

    def process_bind_param(self, value: list[Any] | None, dialect: Dialect) -> str | None:
        return None if value is None else orjson.dumps(value, default=str).decode()
