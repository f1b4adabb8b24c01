"""What curators decide where annotators differ."""

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
