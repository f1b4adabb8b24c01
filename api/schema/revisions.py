"""Revisions: what changed, when, by whom. An entity's own are its history; all together they are the feed."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import strawberry
from strawberry.scalars import JSON

import models
from api.graphql.fields import Listing, argument, entity, enum_type, field, many, object_type, one, paging
from api.graphql.nodes import Node, PageInfo
from api.graphql.parts import Attribute, Column, CommittedRows, HasMany, Ordering, Page, Stream
from api.graphql.revision_parts import AnyId, Anything, AnyType, Differences, Parent
from api.graphql.sql.history import capitals
from api.graphql.sql.predicates import Among, Binds, Condition, Refers
from api.schema.references import ActorRef, AnnotatorRef, DocumentRef, ProjectRef, StatementRef
from models import RevisionAction
from models.revision import Revision as Row

enum_type(
    RevisionAction,
    CREATED="It came to be; or came to be again, where what took it away was undone.",
    UPDATED="It was changed.",
    DELETED="It went: a stance was withdrawn, a relation or a statement deleted.",
    MERGED="Two entries of an actor became one; there is such a change of either.",
)


class EntityType(StrEnum):
    """What there are changes of."""

    ACTOR = "ACTOR"
    ADJUDICATION = "ADJUDICATION"
    ANNOTATOR = "ANNOTATOR"
    ASSIGNMENT = "ASSIGNMENT"
    CODEBOOK = "CODEBOOK"
    DOCUMENT = "DOCUMENT"
    MEMBERSHIP = "MEMBERSHIP"
    PROJECT = "PROJECT"
    PROJECT_MEMBER = "PROJECT_MEMBER"
    RELATION = "RELATION"
    STANCE = "STANCE"
    STATEMENT = "STATEMENT"
    TOPIC = "TOPIC"


enum_type(
    EntityType,
    ACTOR="Actors.",
    ADJUDICATION="Decisions of curators where annotators differ.",
    ANNOTATOR="Annotators.",
    ASSIGNMENT="Statements given to annotators.",
    CODEBOOK="Versions of projects' codebooks.",
    DOCUMENT="Documents.",
    MEMBERSHIP="Memberships of actors in groups.",
    PROJECT="Projects.",
    PROJECT_MEMBER="Who takes part in projects.",
    RELATION="Relations.",
    STANCE="Stances.",
    STATEMENT="Statements.",
    TOPIC="Topics.",
)

_MODELS = {capitals(mapper.class_.__name__): mapper.class_.__name__ for mapper in models.Base.registry.mappers}


@dataclass(frozen=True)
class OfTypes:
    """The row is of one of the types given; the column holds the names of their models."""

    column: Attribute

    def read(self, value: Any, argument: str) -> Mapping[str, object]:
        """As `Predicate.read`."""
        return Among(self.column).read([_MODELS[str(kind)] for kind in value], argument) if value else {"all": []}

    def where(self, row: Any, binds: Binds) -> Condition:
        """As `Predicate.where`."""
        return Among(self.column).where(row, binds)


@object_type
class FieldChange:
    """A field whose value a change made another."""

    field: str
    """The field, by its name in this schema: `statedOn`, and with a dot what lies in an object: `quote.exact`.

    Of two actors that were merged also `absorbed`, the id of the one that went, and `into`, the id of the one it became
    part of.
    """
    before: JSON | None
    """What it was: a number, a text, a list; of what it led to, the id. Null where it had no value."""
    after: JSON | None
    """What it is since then."""


def _parent(key: str, model: type[models.Base], *of: str) -> Parent:
    return Parent("entity_type", "before", "after", key, of, model)


@entity(models.Revision)
class Revision(Node):
    """A change of one entity. Whoever may see the entity sees its changes, also when it is gone."""

    at: dt.datetime = field(Column("created_at"))
    """When it was made."""
    by: AnnotatorRef | None = one(Row.annotator)
    """Who made it; null where it was the operator."""
    action: RevisionAction
    """What was done."""
    entity_type: EntityType = field(AnyType("entity_type"))
    """Of what sort the entity is."""
    entity_id: strawberry.ID = field(AnyId("entity_type", "entity_id"))
    """The entity's id, also where it is gone."""
    entity: Node | None = field(Anything("entity_type", "entity_id"))
    """The entity as it stands now; null where it is gone. Of an actor that was merged, the one it became part of."""
    statement: StatementRef | None = field(
        _parent("statement_id", models.Statement, "Stance", "Assignment", "Adjudication")
    )
    """Of a stance, an assignment or a decision: the statement it is about, also when the entity is gone."""
    document: DocumentRef | None = field(_parent("document_id", models.Document, "Statement"))
    """Of a statement: the document it stands in, also when the statement is gone."""
    source: ActorRef | None = field(_parent("source_id", models.Actor, "Relation"))
    """Of a relation: one end, also when the relation is gone."""
    target: ActorRef | None = field(_parent("target_id", models.Actor, "Relation"))
    """Of a relation: the other end, also when the relation is gone."""
    member: ActorRef | None = field(_parent("member_id", models.Actor, "Membership"))
    """Of a membership: who belongs to the group, also when the membership is gone."""
    group: ActorRef | None = field(_parent("group_id", models.Actor, "Membership"))
    """Of a membership: the group, also when the membership is gone."""
    project: ProjectRef | None = one(Row.project)
    """The project that the entity belongs to, where it belongs to one, also when the entity is gone."""
    changes: list[FieldChange] = field(
        Differences("entity_type", "before", "after", {"Actor": {"absorbed": "Actor", "into": "Actor"}})
    )
    """The fields whose values it made others, in the order of the type."""


HISTORY = Listing(Ordering({"CHANGED": "id"}, default="CHANGED", descending=True))


def history() -> Any:
    """The changes of an entity, the latest first."""
    return many(HasMany("entity_id", models.Revision), HISTORY)


# ---------------------------------------------------------------- the feed


@object_type
class ChangeEdge:
    """A change in its place among all changes."""

    cursor: str
    """Where this is in the feed: pass it as `after` to go on behind it, at any later time."""
    node: Revision
    """The change."""


@object_type
class ChangeConnection:
    """A page of the feed."""

    edges: list[ChangeEdge]
    """The page, in the order of the feed."""
    page_info: PageInfo
    """Where the page stands."""
    total_count: int
    """How many changes there are in all; counted only where it is asked for."""


_TYPES = argument("types", list[EntityType] | None, "Only changes of these; of everything where left out.")
_PROJECT = argument("projectId", strawberry.ID | None, "Only changes of this project and what belongs to it.")
_AFTER = argument(
    "after", str | None, "The cursor to go on behind: what was missed comes first. Only what is new where left out."
)

FEED = Page(
    CommittedRows(models.Revision),
    Ordering({"PLACE": "place"}, default="PLACE"),
    arguments={"types": OfTypes(Row.entity_type), "projectId": Refers({"Project": (Row.project_id,)})},
)


def feed() -> Any:
    """A page of all changes."""
    return field(FEED, [_TYPES, _PROJECT, *paging()])


def stream() -> Any:
    """All changes as they come."""
    return field(Stream(FEED), [_TYPES, _PROJECT, _AFTER])
