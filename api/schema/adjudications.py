"""What curators decide where annotators differ."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import models
from api.dataset.decisions import DisagreementsAsked, disagreements_in
from api.dataset.request import ComputeRequest
from api.graphql.fields import Listing, argument, computed, entity, enum_type, object_type, one, one_of, paging
from api.graphql.nodes import Connection, Node
from api.graphql.parts import Ordering
from api.schema.measures.agreement import LabelCount
from api.schema.references import (
    ActorRef,
    AdjudicationRef,
    AnnotatorRef,
    ProjectRef,
    RevisionRef,
    StanceRef,
    StatementRef,
)
from api.schema.revisions import history
from api.schema.stances import StanceTarget
from models import AdjudicationCause, StanceLabel
from models.adjudication import Adjudication as Row

enum_type(
    AdjudicationCause,
    AMBIGUOUS="The statement can be read in more than one way.",
    GUIDELINE_GAP="The codebook does not say how to read it.",
    ERROR="Somebody misread it.",
)

ADJUDICATIONS = Listing(Ordering({"CREATED_AT": "created_at"}, default="CREATED_AT"))


@entity(models.Adjudication)
class Adjudication(Node):
    """A curator's decision on what label is to count for a holder and a target in a statement."""

    project: ProjectRef = one(Row.project)
    """The work it belongs to."""
    statement: StatementRef = one(Row.statement)
    """What was read."""
    holder: ActorRef = one(Row.holder)
    """Whose stance it is."""
    target: StanceTarget = one_of(Row.target_actor, Row.target_topic)
    """What it is towards."""
    label: StanceLabel
    """What counts."""
    rationale: str | None
    """Why, in the curator's words."""
    cause: AdjudicationCause
    """Why annotators differed."""
    decided_by: AnnotatorRef = one(Row.annotator)
    """Who decided."""
    supersedes: AdjudicationRef | None = one(Row.supersedes)
    """The decision that stood before; null where it is the first."""
    superseded: bool
    """Whether a later decision stands in its place."""
    created_at: dt.datetime
    """When it was decided."""
    history: Connection[RevisionRef] = history()
    """What became of it, the latest change first."""


@object_type
class Disagreement:
    """A holder's stance towards a target in a statement, to which annotators gave different labels."""

    statement: StatementRef
    """What was read."""
    holder: ActorRef
    """Whose stance it is."""
    target: StanceTarget
    """What it is towards."""
    votes: list[LabelCount]
    """The labels it was given, most often first."""
    stances: list[StanceRef]
    """How each annotator read it, in the order they were recorded."""
    adjudication: AdjudicationRef | None
    """What was decided of it; null where nothing was yet."""


async def _disagreements(asked: ComputeRequest) -> Mapping[UUID, Any]:
    given = asked.arguments
    wanted = DisagreementsAsked(
        given.get("first"), given.get("after"), given.get("decided"), asked.wants("edges", "node", "stances")
    )
    return {key: await disagreements_in(asked.measures, key, asked.viewer, wanted) for key in asked.keys}


DISAGREEMENTS = computed(
    _disagreements,
    [
        argument("decided", bool | None, "Only those that were decided, or only those that were not."),
        *paging(backward=False),
    ],
)
"""The units of a project in which annotators differ."""
