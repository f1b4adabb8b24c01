"""Search over everything that has a name or a text."""

from enum import StrEnum
from typing import Annotated, Union

import strawberry

import models
from api.schema.fields import argument, behind, paging, plain, vocabulary
from api.schema.nodes import PageInfo
from api.schema.references import ActorRef, DocumentRef, StatementRef, TopicRef
from api.selection.declare import Column, Found, One, OneOf, Ordering, Page

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


vocabulary(
    SearchType,
    ACTOR="Actors, by name and aliases, in any script, also where they are spelt a little differently.",
    DOCUMENT="Documents, by title and text.",
    STATEMENT="Statements, by the quoted words.",
    TOPIC="Topics, by name and description.",
)


@plain
class SearchEdge:
    """Something found."""

    cursor: str
    """Where this is in the list: pass it as `after`."""
    node: SearchResult
    """What was found."""
    score: float
    """How well it matches, from 0 to 1. It orders one answer; databases reckon it differently."""


@plain
class SearchConnection:
    """A page of what was found."""

    edges: list[SearchEdge]
    """The page, best match first."""
    page_info: PageInfo
    """Where the page stands."""
    total_count: int
    """How much was found in all; counted only where it is asked for."""


_FOUND = (models.Actor, models.Document, models.Statement, models.Topic)
_NODE = tuple(One(f"{model.__name__.lower()}_key", model) for model in _FOUND)

search = behind(
    Page(
        Found(names=_FOUND[:1], words=_FOUND[1:]),
        Ordering({"SCORE": "score"}, default="SCORE", descending=True),
        edge={
            "node": OneOf(tuple(One(f"{model.__name__.lower()}_key", model) for model in _FOUND)),
            "score": Column("score"),
        },
    ),
    [
        argument("text", str, "What to look for: all of these words, longer ones also as the beginning of a word."),
        argument("types", list[SearchType] | None, "Only these; everything where left out."),
        *paging(backward=False),
    ],
    "Full text, best match first.",
)
