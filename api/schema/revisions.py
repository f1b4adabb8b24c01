"""Revisions: who changed what, and when. The revisions of an object are its history; all revisions are the feed."""

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
    CREATED="The object was created, or restored by an undo.",
    UPDATED="The object was changed.",
    DELETED="The object was deleted; a stance was withdrawn.",
    MERGED="Two actors were merged. Each of the two has such a revision.",
)


class EntityType(StrEnum):
    """Types of objects that have revisions."""

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
    ADJUDICATION="Decisions of curators where annotators disagree.",
    ANNOTATOR="Annotators.",
    ASSIGNMENT="Assignments of statements to annotators.",
    CODEBOOK="Versions of projects' codebooks.",
    DOCUMENT="Documents.",
    MEMBERSHIP="Memberships of actors in groups.",
    PROJECT="Projects.",
    PROJECT_MEMBER="Members of projects.",
    RELATION="Relations.",
    STANCE="Stances.",
    STATEMENT="Statements.",
    TOPIC="Topics.",
)

_MODELS = {capitals(mapper.class_.__name__): mapper.class_.__name__ for mapper in models.Base.registry.mappers}


@dataclass(frozen=True)
class OfTypes:
    """Predicate: the row is of one of these types. The column stores the names of models."""

    column: Attribute

    def read(self, value: Any, argument: str) -> Mapping[str, object]:
        """Implement `Predicate.read`."""
        return Among(self.column).read([_MODELS[str(kind)] for kind in value], argument) if value else {"all": []}

    def where(self, row: Any, binds: Binds) -> Condition:
        """Implement `Predicate.where`."""
        return Among(self.column).where(row, binds)


@object_type
class FieldChange:
    """A field that a revision changed."""

    field: str
    """The name of the field in this schema, such as `statedOn`. A dot separates nested fields: `quote.exact`.

    Revisions of merged actors also have `absorbed`, the ID of the duplicate, and `into`, the ID of the survivor.
    """
    before: JSON | None
    """The value before the change: a number, a string or a list; an ID for a reference. Null if there was no value."""
    after: JSON | None
    """The value after the change."""


def _parent(key: str, model: type[models.Base], *of: str) -> Parent:
    return Parent("entity_type", "before", "after", key, of, model)


@entity(models.Revision)
class Revision(Node):
    """A change of an object. Callers that may see the object see its revisions, also after it was deleted."""

    at: dt.datetime = field(Column("created_at"))
    """Time of the change."""
    by: AnnotatorRef | None = one(Row.annotator)
    """The annotator that made the change. Null if an operator did."""
    action: RevisionAction
    """The kind of change."""
    entity_type: EntityType = field(AnyType("entity_type"))
    """The type of the object."""
    entity_id: strawberry.ID = field(AnyId("entity_type", "entity_id"))
    """The ID of the object, also after it was deleted."""
    entity: Node | None = field(Anything("entity_type", "entity_id"))
    """The object in its current state. Null if it was deleted. For a merged actor, the surviving actor."""
    statement: StatementRef | None = field(
        _parent("statement_id", models.Statement, "Stance", "Assignment", "Adjudication")
    )
    """For stances, assignments and adjudications: the statement, also after the object was deleted."""
    document: DocumentRef | None = field(_parent("document_id", models.Document, "Statement"))
    """For statements: the document, also after the statement was deleted."""
    source: ActorRef | None = field(_parent("source_id", models.Actor, "Relation"))
    """For relations: the source actor, also after the relation was deleted."""
    target: ActorRef | None = field(_parent("target_id", models.Actor, "Relation"))
    """For relations: the target actor, also after the relation was deleted."""
    member: ActorRef | None = field(_parent("member_id", models.Actor, "Membership"))
    """For memberships: the member, also after the membership was deleted."""
    group: ActorRef | None = field(_parent("group_id", models.Actor, "Membership"))
    """For memberships: the group, also after the membership was deleted."""
    project: ProjectRef | None = one(Row.project)
    """The project of the object, also after the object was deleted. Null if it belongs to no project."""
    changes: list[FieldChange] = field(
        Differences("entity_type", "before", "after", {"Actor": {"absorbed": "Actor", "into": "Actor"}})
    )
    """The changed fields, in the order of the type's fields."""


HISTORY = Listing(Ordering({"CHANGED": "id"}, default="CHANGED", descending=True))


def history() -> Any:
    """Return the field for the revisions of an object, newest first."""
    return many(HasMany("entity_id", models.Revision), HISTORY)


# ---------------------------------------------------------------- the feed


@object_type
class ChangeEdge:
    """A revision with its position in the feed."""

    cursor: str
    """The position in the feed: pass it as `after` to continue after it, at any later time."""
    node: Revision
    """The revision."""


@object_type
class ChangeConnection:
    """A page of the feed."""

    edges: list[ChangeEdge]
    """The revisions of the page, in the order of the feed."""
    page_info: PageInfo
    """The position of the page in the feed."""
    total_count: int
    """Number of revisions in the whole feed. Counted only if you select it."""


_TYPES = argument("types", list[EntityType] | None, "Returns only revisions of these types (default: all types).")
_PROJECT = argument("projectId", strawberry.ID | None, "Returns only revisions of this project and of objects in it.")
_AFTER = argument(
    "after", str | None, "The cursor to continue after: missed revisions come first (default: only new revisions)."
)

FEED = Page(
    CommittedRows(models.Revision),
    Ordering({"PLACE": "place"}, default="PLACE"),
    arguments={"types": OfTypes(Row.entity_type), "projectId": Refers({"Project": (Row.project_id,)})},
)


def feed() -> Any:
    """Return the field for a page of the feed."""
    return field(FEED, [_TYPES, _PROJECT, *paging()])


def stream() -> Any:
    """Return the subscription field for the feed."""
    return field(Stream(FEED), [_TYPES, _PROJECT, _AFTER])
