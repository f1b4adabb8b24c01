"""Relevance: how well a row matches the text of its list's filter, for the order RELEVANCE (ADR 0023).

A relevance is one value, the same on both databases, that other rows do not change: so a cursor stays valid whatever is
added. It has no influence on which rows match; the filter's predicate decides that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, FromClause, Integer, Text, case, func, literal, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeEngine

from api.graphql.sql.dialects import Expression
from api.graphql.sql.predicates import NAME_MATCH, SIZE, TRIGRAMS, Binds, Condition
from models import ActorAlias, ActorTrigram
from models.folding import fold
from models.names import normalize_name

RELEVANCE = "RELEVANCE"
FILTER = "text"
"""The field of a filter whose text a list can be ordered by."""
_LAST = "\U0010ffff"
"""Sorts after every continuation of a prefix."""
_LONGEST = 1_000_000
"""More code points than a quote can have."""


class Relevance(Protocol):
    """A way to compute how well a row matches a text; see the module."""

    @property
    def kind(self) -> TypeEngine[Any]:
        """The type of the value."""
        ...

    def read(self, text: str) -> Mapping[str, object]:
        """Return the values to bind, by label."""
        ...

    def ranked(self, rows: FromClause, row: Any, binds: Binds, text: Binds) -> tuple[FromClause, Expression]:
        """Return `rows`, joined to what the value is computed from, and the value of `row`: greater is better.

        :param binds: the values of `read`.
        :param text: the values of the filter's predicate of the text.
        """
        ...


def _read(text: str) -> Mapping[str, object]:
    folded = fold(normalize_name(text))
    return {"folded": folded, "beyond": folded + _LAST}


def _equal(column: ColumnElement[Any], binds: Binds) -> Condition:
    return column == binds.under("folded").value(column.type)


def _begins(column: ColumnElement[Any], binds: Binds) -> Condition:
    """Return the condition that the column begins with the text: a range, which an index supports."""
    folded, beyond = (binds.under(name).value(column.type) for name in ("folded", "beyond"))
    return (column >= folded) & (column < beyond)


def _number(value: int) -> Expression:
    return literal(value, Integer(), literal_execute=True)


def _text(value: str) -> Expression:
    return literal(value, Text(), literal_execute=True)


@dataclass(frozen=True)
class OfNames:
    """Relevance of actors: equal name or alias, then one that begins with the text, then the most similar one."""

    @property
    def kind(self) -> TypeEngine[Any]:
        return Integer()

    def read(self, text: str) -> Mapping[str, object]:
        return _read(text)

    def ranked(self, rows: FromClause, row: Any, binds: Binds, text: Binds) -> tuple[FromClause, Expression]:
        if not text.under(TRIGRAMS).there:
            return rows, _number(0)  # no row matches
        alike, alias = self._alike(text).subquery(), ActorAlias.__table__.alias()
        name, key = row["sort_name"], row["id"]

        def called(match: Any) -> Condition:
            found: Condition = key.in_(select(alias.c.actor_id).where(match(alias.c.sort_name, binds)))
            return found

        place = case(
            (_equal(name, binds), _number(4_000)),
            (called(_equal), _number(3_000)),
            (_begins(name, binds), _number(2_000)),
            (called(_begins), _number(1_000)),
            else_=_number(0),
        )
        value: Expression = type_coerce(place + func.coalesce(alike.c.score, _number(0)), Integer())
        # An outer join: the filter decides who is found, however dissimilar the name.
        return rows.outerjoin(alike, alike.c.actor_id == key), value

    def _alike(self, text: Binds) -> Any:
        """Select the similarity of the most similar name of each actor, 0 to 1,000: see `predicates.names_like`."""
        row = ActorTrigram.__table__.alias()
        size, shared = text.under(SIZE).value(Integer()), func.count()
        most = func.max(row.c.name_size)
        score = (500 * shared) // size + (500 * shared) // (size + most - shared)
        per_name = (
            select(row.c.actor_id, score.label("score"))
            .where(text.under(TRIGRAMS).holds(row.c.trigram, Text()))
            .group_by(row.c.actor_id, row.c.name_number)
            .having(shared >= size * NAME_MATCH)
            .subquery()
        )
        best = func.max(per_name.c.score).label("score")
        return select(per_name.c.actor_id, best).group_by(per_name.c.actor_id)


@dataclass(frozen=True)
class OfTitles:
    """Relevance of documents: the title is the text, begins with it, contains it, in this order; then the latest."""

    title: InstrumentedAttribute[Any]
    """The folded title."""
    day: InstrumentedAttribute[Any]

    @property
    def kind(self) -> TypeEngine[Any]:
        return Text()

    def read(self, text: str) -> Mapping[str, object]:
        found = _read(text)
        escaped = "".join(f"\\{c}" if c in "\\%_" else c for c in str(found["folded"]))
        return {**found, "pattern": f"%{escaped}%"}

    def ranked(self, rows: FromClause, row: Any, binds: Binds, text: Binds) -> tuple[FromClause, Expression]:
        title, day = row[self.title.key], row[self.day.key]
        pattern = binds.under("pattern").value(Text())
        place = case(
            (_equal(title, binds), _text("3 ")),
            (_begins(title, binds), _text("2 ")),
            (title.like(pattern, escape="\\"), _text("1 ")),
            else_=_text("0 "),
        )
        value: Expression = type_coerce(place.concat(binds.dialect.plain(day)), Text())
        return rows, value


@dataclass(frozen=True)
class OfQuotes:
    """Relevance of statements: the shorter the quote, the greater the share of the text in it."""

    start: InstrumentedAttribute[Any]
    end: InstrumentedAttribute[Any]

    @property
    def kind(self) -> TypeEngine[Any]:
        return Integer()

    def read(self, text: str) -> Mapping[str, object]:
        return {}

    def ranked(self, rows: FromClause, row: Any, binds: Binds, text: Binds) -> tuple[FromClause, Expression]:
        length = row[self.end.key] - row[self.start.key]
        return rows, type_coerce(_number(_LONGEST) - length, Integer())
