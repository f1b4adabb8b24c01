"""JSON text over columns: the concatenations of which every answer is made."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    Date,
    Enum,
    Float,
    FromClause,
    Integer,
    case,
    func,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from api.graphql.plan import PlanNode
from api.graphql.sql.dialects import DialectText, Expression
from api.graphql.sql.query import Join, Named, SelectQuery
from api.graphql.sql.sql_elements import Constant, concatenated
from api.ids import PREFIXES
from models.base import Instant

Columns: TypeAlias = Mapping[str, Any] | ReadOnlyColumnCollection[str, Any]
"""Columns by name: of a table, an alias, a subquery."""


def constant(text: str) -> Expression:
    """Return `text` as a constant of the statement."""
    return Constant(text)


@dataclass(slots=True)
class Scope:
    """A FROM clause that grows as edges are joined."""

    first: FromClause
    joins: list[Join] = field(default_factory=list)
    joined: dict[tuple[object, Expression], FromClause] = field(default_factory=dict)
    """Model and key → its row. A row that aliases refer to twice is joined once: SQLite joins at most 64 tables."""

    uncertain: set[FromClause] = field(default_factory=set)
    """Joined tables that may have no row."""

    def join(self, other: FromClause, condition: ColumnElement[bool], *, certain: bool) -> None:
        """Join `other` without losing rows: by an inner join if each row is `certain` to have a match, else outer."""
        self.joins.append(Join(other, condition, certain))
        if not certain:
            self.uncertain.add(other)

    def select(self, *columns: Expression) -> SelectQuery:
        """Select `columns` of the scope, once everything is joined."""
        return SelectQuery(tuple(map(Named, columns)), self.first, tuple(self.joins))

    @property
    def source(self) -> FromClause:
        """The FROM clause for a `Select`."""
        source = self.first
        for other, condition, certain in self.joins:
            source = source.join(other, condition, isouter=not certain)
        return source


@dataclass(frozen=True, slots=True)
class TextWriter:
    """Writes JSON text for one dialect."""

    dialect: DialectText

    def text(self, *pieces: str | Expression) -> Expression:
        """Return the concatenation of constants and expressions, none of which may be NULL."""
        return concatenated(pieces)

    def scalar(self, column: Expression) -> Expression:
        """Return the JSON text of a column, by its type."""
        kind, nullable = column.type, getattr(column, "nullable", False)
        if isinstance(kind, Boolean):
            written: Expression = case((column, constant("true")), else_=constant("false"))
            return case((column.is_(None), constant("null")), else_=written) if nullable else written
        if isinstance(kind, JSON):
            text = self.dialect.plain(column)
            return func.coalesce(text, constant("null")) if nullable else text
        if nullable and self.dialect.string_writes_null and not isinstance(kind, Float):
            return self.dialect.string(column)
        if isinstance(kind, Integer | Float):
            written = self.bare(column)
        elif isinstance(kind, Enum | Date | Instant):
            written = self.text('"', self.bare(column), '"')
        else:
            written = self.dialect.string(column)
        return func.coalesce(written, constant("null")) if nullable else written

    def bare(self, column: Expression) -> Expression:
        """Return a number, an instant, a date or a name without quotes."""
        if isinstance(column.type, Float):
            return self.dialect.real(column)
        return self.dialect.instant(column) if isinstance(column.type, Instant) else self.dialect.plain(column)

    def id(self, type_name: str, key: Expression) -> Expression:
        """Return the global ID of a row."""
        return self.text(f'"{PREFIXES[type_name]}_', self.dialect.plain(key), '"')

    def members(
        self, type_name: str, nodes: Iterable[PlanNode], value: Callable[[PlanNode], str | Expression]
    ) -> Expression:
        """Return an object with a member for each node. `value` writes all members except `__typename`."""
        pieces: list[str | Expression] = []
        for number, node in enumerate(nodes):
            written = f'"{type_name}"' if node.name == "__typename" else value(node)
            pieces += [f'{"," if number else "{"}"{node.key}":', written]
        return self.text(*(pieces or ["{"]), "}")

    def array(self, item: Expression, order: Sequence[Expression], scope: Scope) -> Expression:
        """Return a subquery: the array of `item` over the rows of `scope`, in `order`."""
        joined = func.coalesce(self.dialect.joined(item, order), constant(""))
        return scope.select(self.text("[", joined, "]")).scalar_subquery()


def froms(row: Columns, *others: str) -> tuple[FromClause, ...]:
    """Return the tables of the key of `row`, and of `others` of its columns.

    A subquery over these columns must correlate to them.
    """
    return tuple(dict.fromkeys(table for name in ("id", *others) for table in row[name]._from_objects))
