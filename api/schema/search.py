"""Full-text search over actors, documents, statements and topics (ADR 0024)."""

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
    strawberry.union("SearchResult", description="An object that `search` finds."),
]


class SearchType(StrEnum):
    """Types of objects that `search` finds."""

    ACTOR = "ACTOR"
    DOCUMENT = "DOCUMENT"
    STATEMENT = "STATEMENT"
    TOPIC = "TOPIC"


enum_type(
    SearchType,
    ACTOR="Actors, by name and aliases in any script, also with small spelling differences.",
    DOCUMENT="Documents, by title and text.",
    STATEMENT="Statements, by the quote.",
    TOPIC="Topics, by name and description.",
)


enum_type(
    SearchField,
    NAME="The name of an actor or a topic.",
    ALIAS="An alias of an actor: see `index`.",
    TITLE="The title of a document.",
    TEXT="The text of a document.",
    QUOTE="The quote of a statement: `quote.exact`.",
    DESCRIPTION="The description of a topic.",
)


@object_type
class SearchHighlight:
    """A match of the search text in a field of a result. Positions are half-open intervals in that field."""

    field: SearchField
    """The field that contains the match."""
    index: int | None
    """The index in `aliases`, counted from 0. Null for other fields."""
    start: int
    """The start in code points, counted from 0."""
    end: int
    """The end in code points (exclusive)."""
    start_utf16: int
    """The start in UTF-16 code units, which browsers count."""
    end_utf16: int
    """The end in UTF-16 code units (exclusive)."""
    text: str
    """The matching text, verbatim."""


def _check(arguments: Mapping[str, Any]) -> None:
    first = arguments["first"]
    if not 1 <= first <= limits.HIGHLIGHTS.maximum:
        raise BadArgument("first", f"must be from 1 to {limits.HIGHLIGHTS.maximum}, not {first}")


async def _highlights(request: ComputeRequest) -> Mapping[UUID, Any]:
    _check(request.arguments)
    query = read_search_text(request.above["text"], "text")
    return await find_highlights(request.datasets, request.viewer, request.keys, query, request.arguments["first"])


_HIGHLIGHTS = Computed(_highlights, _check)


@object_type
class SearchEdge:
    """A search result."""

    cursor: str
    """The position in the list: pass it as `after`."""
    node: SearchResult
    """The object that was found."""
    score: float
    """The relevance, from 0 to 1. Compare scores within a response only: databases compute them differently."""
    highlights: list[SearchHighlight] = field(
        _HIGHLIGHTS,
        [argument("first", int, "Maximum number of highlights (1–100).", 10)],
    )
    """The matches in the fields of the result. In long texts, only the first 100,000 characters are searched."""


@object_type
class SearchConnection:
    """A page of search results."""

    edges: list[SearchEdge]
    """The results of the page, most relevant first."""
    page_info: PageInfo
    """The position of the page in the list."""
    total_count: int
    """Number of results in the whole list. Counted only if you select it."""


_FOUND = (models.Actor, models.Document, models.Statement, models.Topic)
_NODE = tuple(ForeignKey(f"{model.__name__.lower()}_key", model) for model in _FOUND)

search = field(
    Page(
        SearchHits(names=_FOUND[:1], words=_FOUND[1:]),
        Ordering({"SCORE": "score"}, default="SCORE", descending=True),
        edge={
            "node": UnionKey(_NODE),
            "score": Column("score"),
            "highlights": _HIGHLIGHTS,
        },
    ),
    [
        argument(
            "text",
            str,
            "The search text. A result matches all words. The last word, and each word of four letters or more, also"
            ' matches the beginning of longer words. "A phrase" in quotation marks matches as it is; -word and'
            ' -"a phrase" exclude. At most 32 words and phrases.',
        ),
        argument("types", list[SearchType] | None, "Returns only results of these types (default: all types)."),
        *paging(backward=False),
    ],
    "Finds actors, documents, statements and topics by full-text search, most relevant first.",
)
