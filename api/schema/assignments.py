"""Assignments: who is to annotate what, and how far they are."""

import datetime as dt
from enum import StrEnum

import strawberry

import models
from api.graphql.fields import Listing, entity, enum_type, field, filter_by, input_type, one
from api.graphql.nodes import Connection, Node
from api.graphql.parts import Ordering
from api.graphql.sql.expiring import AtPresentAmong, Expiring
from api.graphql.sql.predicates import Refers
from api.schema.references import AnnotatorRef, ProjectRef, RevisionRef, StatementRef
from api.schema.revisions import history
from models.assignment import Assignment as Row


class AssignmentStatus(StrEnum):
    """How far an annotator is with a statement, at the time of reading."""

    LEASED = "LEASED"
    EXPIRED = "EXPIRED"
    FINISHED = "FINISHED"
    SKIPPED = "SKIPPED"


enum_type(
    AssignmentStatus,
    LEASED="The annotator has it, until the lease ends.",
    EXPIRED="The lease ended before they were done: others may have it, and so may they, as long as it has room.",
    FINISHED="The annotator is done with it.",
    SKIPPED="The annotator gave it back and will not have it again.",
)

STATUS = Expiring("status", until="leased_until", lasts="LEASED", then="EXPIRED")
"""What the table holds as leased is so until the lease ends: no one needs to clear up behind whoever went away."""


@input_type
class AssignmentFilter:
    """Narrows a list of assignments. Every part that is given must hold; a list holds where a member does."""

    status: list[AssignmentStatus] | None = filter_by(AtPresentAmong(STATUS))
    """With one of these statuses at the time of reading."""
    project: list[strawberry.ID] | None = filter_by(Refers({"Project": (Row.project_id,)}))
    """In one of these projects."""
    annotator: list[strawberry.ID] | None = filter_by(Refers({"Annotator": (Row.annotator_id,)}))
    """Given to one of these annotators."""


ASSIGNMENTS = Listing(Ordering({"CREATED_AT": "created_at"}, default="CREATED_AT", descending=True), AssignmentFilter)


@entity(models.Assignment)
class Assignment(Node):
    """A statement given to an annotator: theirs until the lease ends, or they finish or skip it.

    Annotators see their own, curators see all, save where they annotate in an open blind project.
    """

    project: ProjectRef = one(Row.project)
    """In which body of work."""
    statement: StatementRef = one(Row.statement)
    """What is to be read."""
    annotator: AnnotatorRef = one(Row.annotator)
    """Who is to read it."""
    status: AssignmentStatus = field(STATUS)
    """How far they are, at the time of reading."""
    reason: str | None
    """Why it was skipped."""
    nothing_to_record: bool
    """Whether it is finished with a stance missing: the statement was judged, and no stance came of it, or none towards
    some target of the codebook, or it was withdrawn since."""
    leased_until: dt.datetime
    """When the lease ends, or was to end."""
    created_at: dt.datetime
    """When it was first given."""
    updated_at: dt.datetime
    """When it was last given, extended, finished or skipped, or `nothingToRecord` last changed."""
    version: int
    """How often that was, counted from 1."""
    history: Connection[RevisionRef] = history()
    """What became of it, the latest change first."""
