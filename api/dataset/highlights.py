"""Highlights: where the words of a search text are in the results of a search. ADR 0024.

Words are looked for in the folded text, and their positions are mapped back to the original text.
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
"""Code points at the start of a text in which words are highlighted."""
MAX_WORK = 5_000_000
"""Code points, times the terms of the search text, that are searched for one answer."""
_QUICK_WORK = 100_000
"""Work that takes milliseconds; more is done in a thread."""
_WINDOW, _OVERLAP = 10_000, 500
"""Code points that one regular expression call searches, during which no other thread runs, and how far a phrase may
extend beyond them.
"""
_PIECE = 1_000
_KEYS = "keys"


class SearchField(StrEnum):
    """A text of a search result."""

    NAME = "NAME"
    ALIAS = "ALIAS"
    TITLE = "TITLE"
    TEXT = "TEXT"
    QUOTE = "QUOTE"
    DESCRIPTION = "DESCRIPTION"


@dataclass(frozen=True, slots=True)
class Highlight:
    """Words of a text that match: positions in code points and in UTF-16 units; `index` is that of the alias."""

    field: SearchField
    index: int | None
    start: int
    end: int
    start_utf16: int
    end_utf16: int
    text: str


@dataclass(frozen=True, slots=True)
class SearchableText:
    """A text of a search result."""

    field: SearchField
    index: int | None
    text: str


async def find_highlights(
    datasets: Datasets, viewer: Viewer, keys: Sequence[UUID], query: WordQuery, first: int
) -> Mapping[UUID, Sequence[Highlight]]:
    """Return the first highlights of each search result, by its key."""
    rows = await datasets.fetch("highlights", viewer, {_KEYS: list(keys)}, lambda: _query(datasets.dialect))
    texts: dict[UUID, list[SearchableText]] = {key: [] for key in keys}
    for key, field, index, text in rows:
        alias = None if index is None else int(index)
        texts[UUID(key.decode())].append(SearchableText(SearchField(field.decode()), alias, text.decode()))

    def find() -> Mapping[UUID, Sequence[Highlight]]:
        finder = Finder(query)
        return {key: finder.highlights(own, first) for key, own in texts.items()}

    size = sum(len(text.text) for own in texts.values() for text in own)
    return find() if size * len(query.wanted) <= _QUICK_WORK else await datasets.compute(find)


def _query(dialect: DialectText) -> Select[Any]:
    """Return the query of the texts of search results: key, field, position of the alias, and text."""
    actor, alias, document, statement, topic = map(table_of, (Actor, ActorAlias, Document, Statement, Topic))
    of_aliases = select(
        alias.c.actor_id.label("id"),
        literal(SearchField.ALIAS.value, Text(), literal_execute=True).label("field"),
        alias.c.position.label("number"),
        alias.c.name.label("text"),
    ).where(dialect.member(alias.c.actor_id, _KEYS, Uid()))

    def of(row: Any, field: SearchField, column: Any) -> Any:
        name = literal(field.value, Text(), literal_execute=True).label("field")
        start = func.substr(column, 1, literal(MAX_CHARACTERS, Integer(), literal_execute=True)).label("text")
        found = select(row.c.id, name, cast(null(), Integer()).label("number"), start)
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
    """Finds the words of a search text in texts, up to `MAX_WORK` in total."""

    def __init__(self, query: WordQuery) -> None:
        self._pattern = re.compile("|".join(term.in_text for term in query.wanted))
        self._cost, self._budget = len(query.wanted), MAX_WORK
        self._trigrams = [frozenset(word_trigrams(word)) for term in query.wanted for word in term.words]

    def highlights(self, texts: Sequence[SearchableText], first: int) -> Sequence[Highlight]:
        """Return the first highlights of one result: in its name before its aliases, in its title before its text."""
        ordered = sorted(texts, key=lambda text: (_ORDER[text.field], text.index or 0))
        found: list[Highlight] = []
        for text in ordered:
            found += self._in(text, self._matches(fold_words(text.text)), first - len(found))
            if len(found) >= first:
                return found
        if not found:
            # The search finds names by similarity, so that none of the words need be in the name.
            names = (text for text in ordered if text.field in (SearchField.NAME, SearchField.ALIAS))
            found = [h for name in names for h in self._in(name, self._similar(fold_words(name.text)), first)]
        return found[:first]

    def _matches(self, folded: str) -> Iterator[tuple[int, int]]:
        """Yield the positions of the words, window by window."""
        begin = 0
        for end in range(_WINDOW, len(folded) + _WINDOW, _WINDOW):
            self._budget -= self._cost * (min(end, len(folded)) - end + _WINDOW)
            if self._budget < 0:
                return
            limit = end + _OVERLAP
            for match in self._pattern.finditer(folded, begin, limit):
                if match.start() >= end or (match.end() == limit < len(folded)):
                    break  # the next window contains the whole match
                yield match.span()
                begin = match.end()
            begin = max(begin, end)

    def _similar(self, folded: str) -> Iterator[tuple[int, int]]:
        """Yield the positions of the words of a name that are similar to a word of the search text."""
        for match in re.finditer(r"\S+", folded):
            trigrams = frozenset(word_trigrams(match[0]))
            if any(len(word & trigrams) >= len(word) * NAME_MATCH for word in self._trigrams):
                yield match.span()

    def _in(self, text: SearchableText, spans: Iterator[tuple[int, int]], maximum: int) -> Iterator[Highlight]:
        positions = _OriginalPositions(text.text)
        for _, (begin, stop) in zip(range(maximum), spans, strict=False):
            start, end = positions.span(begin, stop)
            words = text.text[start:end]
            units = utf16_length(text.text[:start])
            yield Highlight(text.field, text.index, start, end, units, units + utf16_length(words), words)


_ORDER = {field: place for place, field in enumerate(SearchField)}


class _OriginalPositions:
    """Maps positions in the folded text to positions in the original text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._joined = join_acronyms(text)
        self._starts: list[int] | None = None

    def span(self, begin: int, stop: int) -> tuple[int, int]:
        """Return the stretch of the original text, including all combining marks of its last letter."""
        start, end = self._position(begin), self._position(stop - 1) + 1
        while end < len(self._text) and (
            not fold_words(self._joined[end]) or unicodedata.category(self._text[end]).startswith("M")
        ):
            end += 1
        return start, end

    def _position(self, folded: int) -> int:
        """Return the position of the character whose folded form is at position `folded`."""
        if self._starts is None:
            sizes = (len(fold_words(self._joined[n : n + _PIECE])) for n in range(0, len(self._text), _PIECE))
            self._starts = [0, *accumulate(sizes)]
        piece = bisect_right(self._starts, folded) - 1
        passed = self._starts[piece]
        for position, character in enumerate(self._joined[piece * _PIECE : (piece + 1) * _PIECE], piece * _PIECE):
            passed += len(fold_words(character))
            if passed > folded:
                return position
        raise AssertionError(folded)
