"""The noun relation: its GraphQL type, filter and order."""

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

enum_type(RelationKind, ALLIANCE="A positive relation.", OPPOSITION="A negative relation.")
enum_type(
    RelationForm,
    DEFENSE_PACT="A mutual defence treaty.",
    MILITARY_SUPPORT="Troops, air power, training or command.",
    MATERIAL_SUPPORT="Money, arms, goods or shelter.",
    COOPERATION="Cooperation without military support.",
    ARMED_CONFLICT="Armed fighting.",
    RIVALRY="Rivalry without fighting.",
    SANCTIONS="Sanctions and other coercive measures.",
    DIPLOMATIC_DISPUTE="A dispute by diplomatic means.",
    OTHER="Another form: see the summary.",
)
enum_type(
    RelationStatus,
    CONFIRMED="Reliable sources agree on it.",
    ALLEGED="Some sources claim it, none confirms it.",
    DISPUTED="Some sources claim it, others deny it.",
)


@input_type
class RelationFilter:
    """Filters a list of relations. All fields must match. A list matches if one of its values does."""

    kind: list[RelationKind] | None = filter_by(Among(Row.kind))
    """Relations of these kinds."""
    form: list[RelationForm] | None = filter_by(Among(Row.form))
    """Relations of one of these forms."""
    status: list[RelationStatus] | None = filter_by(Among(Row.status))
    """Relations with one of these statuses."""
    between: list[strawberry.ID] | None = filter_by(Between((Row.source_id, Row.target_id)))
    """Relations whose two actors are both in this list."""
    involving: list[strawberry.ID] | None = filter_by(Refers({"Actor": (Row.source_id, Row.target_id)}))
    """Relations with at least one actor in this list."""
    as_of: dt.date | None = filter_by(Valid(Row.valid_from_sort, Row.valid_to))
    """Relations in force on this day. An unknown start or end is open."""


class RelationOrderField(StrEnum):
    """Orders of a list of relations."""

    VALID_FROM = "VALID_FROM"
    CREATED_AT = "CREATED_AT"


enum_type(
    RelationOrderField,
    VALID_FROM="By first day. An unknown first day counts as the earliest.",
    CREATED_AT="By creation time.",
)

RELATIONS = Listing(
    Ordering({"VALID_FROM": "valid_from_sort", "CREATED_AT": "created_at"}, default="VALID_FROM", descending=True),
    RelationFilter,
    order_input("RelationOrder", RelationOrderField),
)


@entity(models.Relation)
class Relation(Node):
    """A dated relation between two actors, with evidence. If it is `directed`, it runs from source to target."""

    source: ActorRef = one(Row.source)
    """The source actor."""
    target: ActorRef = one(Row.target)
    """The target actor."""
    kind: RelationKind
    """Alliance or opposition: the sign of the relation."""
    form: RelationForm
    """The form that the relation takes."""
    status: RelationStatus
    """The certainty of the relation."""
    directed: bool
    """True if the relation runs from the source to the target only."""
    valid_from: dt.date | None
    """The first day. Null if it is not known."""
    valid_to: dt.date | None
    """The last day. Null if the relation continues, or the day is not known."""
    summary: str | None
    """A summary in a sentence or two."""
    evidence: Connection[StatementRef] = many(
        ManyToMany(models.Statement, RelationEvidence.__table__, "relation_id", "statement_id"), EVIDENCE
    )
    """The statements that are evidence for the relation, the latest first."""
    created_at: dt.datetime
    """Creation time."""
    updated_at: dt.datetime
    """Time of the last change."""
    version: int
    """Version of the relation: starts at 1 and increases by 1 with each change."""
    history: Connection[RevisionRef] = history()
    """The changes of the relation, newest first."""
