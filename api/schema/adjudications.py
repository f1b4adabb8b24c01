"""The noun adjudication: a curator's decision where annotators disagree."""

import datetime as dt

import models
from api.graphql.fields import Listing, entity, enum_type, one, one_of
from api.graphql.nodes import Connection, Node
from api.graphql.parts import Ordering
from api.schema.references import (
    ActorRef,
    AdjudicationRef,
    AnnotatorRef,
    ProjectRef,
    RevisionRef,
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
