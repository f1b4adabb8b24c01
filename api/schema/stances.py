"""The noun stance: its GraphQL type, filter and order."""

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
    SUPPORT="The holder supports the target.",
    OPPOSE="The holder opposes the target.",
    NEUTRAL="The holder mentions the target without taking sides.",
    MIXED="The holder both supports and opposes the target.",
    UNCLEAR="The statement does not allow a decision.",
)

StanceTarget = Annotated[
    Union[ActorRef, TopicRef],  # noqa: UP007 (lazy references cannot be joined by a bar)
    strawberry.union("StanceTarget", description="The target of a stance: an actor or a topic."),
]

TOWARDS = Refers({"Actor": (Row.target_actor_id,), "Topic": (Row.target_topic_id,)})


@input_type
class StanceFilter:
    """Filters a list of stances. All fields must match. A list matches if one of its values does."""

    label: list[StanceLabel] | None = filter_by(Among(Row.label))
    """Stances with one of these labels."""
    holder: list[strawberry.ID] | None = filter_by(Refers({"Actor": (Row.holder_id,)}))
    """Stances of one of these actors."""
    target: list[strawberry.ID] | None = filter_by(TOWARDS)
    """Stances towards one of these actors or topics."""
    annotator: list[strawberry.ID] | None = filter_by(Refers({"Annotator": (Row.annotator_id,)}))
    """Stances recorded by one of these annotators."""
    statement: list[strawberry.ID] | None = filter_by(Refers({"Statement": (Row.statement_id,)}))
    """Stances in one of these statements."""
    project: list[strawberry.ID] | None = filter_by(Refers({"Project": (Row.project_id,)}))
    """Stances recorded in one of these projects."""
    stated_on: DateRange | None = filter_by(Within(Row.stated_on_sort))
    """Stances in statements of this period."""


class StanceOrderField(StrEnum):
    """Orders of a list of stances."""

    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"
    STATED_ON = "STATED_ON"


enum_type(
    StanceOrderField,
    CREATED_AT="By the time of recording.",
    UPDATED_AT="By the time of the last revision.",
    STATED_ON="By the date of the statement. Undated statements count as the earliest.",
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
    """The number of stances with one label towards one target."""

    target: StanceTarget
    """The target of the stances."""
    label: StanceLabel
    """The label of the stances."""
    count: int
    """Number of stances."""


def counts(edge: Attribute, **arguments: Predicate) -> Counts:
    """Count the stances with the foreign key `edge` to the row, by target and label."""
    return Counts(HasMany.by(edge), UnionKey.among(Row.target_actor, Row.target_topic), "label", arguments)


@object_type
class StanceValue:
    """The content of a stance at a point in time."""

    label: StanceLabel
    """The holder's position towards the target."""
    intensity: int | None
    """From 1 (mild) to 3 (strong)."""
    confidence: float | None
    """The annotator's confidence in the label, from 0 to 1."""
    rationale: str | None
    """The annotator's reason for the label."""


_VALUE = {name: name for name in ("label", "intensity", "confidence", "rationale")}


@entity(models.Stance)
class Stance(Node):
    """An annotation: according to one annotator, the holder takes this position towards the target in the statement."""

    statement: StatementRef = one(Row.statement)
    """The annotated statement."""
    holder: ActorRef = one(Row.holder)
    """The actor that takes the stance, usually the speaker."""
    target: StanceTarget = one_of(Row.target_actor, Row.target_topic)
    """The actor or topic that the stance is about."""
    label: StanceLabel
    """The holder's position towards the target."""
    intensity: int | None
    """From 1 (mild) to 3 (strong). Only with SUPPORT and OPPOSE."""
    confidence: float | None
    """The annotator's confidence in the label, from 0 to 1."""
    rationale: str | None
    """The annotator's reason for the label."""
    annotator: AnnotatorRef = one(Row.annotator)
    """The annotator that recorded the stance."""
    project: ProjectRef = one(Row.project)
    """The project that the stance is recorded in."""
    codebook: CodebookRef | None = one(Row.codebook)
    """The codebook version under which the stance was last recorded. Null if the project had none."""
    created_at: dt.datetime
    """Time of recording."""
    updated_at: dt.datetime
    """Time of the last revision."""
    version: int
    """Version of the stance: starts at 1 and increases by 1 with each revision."""
    value_at: StanceValue | None = field(RowAt(_VALUE), [argument("at", dt.datetime, "The point in time.")])
    """The content of the stance at a point in time. Null if it was not recorded yet, or was withdrawn."""
    history: Connection[RevisionRef] = history()
    """The changes of the stance, newest first."""
