"""What the oracle knows of lists: orders, cursors, pages and dates, over plain Python lists."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from api.graphql.sql.search_query import Term, read_query, with_clitics
from models.folding import fold
from models.names import normalize_name
from models.words import trigrams, word_trigrams, words

Row = Any
NAME_MATCH = 0.65
"""Which share of the trigrams asked for a name must hold to be found."""


@dataclass(frozen=True)
class Order:
    """What a list is ordered by: the value of a row, and how a cursor writes it and is read."""

    value: Callable[[Row], Any]
    read: Callable[[str], Any]
    written: Callable[[Any], str] = str

    def place(self, row: Row) -> tuple[Any, UUID]:
        """Where a row stands, least first; the id breaks ties."""
        return (self.value(row), row.id)

    def cursor(self, tag: str, row: Row) -> str:
        """ORDER.VALUE.ID."""
        return f"{tag}.{self.written(self.value(row))}.{row.id}"

    def place_of(self, cursor: str) -> tuple[Any, UUID]:
        """Where the row stands that a cursor was made of."""
        value, _, key = cursor.partition(".")[2].rpartition(".")
        return (self.read(value), UUID(key))


def by_date(value: Callable[[Row], dt.date | None]) -> Order:
    """By a date; what has none counts as earliest."""
    return Order(lambda row: value(row) or dt.date.min, dt.date.fromisoformat, dt.date.isoformat)


def by_instant(value: Callable[[Row], dt.datetime]) -> Order:
    """By an instant."""
    return Order(value, dt.datetime.fromisoformat, instant)


def by_number(value: Callable[[Row], int]) -> Order:
    """By a whole number."""
    return Order(value, int)


def by_text(value: Callable[[Row], str]) -> Order:
    """By a text, code point by code point."""
    return Order(value, str)


def by_key() -> Order:
    """By the row's own key."""
    return Order(lambda row: row.id, UUID)


@dataclass(frozen=True)
class Ordering:
    """The orders of one kind of rows, and which of them holds where none is asked for."""

    orders: Mapping[str, Order]
    default: str
    descending: bool = False


def page(
    rows: Sequence[Row],
    ordering: Ordering,
    arguments: Mapping[str, Any],
    edge: Callable[[Row], Mapping[str, Any]] = lambda row: {"node": row},
) -> Mapping[str, Any]:
    """The connection over `rows` that paging arguments ask for."""
    tag, descending = _order_of(ordering, arguments)
    order = ordering.orders[tag]
    whole = sorted(rows, key=order.place, reverse=descending)
    after, before = arguments.get("after"), arguments.get("before")
    first, last = arguments.get("first"), arguments.get("last")

    def behind(cursor: str, row: Row) -> bool:
        at, place = order.place_of(cursor), order.place(row)
        return place < at if descending else place > at

    def ahead(cursor: str, row: Row) -> bool:
        at, place = order.place_of(cursor), order.place(row)
        return place > at if descending else place < at

    rest = [r for r in whole if (after is None or behind(after, r)) and (before is None or ahead(before, r))]
    if last is None:
        shown = rest[: 20 if first is None else first]
        more_behind = len(rest) > len(shown)
        more_ahead = after is not None and any(not behind(after, r) for r in whole)
    else:
        shown = rest[-last:]
        more_behind = before is not None and any(not ahead(before, r) for r in whole)
        more_ahead = len(rest) > len(shown)
    cursors = [order.cursor(tag, row) for row in shown]
    return {
        "edges": [{"cursor": cursor, **edge(row)} for cursor, row in zip(cursors, shown, strict=True)],
        "pageInfo": {
            "hasNextPage": more_behind,
            "hasPreviousPage": more_ahead,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
        "totalCount": len(rows),
    }


def _order_of(ordering: Ordering, arguments: Mapping[str, Any]) -> tuple[str, bool]:
    """The order of a page, and whether it runs downwards."""
    asked = arguments.get("orderBy") or {}
    has_text = (arguments.get("filter") or {}).get("text") is not None
    default = "RELEVANCE" if has_text and "RELEVANCE" in ordering.orders else ordering.default
    tag = asked.get("field", default)
    if asked.get("direction") is not None:
        return tag, asked["direction"] == "DESC"
    return tag, tag == "RELEVANCE" or (tag == ordering.default and ordering.descending)


def names_relevance(text: str, names: Sequence[str]) -> int:
    """How well an actor of these names, its own first, matches a text."""
    asked, own, folded = read_query(text).trigrams, fold(normalize_name(text)), [fold(name) for name in names]
    steps = (
        folded[0] == own,
        own in folded,
        folded[0].startswith(own),
        any(name.startswith(own) for name in folded),
    )
    place = next((4_000 - 1_000 * n for n, met in enumerate(steps) if met), 0)
    return place + max(_alike(asked, trigrams(name)) for name in names)


def _alike(asked: frozenset[str], name: frozenset[str]) -> int:
    shared = len(asked & name)
    if shared < len(asked) * NAME_MATCH:
        return 0
    return 500 * shared // len(asked) + 500 * shared // (len(asked) + len(name) - shared)


def title_relevance(text: str, title: str, day: dt.date | None) -> str:
    """How well a document of this title and day matches a text."""
    asked, folded = fold(normalize_name(text)), fold(title)[:200]
    steps = (folded == asked, folded.startswith(asked), asked in folded)
    place = next((3 - n for n, met in enumerate(steps) if met), 0)
    return f"{place} {(day or dt.date.min).isoformat()}"


def within(day: dt.date | None, span: Mapping[str, dt.date | None]) -> bool:
    """Whether a day lies in a range, both ends in it; no day lies in no range that has an end."""
    start, end = span.get("from"), span.get("to")
    if start is None and end is None:
        return True
    return day is not None and (start is None or start <= day) and (end is None or day <= end)


def in_force(begins: dt.date | None, ends: dt.date | None, day: dt.date) -> bool:
    """Whether a period holds on a day; an open end is open."""
    return (begins is None or begins <= day) and (ends is None or day <= ends)


def holds_words(asked: str, *texts: str) -> bool:
    """Whether texts hold what a search text asks for, and nothing that it excludes: word by word, the slow way."""
    query = read_query(asked)
    there = [word for text in texts for word in words(text)]

    def holds(term: Term) -> bool:
        sizes = range(len(there) - len(term.words) + 1)
        return any(_stands(term, there[start : start + len(term.words)]) for start in sizes)

    return all(map(holds, query.wanted)) and not any(map(holds, query.unwanted))


def named_like(asked: str, names: Sequence[str]) -> bool:
    """Whether one of an actor's names is like a search text, and none holds a word that it excludes."""
    query = read_query(asked)
    unwanted = [{gram for word in term.words for gram in word_trigrams(word)} for term in query.unwanted]
    grams = [trigrams(name) for name in names]
    alike = any(len(query.trigrams & each) >= len(query.trigrams) * NAME_MATCH for each in grams)
    return alike and not any(excluded <= each for excluded in unwanted for each in grams)


def _stands(term: Term, found: Sequence[str]) -> bool:
    """Whether words are those of a term, the first in one of its forms, the last gone on where it may."""
    for first in with_clitics(term.words[0]):
        *before, last = first, *term.words[1:]
        whole = found[-1].startswith(last) if term.open else found[-1] == last
        if whole and [*found[:-1]] == before:
            return True
    return False


def instant(value: dt.datetime) -> str:
    """An instant as clients see it."""
    return value.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
