"""Search over everything that has a name or a text."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Union
from uuid import UUID

import strawberry

import models
from api import limits
from api.dataset.highlights import SearchField, find_highlights
from api.dataset.request import ComputeRequest
from api.errors import BadArgument
from api.graphql.fields import argument, enum_type, field, object_type, paging
from api.graphql.nodes import PageInfo
from api.graphql.parts import Column, Computed, ForeignKey, Ordering, Page, SearchHits, UnionKey
from api.graphql.sql.predicates import read_search_text
from api.schema.references import ActorRef, DocumentRef, StatementRef, TopicRef

SearchResult = Annotated[
    Union[ActorRef, DocumentRef, StatementRef, TopicRef],  # noqa: UP007 (lazy references cannot be joined by a bar)
    strawberry.union("SearchResult", description="What a search can find."),
]


class SearchType(StrEnum):
    """What a search can find."""

    ACTOR = "ACTOR"
    DOCUMENT = "DOCUMENT"
    STATEMENT = "STATEMENT"
    TOPIC = "TOPIC"


enum_type(
    SearchType,
    ACTOR="Actors, by name and aliases, in any script, also where they are spelt a little differently.",
    DOCUMENT="Documents, by title and text.",
    STATEMENT="Statements, by the quoted words.",
    TOPIC="Topics, by name and description.",
)


enum_type(
    SearchField,
    NAME="The name of an actor or a topic.",
    ALIAS="One of the aliases of an actor, see `index`.",
    TITLE="The title of a document.",
    TEXT="The text of a document.",
    QUOTE="The quoted words of a statement: `quote.exact`.",
    DESCRIPTION="The description of a topic.",
)


@object_type
class SearchHighlight:
    """Words of a result that match the search text. Positions are half open, in the text as it is served."""

    field: SearchField
    """Which of its texts holds them."""
    index: int | None
    """Which of `aliases`, counted from 0; null where the field is another."""
    start: int
    """The first code point, counted from 0."""
    end: int
    """The place after the last code point."""
    start_utf16: int
    """The first UTF-16 unit, as browsers count, from 0."""
    end_utf16: int
    """The place after the last UTF-16 unit."""
    text: str
    """The words, to the letter."""


def _check(arguments: Mapping[str, Any]) -> None:
    first = arguments["first"]
    if not 1 <= first <= limits.HIGHLIGHTS.maximum:
        raise BadArgument("first", f"must be from 1 to {limits.HIGHLIGHTS.maximum}, not {first}")


async def _highlights(asked: ComputeRequest) -> Mapping[UUID, Any]:
    _check(asked.arguments)
    query = read_search_text(asked.above["text"], "text")
    return await find_highlights(asked.datasets, asked.viewer, asked.keys, query, asked.arguments["first"])


_HIGHLIGHTS = Computed(_highlights, _check)


@object_type
class SearchEdge:
    """Something found."""

    cursor: str
    """Where this is in the list: pass it as `after`."""
    node: SearchResult
    """What was found."""
    score: float
    """How well it matches, from 0 to 1. It orders one answer; databases reckon it differently."""
    highlights: list[SearchHighlight] = field(
        _HIGHLIGHTS,
        [argument("first", int, "How many at most: 1 to 100.", 10)],
    )
    """Where the words are that match, in the order of its texts. Of a long text the first 100,000 characters count."""


@object_type
class SearchConnection:
    """A page of what was found."""

    edges: list[SearchEdge]
    """The page, best match first."""
    page_info: PageInfo
    """Where the page stands."""
    total_count: int
    """How much was found in all; counted only where it is asked for."""


_FOUND = (models.Actor, models.Document, models.Statement, models.Topic)
_NODE = tuple(ForeignKey(f"{model.__name__.lower()}_key", model) for model in _FOUND)

search = field(
    Page(
        SearchHits(names=_FOUND[:1], words=_FOUND[1:]),
        Ordering({"SCORE": "score"}, default="SCORE", descending=True),
        edge={
            "node": UnionKey(tuple(ForeignKey(f"{model.__name__.lower()}_key", model) for model in _FOUND)),
            "score": Column("score"),
            "highlights": _HIGHLIGHTS,
        },
    ),
    [
        argument(
            "text",
            str,
            "What to look for: all of these words. The last one, and each of four letters or more, is also found as"
            ' the beginning of a word. "A phrase" in quotation marks is found as it is, -word and -"a phrase" exclude.'
            " At most 32 words and phrases.",
        ),
        argument("types", list[SearchType] | None, "Only these; everything where left out."),
        *paging(backward=False),
    ],
    "Full text, best match first.",
)
