"""Use cases as steps (ADR 0008): a sans-IO generator yields queries and writes, and returns its outcome.

The runner sends the rows of each query back into the generator. So one use case runs over a bare driver connection,
which is fast, in SQLite's writer thread, which cannot await, and in a SQLAlchemy session with other work.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, FromClause, Select, Table
from sqlalchemy.sql.selectable import CompoundSelect

from api.database.reader import Row

T = TypeVar("T")
EXPECTED_VERSION = "was"
"""Key of a row to update under which it holds the version that was read."""
Values: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReadStep:
    """Run a query with these values. The query is one object for all requests: runners cache its SQL by identity."""

    statement: Select[Any] | CompoundSelect[Any]
    values: Values
    fused: CompoundSelect[Any] | None = None
    """Query that also writes, in place of `statement`, if the database can: ends the most frequent case in one step."""


@dataclass(frozen=True, slots=True)
class WriteStep:
    """Insert and update rows atomically.

    A row to update has its `id`, the new values, and under `EXPECTED_VERSION` the version that was read. If a row has
    another version by now, nothing is written and the use case is retried (optimistic locking).
    """

    inserts: Mapping[Table, Sequence[Values]]
    updates: Mapping[Table, Sequence[Values]]


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """How to render the row that a use case writes. Used only if no other written row is part of the result.

    Such a row is rendered by the statement that writes it. `over` takes the FROM clause with the row and returns the
    expression of its text with the FROM clause to select it from. Use cases cache compiled statements in `cache`.
    """

    over: Callable[[FromClause], tuple[ColumnElement[Any], FromClause]]
    cache: dict[str, Any] = field(default_factory=dict)


Steps: TypeAlias = Generator[ReadStep | WriteStep, Sequence[Row], T]
