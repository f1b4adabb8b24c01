"""Assignments: statements leased to annotators from a project's queue."""

import datetime as dt
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.annotator import Annotator
from models.base import Base, Identified, Versioned, choice
from models.enums import AssignmentStatus
from models.project import Project
from models.statement import Statement


def _of_leased(name: str, *columns: str) -> Index:
    """Return a partial index of leased assignments: few of all assignments, and the ones that queries look for."""
    where = text("status = 'LEASED'")
    return Index(name, *columns, postgresql_where=where, sqlite_where=where)


class Assignment(Identified, Versioned, Base):
    """A statement assigned to an annotator, with a lease until the annotator finishes or skips it."""

    __tablename__ = "assignment"

    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="RESTRICT"))
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statement.id", ondelete="RESTRICT"))
    annotator_id: Mapped[UUID] = mapped_column(ForeignKey("annotator.id", ondelete="RESTRICT"))
    status: Mapped[AssignmentStatus] = mapped_column(choice(AssignmentStatus), default=AssignmentStatus.LEASED)
    reason: Mapped[str | None]
    """The reason for skipping."""
    nothing_to_record: Mapped[bool] = mapped_column(default=False, server_default=false())
    """True if the assignment is finished and a stance is missing: none was found, or it was withdrawn. ADR 0022."""
    leased_until: Mapped[dt.datetime]
    """End of the lease: an unfinished statement then returns to the queue."""

    project: Mapped[Project] = relationship(lazy="raise")
    statement: Mapped[Statement] = relationship(lazy="raise")
    annotator: Mapped[Annotator] = relationship(lazy="raise")

    __table_args__ = (
        CheckConstraint("reason IS NULL OR status = 'SKIPPED'", name="reason_of_skipping"),
        CheckConstraint("NOT nothing_to_record OR status = 'FINISHED'", name="nothing_to_record_of_finishing"),
        UniqueConstraint("project_id", "statement_id", "annotator_id"),
        Index(None, "annotator_id", "created_at", "id"),
        Index("ix_assignment_share", "project_id", "annotator_id", "status", "leased_until"),
        Index(None, "project_id", "created_at", "id"),
        Index(None, "statement_id"),
        _of_leased("ix_assignment_leased", "project_id", "leased_until"),
        _of_leased("ix_assignment_held", "annotator_id", "created_at", "id"),
    )
