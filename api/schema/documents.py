"""The noun document: its GraphQL type, filter and order."""

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
    """Filters a list of documents. All fields must match. A list matches if one of its values does."""

    publisher: list[strawberry.ID] | None = filter_by(Refers({"Actor": (Row.publisher_id,)}))
    """Documents published by one of these actors."""
    language: list[str] | None = filter_by(Among(Row.language))
    """Documents in one of these languages, as BCP 47 tags."""
    published_on: DateRange | None = filter_by(Within(Row.published_on_sort))
    """Documents published in this period."""
    text: str | None = filter_by(HoldsWords("Document"))
    """Full-text search in title and text, with the syntax of `search`: words, "phrases" and -exclusions."""


class DocumentOrderField(StrEnum):
    """Orders of a list of documents."""

    PUBLISHED_ON = "PUBLISHED_ON"
    TITLE = "TITLE"
    CREATED_AT = "CREATED_AT"
    RELEVANCE = "RELEVANCE"


enum_type(
    DocumentOrderField,
    PUBLISHED_ON="By publication date. Undated documents count as the earliest.",
    TITLE="By title, ignoring case and accents.",
    CREATED_AT="By creation time.",
    RELEVANCE="By relevance to `filter.text` (the default if it is set): equal titles first, then titles that begin"
    " with the text, then titles that contain it. Among equals, the latest documents come first.",
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
    """A text that contains statements. A document never changes, since statements are anchored by position."""

    title: str
    """The title."""
    publisher: ActorRef | None = one(Row.publisher)
    """The actor that published the document."""
    url: str | None
    """The web address of the document."""
    published_on: dt.date | None
    """The publication date. Null if it is not known."""
    language: str
    """The language of the text: a BCP 47 tag such as `en`."""
    text: str
    """The full text, unchanged, code point for code point."""
    text_sha256: str
    """The SHA-256 hash of the text in UTF-8, in hexadecimal digits."""
    attributes: list[Attribute] = items(models.DocumentAttribute.document, models.DocumentAttribute.position)
    """Custom attributes as name–value pairs, for example the author or the section of a newspaper."""
    statements: Connection[StatementRef] = many(models.Statement.document, IN_TEXT_ORDER)
    """The statements in the document (by default in text order)."""
    created_at: dt.datetime
    """Creation time."""
    updated_at: dt.datetime
    """Time of the last change."""
    version: int
    """Version of the document: starts at 1 and increases by 1 with each change."""
    history: Connection[RevisionRef] = history()
    """The changes of the document, newest first."""
