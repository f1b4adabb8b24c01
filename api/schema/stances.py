"""Stances: the readings that annotators record."""

import datetime as dt
from enum import StrEnum
from typing import Annotated, Union

import strawberry

import models
from api.graphql.fields import (
    Listing,
    argument,
    entity,
    enum_type,
    field,
    filter_by,
    input_type,
    object_type,
    one,
    one_of,
    order_input,
)
from api.graphql.nodes import Connection, DateRange, Node
from api.graphql.parts import Attribute, Counts, HasMany, Ordering, UnionKey
from api.graphql.revision_parts import RowAt
from api.graphql.sql.predicates import Among, Predicate, Refers, Within
from api.schema.references import ActorRef, AnnotatorRef, CodebookRef, ProjectRef, RevisionRef, StatementRef, TopicRef
from api.schema.revisions import history
from models import StanceLabel
from models.stance import Stance as Row

enum_type(
    StanceLabel,
    SUPPORT="The holder sides with the target, or wants it.",
    OPPOSE="The holder is against the target.",
    NEUTRAL="The holder speaks of the target without taking sides.",
    MIXED="The holder both supports and opposes the target.",
    UNCLEAR="The statement does not let one tell.",
)

StanceTarget = Annotated[
    Union[ActorRef, TopicRef],  # noqa: UP007 (lazy references cannot be joined by a bar)
    strawberry.union("StanceTarget", description="What a stance is about: an actor or a topic."),
]

TOWARDS = Refers({"Actor": (Row.target_actor_id,), "Topic": (Row.target_topic_id,)})


@input_type
class StanceFilter:
    """Narrows a list of stances. Every part that is given must hold; a list holds where one of its members does."""

    label: list[StanceLabel] | None = filter_by(Among(Row.label))
    """With one of these labels."""
    holder: list[strawberry.ID] | None = filter_by(Refers({"Actor": (Row.holder_id,)}))
    """Held by one of these actors."""
    target: list[strawberry.ID] | None = filter_by(TOWARDS)
    """Towards one of these actors or topics."""
    annotator: list[strawberry.ID] | None = filter_by(Refers({"Annotator": (Row.annotator_id,)}))
    """Recorded by one of these annotators."""
    statement: list[strawberry.ID] | None = filter_by(Refers({"Statement": (Row.statement_id,)}))
    """Read in one of these statements."""
    project: list[strawberry.ID] | None = filter_by(Refers({"Project": (Row.project_id,)}))
    """Recorded in one of these projects."""
    stated_on: DateRange | None = filter_by(Within(Row.stated_on_sort))
    """Read in statements of these days."""


class StanceOrderField(StrEnum):
    """What stances can be ordered by."""

    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"
    STATED_ON = "STATED_ON"


enum_type(
    StanceOrderField,
    CREATED_AT="When it was first recorded.",
    UPDATED_AT="When it was last revised.",
    STATED_ON="When the statement was made; undated ones count as earliest.",
)

STANCES = Listing(
    Ordering(
        {"CREATED_AT": "created_at", "UPDATED_AT": "updated_at", "STATED_ON": "stated_on_sort"}, default="CREATED_AT"
    ),
    StanceFilter,
    order_input("StanceOrder", StanceOrderField),
)


@object_type
class StanceCount:
    """How many stances bear this label towards this target."""

    target: StanceTarget
    """What they are about."""
    label: StanceLabel
    """How they stand towards it."""
    count: int
    """How many there are."""


def counts(edge: Attribute, **arguments: Predicate) -> Counts:
    """How often each label stands towards each target, in the stances that point here by `edge`."""
    return Counts(HasMany.by(edge), UnionKey.among(Row.target_actor, Row.target_topic), "label", arguments)


@object_type
class StanceValue:
    """What a stance said at some time."""

    label: StanceLabel
    """Where the holder stood."""
    intensity: int | None
    """From 1, mild, to 3, strong."""
    confidence: float | None
    """How sure the annotator was, from 0 to 1."""
    rationale: str | None
    """Why, in the annotator's words."""


_VALUE = {name: name for name in ("label", "intensity", "confidence", "rationale")}


@entity(models.Stance)
class Stance(Node):
    """One annotator's reading of one statement: this holder supports or opposes this target."""

    statement: StatementRef = one(Row.statement)
    """What was read."""
    holder: ActorRef = one(Row.holder)
    """Whose stance it is: most often the speaker."""
    target: StanceTarget = one_of(Row.target_actor, Row.target_topic)
    """What the stance is about."""
    label: StanceLabel
    """Where the holder stands."""
    intensity: int | None
    """From 1, mild, to 3, strong; only with SUPPORT and OPPOSE."""
    confidence: float | None
    """How sure the annotator is, from 0 to 1."""
    rationale: str | None
    """Why, in the annotator's words."""
    annotator: AnnotatorRef = one(Row.annotator)
    """Who read it so."""
    project: ProjectRef = one(Row.project)
    """The work it was recorded in."""
    codebook: CodebookRef | None = one(Row.codebook)
    """The version of the project's codebook that it was last recorded under; null where there was none."""
    created_at: dt.datetime
    """When it was first recorded."""
    updated_at: dt.datetime
    """When it was last revised."""
    version: int
    """How often it was revised, counted from 1."""
    value_at: StanceValue | None = field(RowAt(_VALUE), [argument("at", dt.datetime, "The moment.")])
    """What it said at that moment; null where it was not there yet, or was withdrawn at the time."""
    history: Connection[RevisionRef] = history()
    """What became of it, the latest change first."""
