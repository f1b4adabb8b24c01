"""Relations: alliances and oppositions."""

import datetime as dt
from enum import StrEnum

import strawberry

import models
from api.graphql.fields import Listing, entity, enum_type, filter_by, input_type, many, one, order_input
from api.graphql.nodes import Connection, Node
from api.graphql.parts import ManyToMany, Ordering
from api.graphql.sql.predicates import Among, Between, Refers, Valid
from api.schema.references import ActorRef, RevisionRef, StatementRef
from api.schema.revisions import history
from api.schema.statements import EVIDENCE
from models import RelationEvidence, RelationForm, RelationKind, RelationStatus
from models.relation import Relation as Row

enum_type(RelationKind, ALLIANCE="A positive tie.", OPPOSITION="A negative tie.")
enum_type(
    RelationForm,
    DEFENSE_PACT="A treaty to defend one another.",
    MILITARY_SUPPORT="Troops, air power, training or command.",
    MATERIAL_SUPPORT="Money, arms, goods or shelter.",
    COOPERATION="Acting together, short of support in arms.",
    ARMED_CONFLICT="Fighting.",
    RIVALRY="Standing against one another, short of fighting.",
    SANCTIONS="Measures to hurt or compel.",
    DIPLOMATIC_DISPUTE="A quarrel carried on in words.",
    OTHER="Something else: see the summary.",
)
enum_type(
    RelationStatus,
    CONFIRMED="Not in doubt among reliable sources.",
    ALLEGED="Said by some, not confirmed.",
    DISPUTED="Said by some, denied by others.",
)


@input_type
class RelationFilter:
    """Narrows a list of relations. Every part that is given must hold; a list holds where one of its members does."""

    kind: list[RelationKind] | None = filter_by(Among(Row.kind))
    """Of these signs."""
    form: list[RelationForm] | None = filter_by(Among(Row.form))
    """Consisting of one of these."""
    status: list[RelationStatus] | None = filter_by(Among(Row.status))
    """Of one of these degrees of certainty."""
    between: list[strawberry.ID] | None = filter_by(Between((Row.source_id, Row.target_id)))
    """With both ends among these actors."""
    involving: list[strawberry.ID] | None = filter_by(Refers({"Actor": (Row.source_id, Row.target_id)}))
    """With at least one end among these actors."""
    as_of: dt.date | None = filter_by(Valid(Row.valid_from_sort, Row.valid_to))
    """In force on this day; an open end is open."""


class RelationOrderField(StrEnum):
    """What relations can be ordered by."""

    VALID_FROM = "VALID_FROM"
    CREATED_AT = "CREATED_AT"


enum_type(
    RelationOrderField,
    VALID_FROM="When it began; a beginning that is not known counts as earliest.",
    CREATED_AT="When it was entered.",
)

RELATIONS = Listing(
    Ordering({"VALID_FROM": "valid_from_sort", "CREATED_AT": "created_at"}, default="VALID_FROM", descending=True),
    RelationFilter,
    order_input("RelationOrder", RelationOrderField),
)


@entity(models.Relation)
class Relation(Node):
    """A dated, sourced tie between two actors. Undirected unless `directed`, then from source to target."""

    source: ActorRef = one(Row.source)
    """One end."""
    target: ActorRef = one(Row.target)
    """The other end."""
    kind: RelationKind
    """An alliance or an opposition."""
    form: RelationForm
    """What it consists of."""
    status: RelationStatus
    """How sure it is."""
    directed: bool
    """Whether it runs from the source to the target only."""
    valid_from: dt.date | None
    """Its first day; null where that is not known."""
    valid_to: dt.date | None
    """Its last day; null where it goes on, or that is not known."""
    summary: str | None
    """What there is to it, in a sentence or two."""
    evidence: Connection[StatementRef] = many(
        ManyToMany(models.Statement, RelationEvidence.__table__, "relation_id", "statement_id"), EVIDENCE
    )
    """The statements that bear it out, the latest first."""
    created_at: dt.datetime
    """When it was entered."""
    updated_at: dt.datetime
    """When it last changed."""
    version: int
    """How often it changed, counted from 1."""
    history: Connection[RevisionRef] = history()
    """What became of it, the latest change first."""
