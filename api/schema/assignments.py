"""The noun assignment: its GraphQL type, filter and present status."""

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
    """The status of an assignment at the time of the query."""

    LEASED = "LEASED"
    EXPIRED = "EXPIRED"
    FINISHED = "FINISHED"
    SKIPPED = "SKIPPED"


enum_type(
    AssignmentStatus,
    LEASED="The statement is leased to the annotator until `leasedUntil`.",
    EXPIRED="The lease ended before the annotator finished. Others may get the statement. While the overlap allows it,"
    " the annotator may continue.",
    FINISHED="The annotator has finished the statement.",
    SKIPPED="The annotator skipped the statement and will not get it again.",
)

STATUS = Expiring("status", until="leased_until", lasts="LEASED", then="EXPIRED")
"""LEASED in the table means EXPIRED after the lease ends, so that no job has to update expired rows."""


@input_type
class AssignmentFilter:
    """Filters a list of assignments. All fields must match. A list matches if one of its values does."""

    status: list[AssignmentStatus] | None = filter_by(AtPresentAmong(STATUS))
    """Assignments with one of these statuses at the time of the query."""
    project: list[strawberry.ID] | None = filter_by(Refers({"Project": (Row.project_id,)}))
    """Assignments in one of these projects."""
    annotator: list[strawberry.ID] | None = filter_by(Refers({"Annotator": (Row.annotator_id,)}))
    """Assignments of one of these annotators."""


ASSIGNMENTS = Listing(Ordering({"CREATED_AT": "created_at"}, default="CREATED_AT", descending=True), AssignmentFilter)


@entity(models.Assignment)
class Assignment(Node):
    """A statement that is assigned to an annotator, who finishes or skips it before the lease ends.

    Annotators see their own assignments. Curators see all, except in open blind projects in which they are annotators.
    """

    project: ProjectRef = one(Row.project)
    """The project."""
    statement: StatementRef = one(Row.statement)
    """The statement to annotate."""
    annotator: AnnotatorRef = one(Row.annotator)
    """The annotator."""
    status: AssignmentStatus = field(STATUS)
    """The status at the time of the query."""
    reason: str | None
    """The reason for skipping. Null unless the assignment is skipped."""
    nothing_to_record: bool
    """True if the assignment is finished and a stance is missing: the annotator found nothing to record, at all or
    towards some targets of the codebook, or withdrew a stance since."""
    leased_until: dt.datetime
    """The end of the lease."""
    created_at: dt.datetime
    """Time of the assignment."""
    updated_at: dt.datetime
    """Time of the last change: leased, extended, finished or skipped, or `nothingToRecord` changed."""
    version: int
    """Version of the assignment: starts at 1 and increases by 1 with each change."""
    history: Connection[RevisionRef] = history()
    """The changes of the assignment, newest first."""
