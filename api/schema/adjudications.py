"""The noun adjudication: a curator's decision where annotators disagree; and the disagreements themselves."""

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
    AMBIGUOUS="The statement has more than one reading.",
    GUIDELINE_GAP="The codebook does not cover the case.",
    ERROR="An annotator made a mistake.",
)

ADJUDICATIONS = Listing(Ordering({"CREATED_AT": "created_at"}, default="CREATED_AT"))


@entity(models.Adjudication)
class Adjudication(Node):
    """A curator's decision which label counts for a holder and a target in a statement."""

    project: ProjectRef = one(Row.project)
    """The project."""
    statement: StatementRef = one(Row.statement)
    """The annotated statement."""
    holder: ActorRef = one(Row.holder)
    """The actor that takes the stance."""
    target: StanceTarget = one_of(Row.target_actor, Row.target_topic)
    """The actor or topic that the stance is about."""
    label: StanceLabel
    """The label that counts."""
    rationale: str | None
    """The curator's reason for the decision."""
    cause: AdjudicationCause
    """The cause of the disagreement."""
    decided_by: AnnotatorRef = one(Row.annotator)
    """The curator that decided."""
    supersedes: AdjudicationRef | None = one(Row.supersedes)
    """The earlier decision that this one replaces. Null for the first decision."""
    superseded: bool
    """True if a later decision replaces this one."""
    created_at: dt.datetime
    """Time of the decision."""
    history: Connection[RevisionRef] = history()
    """The changes of the adjudication, newest first."""


@object_type
class Disagreement:
    """A holder and a target in a statement for which annotators recorded different labels."""

    statement: StatementRef
    """The annotated statement."""
    holder: ActorRef
    """The actor that takes the stance."""
    target: StanceTarget
    """The actor or topic that the stance is about."""
    votes: list[LabelCount]
    """Number of annotators for each label, the most frequent first."""
    stances: list[StanceRef]
    """The stances of all annotators, in the order in which they were recorded."""
    adjudication: AdjudicationRef | None
    """The current decision. Null if there is none yet."""


async def _disagreements(request: ComputeRequest) -> Mapping[UUID, Any]:
    arguments = request.arguments
    wanted = DisagreementsAsked(
        arguments.get("first"),
        arguments.get("after"),
        arguments.get("decided"),
        request.wants("edges", "node", "stances"),
    )
    return {key: await disagreements_in(request.measures, key, request.viewer, wanted) for key in request.keys}


DISAGREEMENTS = computed(
    _disagreements,
    [
        argument(
            "decided", bool | None, "If true, returns only disagreements with a decision; if false, only those without."
        ),
        *paging(backward=False),
    ],
)
"""The disagreements of a project's annotators."""
