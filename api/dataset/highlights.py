"""Where in a result the words are that a search found, or would find there.

They are looked for in the folded text, and their places traced back to the text as it is: a character is folded alone.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, Text, cast, func, literal, null, select, union_all

from api.dataset.datasets import Datasets
from api.graphql.sql.dialects import DialectText
from api.graphql.sql.predicates import NAME_MATCH
from api.graphql.sql.search_query import WordQuery
from api.security.viewer import Viewer
from api.services.anchors import utf16_length
from models import Actor, ActorAlias, Document, Statement, Topic
from models.base import Uid, table_of
from models.words import fold_words, join_acronyms, word_trigrams

MAX_CHARACTERS = 100_000
"""In so many code points of a text words are highlighted."""
MAX_WORK = 5_000_000
"""How many code points, times the terms of the search text, are looked through for one answer."""
_AT_ONCE = 100_000
"""So much of that takes milliseconds; more is done beside the event loop."""
_WINDOW, _OVERLAP = 10_000, 500
"""How much is looked through in one step, in which nothing else runs, and how far a phrase may reach beyond."""
_PIECE = 1_000
_KEYS = "keys"


class SearchField(StrEnum):
    """Which text of a result is highlighted."""

    NAME = "NAME"
    ALIAS = "ALIAS"
    TITLE = "TITLE"
    TEXT = "TEXT"
    QUOTE = "QUOTE"
    DESCRIPTION = "DESCRIPTION"


@dataclass(frozen=True, slots=True)
class Highlight:
    """A stretch of a text, in both units; of which alias, where it is one of several."""

    field: SearchField
    index: int | None
    start: int
    end: int
    start_utf16: int
    end_utf16: int
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """A text of a result."""

    field: SearchField
    index: int | None
    text: str


async def highlights_of(
    measures: Datasets, viewer: Viewer, keys: Sequence[UUID], query: WordQuery, first: int
) -> Mapping[UUID, Sequence[Highlight]]:
    """The first highlights of each result, by its key."""
    rows = await measures.fetch("highlighted", viewer, {_KEYS: list(keys)}, lambda: _statement(measures.dialect))
    sources: dict[UUID, list[Source]] = {key: [] for key in keys}
    for key, field, index, text in rows:
        source = Source(SearchField(field.decode()), None if index is None else int(index), text.decode())
        sources[UUID(key.decode())].append(source)

    def find() -> Mapping[UUID, Sequence[Highlight]]:
        finder = Finder(query)
        return {key: finder.highlights(own, first) for key, own in sources.items()}

    size = sum(len(source.text) for own in sources.values() for source in own)
    return find() if size * len(query.wanted) <= _AT_ONCE else await measures.compute(find)


def _statement(dialect: DialectText) -> Select[Any]:
    """Key, field, number of the alias, and text of all that may be highlighted in the results whose keys are bound."""
    actor, alias, document, statement, topic = map(table_of, (Actor, ActorAlias, Document, Statement, Topic))
    of_aliases = select(
        alias.c.actor_id.label("id"),
        literal(SearchField.ALIAS.value, Text(), literal_execute=True).label("field"),
        alias.c.position.label("number"),
        alias.c.name.label("text"),
    ).where(dialect.member(alias.c.actor_id, _KEYS, Uid()))

    def of(row: Any, field: SearchField, column: Any) -> Any:
        name = literal(field.value, Text(), literal_execute=True).label("field")
        shown = func.substr(column, 1, literal(MAX_CHARACTERS, Integer(), literal_execute=True)).label("text")
        found = select(row.c.id, name, cast(null(), Integer()).label("number"), shown)
        return found.where(dialect.member(row.c.id, _KEYS, Uid()), column.is_not(None))

    texts = union_all(
        of(actor, SearchField.NAME, actor.c.name),
        of_aliases,
        of(document, SearchField.TITLE, document.c.title),
        of(document, SearchField.TEXT, document.c.text),
        of(statement, SearchField.QUOTE, statement.c.exact),
        of(topic, SearchField.NAME, topic.c.name),
        of(topic, SearchField.DESCRIPTION, topic.c.description),
    ).subquery()
    return select(dialect.plain(texts.c.id), texts.c.field, texts.c.number, texts.c.text)


class Finder:
    """Finds the words of a query in texts."""

    def __init__(self, query: WordQuery) -> None:
        self._words = re.compile("|".join(term.in_text for term in query.wanted))
        self._cost, self._left = len(query.wanted), MAX_WORK
        self._grams = [frozenset(word_trigrams(word)) for term in query.wanted for word in term.words]

    def highlights(self, sources: Sequence[Source], first: int) -> Sequence[Highlight]:
        """The first highlights of one result: a name's fields before its aliases, a title before the text."""
        ordered = sorted(sources, key=lambda source: (_ORDER[source.field], source.index or 0))
        found: list[Highlight] = []
        for source in ordered:
            found += self._in(source, self._spans(fold_words(source.text)), first - len(found))
            if len(found) >= first:
                return found
        if not found:
            # A name is found by likeness.
            names = (s for s in ordered if s.field in (SearchField.NAME, SearchField.ALIAS))
            found = [h for name in names for h in self._in(name, self._alike(fold_words(name.text)), first)]
        return found[:first]

    def _spans(self, folded: str) -> Iterator[tuple[int, int]]:
        """Where the words are, window by window."""
        begin = 0
        for end in range(_WINDOW, len(folded) + _WINDOW, _WINDOW):
            self._left -= self._cost * (min(end, len(folded)) - end + _WINDOW)
            if self._left < 0:
                return
            limit = end + _OVERLAP
            for match in self._words.finditer(folded, begin, limit):
                if match.start() >= end or (match.end() == limit < len(folded)):
                    break  # the next window has it, whole
                yield match.span()
                begin = match.end()
            begin = max(begin, end)

    def _alike(self, folded: str) -> Iterator[tuple[int, int]]:
        """The words of a name that are like one of the query's."""
        for match in re.finditer(r"\S+", folded):
            grams = frozenset(word_trigrams(match[0]))
            if any(len(wanted & grams) >= len(wanted) * NAME_MATCH for wanted in self._grams):
                yield match.span()

    def _in(self, source: Source, spans: Iterator[tuple[int, int]], most: int) -> Iterator[Highlight]:
        tracing = _Tracing(source.text)
        for _, (begin, stop) in zip(range(most), spans, strict=False):
            start, end = tracing.span(begin, stop)
            text = source.text[start:end]
            units = utf16_length(source.text[:start])
            yield Highlight(source.field, source.index, start, end, units, units + utf16_length(text), text)


_ORDER = {field: place for place, field in enumerate(SearchField)}


class _Tracing:
    """Traces places in the folded text back to the text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._joined = join_acronyms(text)
        self._starts: list[int] | None = None

    def span(self, begin: int, stop: int) -> tuple[int, int]:
        """The stretch of the text that was folded to that of the folded text, with all marks on its last letter."""
        start, end = self._place(begin), self._place(stop - 1) + 1
        while end < len(self._text) and (
            not fold_words(self._joined[end]) or unicodedata.category(self._text[end]).startswith("M")
        ):
            end += 1
        return start, end

    def _place(self, folded: int) -> int:
        """The place of the character whose folded form holds that place."""
        if self._starts is None:
            sizes = (len(fold_words(self._joined[n : n + _PIECE])) for n in range(0, len(self._text), _PIECE))
            self._starts = [0, *accumulate(sizes)]
        piece = bisect_right(self._starts, folded) - 1
        passed = self._starts[piece]
        for place, character in enumerate(self._joined[piece * _PIECE : (piece + 1) * _PIECE], piece * _PIECE):
            passed += len(fold_words(character))
            if passed > folded:
                return place
        raise AssertionError(folded)
