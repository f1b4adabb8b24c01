"""The noun statement: its GraphQL type, filter and order."""

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
    QUOTATION="A direct quotation of the speaker.",
    REPORTED_SPEECH="Reported speech, in the words of the reporter.",
    PARAPHRASE="A summary of what the speaker says or does.",
)


enum_type(
    TextUnit,
    CODE_POINT="Unicode code points, as in Python.",
    UTF16="UTF-16 code units, as in JavaScript and browsers.",
)


@object_type
class TextQuote:
    """The quote of a statement with its context: a W3C TextQuoteSelector."""

    exact: str
    """The quoted text, verbatim."""
    prefix: str
    """The text before the quote: whole words of up to 32 code points, or whole characters if no word ends there."""
    suffix: str
    """The text after the quote, of the same length."""


@object_type
class TextPosition:
    """The position of a statement: a W3C TextPositionSelector. Half-open: the character at `end` is not included."""

    start: int
    """The position of the first character, counted from 0."""
    end: int
    """The position after the last character."""


@input_type
class StatementFilter:
    """Filters a list of statements. All fields must match. A list matches if one of its values does."""

    speaker: list[strawberry.ID] | None = filter_by(Refers({"Actor": (Row.speaker_id,)}))
    """Statements by one of these actors."""
    document: list[strawberry.ID] | None = filter_by(Refers({"Document": (Row.document_id,)}))
    """Statements in one of these documents."""
    kind: list[StatementKind] | None = filter_by(Among(Row.kind))
    """Statements of one of these kinds."""
    stated_on: DateRange | None = filter_by(Within(Row.stated_on_sort))
    """Statements made in this period."""
    text: str | None = filter_by(HoldsWords("Statement"))
    """Full-text search in the quote, with the syntax of `search`: words, "phrases" and -exclusions."""
    stance_label: list[StanceLabel] | None = filter_by(Elsewhere(Stance.statement, Among(Stance.label)))
    """Statements with a stance with one of these labels. With `stanceTarget`, the same stance must match both."""
    stance_target: list[strawberry.ID] | None = filter_by(Elsewhere(Stance.statement, TOWARDS))
    """Statements with a stance towards one of these targets. With `stanceLabel`, the same stance must match both."""


class StatementOrderField(StrEnum):
    """Orders of a list of statements."""

    STATED_ON = "STATED_ON"
    POSITION = "POSITION"
    CREATED_AT = "CREATED_AT"
    RELEVANCE = "RELEVANCE"


enum_type(
    StatementOrderField,
    STATED_ON="By the date of the statement. Undated statements count as the earliest.",
    POSITION="By position in the document.",
    CREATED_AT="By creation time.",
    RELEVANCE="By relevance to `filter.text` (the default if it is set): the shortest quotes first.",
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
    """Return the list of statements ordered by `column` of the table that joins them to their owner."""
    return Listing(
        Ordering({"PLACE": column, **_COLUMNS}, default="PLACE", relevance=_RELEVANCE), StatementFilter, _ORDER
    )


@entity(models.Statement)
class Statement(Node):
    """A span of a document in which an actor says something, anchored by W3C Web Annotation selectors."""

    document: DocumentRef = one(Row.document)
    """The document that contains the statement."""
    speaker: ActorRef = one(Row.speaker)
    """The actor that makes the statement."""
    reported_by: ActorRef | None = one(Row.reported_by)
    """The actor that reports the statement, if it is neither the speaker nor the publisher: a channel, an agency."""
    kind: StatementKind
    """How the document renders the statement."""
    stated_on: dt.date | None
    """The date of the statement. Null if it is not known."""
    quote: TextQuote = embed(exact=Row.exact, prefix=Row.prefix, suffix=Row.suffix)
    """The quoted text with some context."""
    position: TextPosition = field(
        Embed(
            {"start": "start", "end": "end"},
            argument="unit",
            variants={"UTF16": {"start": "start_utf16", "end": "end_utf16"}},
        ),
        [argument("unit", TextUnit, "The unit of the positions.", TextUnit.CODE_POINT)],
    )
    """The position of the quote in the document's text."""
    context: Passage = PASSAGE
    """The sentences of the quote and around it: on each side at most 1,000 code points for each requested sentence."""
    stances: Connection[StanceRef] = many(Stance.statement, STANCES)
    """The stances recorded for the statement (by default in the order of recording)."""
    stance_counts: list[StanceCount] = field(counts(Stance.statement))
    """Number of stances for each target and label, the most frequent first."""
    consensus: list[Consensus] = OF_STATEMENT
    """The consensus of a project's annotators on the statement, over the stances that the caller may see."""
    created_at: dt.datetime
    """Creation time."""
    updated_at: dt.datetime
    """Time of the last change."""
    version: int
    """Version of the statement: starts at 1 and increases by 1 with each change."""
    history: Connection[RevisionRef] = history()
    """The changes of the statement, newest first."""
