"""Documents: the texts that report on the actors."""

import datetime as dt
from enum import StrEnum

import strawberry

import models
from api.graphql.fields import Listing, entity, enum_type, filter_by, input_type, items, many, one, order_input
from api.graphql.nodes import Connection, DateRange, Node
from api.graphql.parts import Ordering
from api.graphql.sql.predicates import Among, HoldsWords, Refers, Within
from api.graphql.sql.relevance import OfTitles
from api.schema.attributes import Attribute
from api.schema.references import ActorRef, RevisionRef, StatementRef
from api.schema.revisions import history
from api.schema.statements import IN_TEXT_ORDER
from models.document import Document as Row


@input_type
class DocumentFilter:
    """Narrows a list of documents. Every part that is given must hold; a list holds where one of its members does."""

    publisher: list[strawberry.ID] | None = filter_by(Refers({"Actor": (Row.publisher_id,)}))
    """Published by one of these actors."""
    language: list[str] | None = filter_by(Among(Row.language))
    """In one of these languages, as BCP 47 tags."""
    published_on: DateRange | None = filter_by(Within(Row.published_on_sort))
    """Published on these days."""
    text: str | None = filter_by(HoldsWords("Document"))
    """Full text over title and text, as `search` looks for it: words, "phrases" and -exclusions."""


class DocumentOrderField(StrEnum):
    """What documents can be ordered by."""

    PUBLISHED_ON = "PUBLISHED_ON"
    TITLE = "TITLE"
    CREATED_AT = "CREATED_AT"
    RELEVANCE = "RELEVANCE"


enum_type(
    DocumentOrderField,
    PUBLISHED_ON="When it was published; undated ones count as earliest.",
    TITLE="Its title, without regard to case and accents.",
    CREATED_AT="When it was entered.",
    RELEVANCE="How well it matches `filter.text`, the default where that is given."
    " What is called just that comes first, then what begins with it, then what has it in its title;"
    " among equals the latest.",
)

DOCUMENTS = Listing(
    Ordering(
        {"PUBLISHED_ON": "published_on_sort", "TITLE": "sort_title", "CREATED_AT": "created_at"},
        default="PUBLISHED_ON",
        descending=True,
        relevance=OfTitles(Row.sort_title, Row.published_on_sort),
    ),
    DocumentFilter,
    order_input("DocumentOrder", DocumentOrderField),
)


@entity(models.Document)
class Document(Node):
    """A text that reports on the actors. It never changes: the statements in it are anchored by position."""

    title: str
    """What it is called."""
    publisher: ActorRef | None = one(Row.publisher)
    """Who published it."""
    url: str | None
    """Where it can be read."""
    published_on: dt.date | None
    """When it was published; null where that is not known."""
    language: str
    """Its language, a BCP 47 tag."""
    text: str
    """The whole text, as it was entered, to the code point."""
    text_sha256: str
    """The SHA-256 of the text in UTF-8, in hexadecimal digits."""
    attributes: list[Attribute] = items(models.DocumentAttribute.document, models.DocumentAttribute.position)
    """What else is kept of it, such as its author, or where in a paper it stood."""
    statements: Connection[StatementRef] = many(models.Statement.document, IN_TEXT_ORDER)
    """The statements in it; by default in the order of the text."""
    created_at: dt.datetime
    """When it was entered."""
    updated_at: dt.datetime
    """When it last changed."""
    version: int
    """How often it changed, counted from 1."""
    history: Connection[RevisionRef] = history()
    """What became of it, the latest change first."""
