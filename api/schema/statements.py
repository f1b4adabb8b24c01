"""Statements: who says something where."""

import datetime as dt
from enum import StrEnum

import strawberry

import models
from api.graphql.fields import (
    Listing,
    argument,
    embed,
    entity,
    enum_type,
    field,
    filter_by,
    input_type,
    many,
    object_type,
    one,
    order_input,
)
from api.graphql.nodes import Connection, DateRange, Node
from api.graphql.parts import Embed, Ordering
from api.graphql.sql.predicates import Among, Elsewhere, HoldsWords, Refers, Within
from api.graphql.sql.relevance import OfQuotes
from api.schema.measures.consensus import OF_STATEMENT, Consensus
from api.schema.references import ActorRef, DocumentRef, RevisionRef, StanceRef
from api.schema.revisions import history
from api.schema.sentence_context import PASSAGE, Passage
from api.schema.stances import STANCES, TOWARDS, StanceCount, counts
from api.services.anchors import TextUnit
from models import StanceLabel, StatementKind
from models.stance import Stance
from models.statement import Statement as Row

enum_type(
    StatementKind,
    QUOTATION="The speaker's own words.",
    REPORTED_SPEECH="What the speaker said, in the reporter's words.",
    PARAPHRASE="What the speaker means or does, summed up.",
)


enum_type(
    TextUnit,
    CODE_POINT="Unicode code points, as Python counts them.",
    UTF16="UTF-16 code units, as JavaScript and browsers count them.",
)


@object_type
class TextQuote:
    """The words and what stands around them: a W3C TextQuoteSelector."""

    exact: str
    """The words, to the letter."""
    prefix: str
    """Whole words before them, up to 32 code points; whole characters where no word ends in so many."""
    suffix: str
    """The same after them."""


@object_type
class TextPosition:
    """Where the words stand: a W3C TextPositionSelector. Half open: the character at `end` is not part of it."""

    start: int
    """The place of the first character, counted from 0."""
    end: int
    """The place behind the last character."""


@input_type
class StatementFilter:
    """Narrows a list of statements. Every part that is given must hold; a list holds where one of its members does."""

    speaker: list[strawberry.ID] | None = filter_by(Refers({"Actor": (Row.speaker_id,)}))
    """Said by one of these actors."""
    document: list[strawberry.ID] | None = filter_by(Refers({"Document": (Row.document_id,)}))
    """Standing in one of these documents."""
    kind: list[StatementKind] | None = filter_by(Among(Row.kind))
    """Of one of these kinds."""
    stated_on: DateRange | None = filter_by(Within(Row.stated_on_sort))
    """Said on these days."""
    text: str | None = filter_by(HoldsWords("Statement"))
    """Full text over the quoted words, as `search` looks for it: words, "phrases" and -exclusions."""
    stance_label: list[StanceLabel] | None = filter_by(Elsewhere(Stance.statement, Among(Stance.label)))
    """With a stance of one of these labels; together with `stanceTarget`, one and the same stance."""
    stance_target: list[strawberry.ID] | None = filter_by(Elsewhere(Stance.statement, TOWARDS))
    """With a stance towards one of these actors or topics; together with `stanceLabel`, one and the same stance."""


class StatementOrderField(StrEnum):
    """What statements can be ordered by."""

    STATED_ON = "STATED_ON"
    POSITION = "POSITION"
    CREATED_AT = "CREATED_AT"
    RELEVANCE = "RELEVANCE"


enum_type(
    StatementOrderField,
    STATED_ON="When it was said; undated ones count as earliest.",
    POSITION="Where it begins in its document.",
    CREATED_AT="When it was annotated.",
    RELEVANCE="How well it matches `filter.text`, the default where that is given."
    " The shorter the quote, the more of it is what was asked for.",
)

_COLUMNS = {"STATED_ON": "stated_on_sort", "POSITION": "start", "CREATED_AT": "created_at"}
_ORDER = order_input("StatementOrder", StatementOrderField)

_RELEVANCE = OfQuotes(Row.start, Row.end)

STATEMENTS = Listing(
    Ordering(_COLUMNS, default="STATED_ON", descending=True, relevance=_RELEVANCE), StatementFilter, _ORDER
)
IN_TEXT_ORDER = Listing(Ordering(_COLUMNS, default="POSITION", relevance=_RELEVANCE), StatementFilter, _ORDER)
EVIDENCE = Listing(Ordering(_COLUMNS, default="STATED_ON", descending=True))


def in_order_of(column: str) -> Listing:
    """Statements in an order that whatever holds them gives: the one by its `column`."""
    return Listing(
        Ordering({"PLACE": column, **_COLUMNS}, default="PLACE", relevance=_RELEVANCE), StatementFilter, _ORDER
    )


@entity(models.Statement)
class Statement(Node):
    """A stretch of a document in which an actor says something, anchored as W3C Web Annotation selectors."""

    document: DocumentRef = one(Row.document)
    """Where it stands."""
    speaker: ActorRef = one(Row.speaker)
    """Who says it."""
    reported_by: ActorRef | None = one(Row.reported_by)
    """Who relays it, where that is neither the speaker nor the publisher: a channel, an agency."""
    kind: StatementKind
    """How the words reach the reader."""
    stated_on: dt.date | None
    """When it was said; null where that is not known."""
    quote: TextQuote = embed(exact=Row.exact, prefix=Row.prefix, suffix=Row.suffix)
    """The words, with some context."""
    position: TextPosition = field(
        Embed(
            {"start": "start", "end": "end"},
            argument="unit",
            variants={"UTF16": {"start": "start_utf16", "end": "end_utf16"}},
        ),
        [argument("unit", TextUnit, "What to count.", TextUnit.CODE_POINT)],
    )
    """Where the words stand in the document's text."""
    context: Passage = PASSAGE
    """The sentences that the words are part of, and those around them: at most 1,000 code points for each that is
    asked for on a side.
    """
    stances: Connection[StanceRef] = many(Stance.statement, STANCES)
    """How annotators read it; by default in the order they were recorded."""
    stance_counts: list[StanceCount] = field(counts(Stance.statement))
    """How often it was read as which stance towards which target, most often first."""
    consensus: list[Consensus] = OF_STATEMENT
    """What annotators of one project say together of it, over the stances that the caller sees."""
    created_at: dt.datetime
    """When it was annotated."""
    updated_at: dt.datetime
    """When it last changed."""
    version: int
    """How often it changed, counted from 1."""
    history: Connection[RevisionRef] = history()
    """What became of it, the latest change first."""
