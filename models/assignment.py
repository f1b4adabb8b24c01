"""Who is to annotate what: statements leased from a project's queue."""

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
    """Most assignments are done with: what is looked for are the few that are not."""
    where = text("status = 'LEASED'")
    return Index(name, *columns, postgresql_where=where, sqlite_where=where)


class Assignment(Identified, Versioned, Base):
    """A statement given to an annotator: theirs while the lease runs, until it is finished or skipped."""

    __tablename__ = "assignment"

    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="RESTRICT"))
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statement.id", ondelete="RESTRICT"))
    annotator_id: Mapped[UUID] = mapped_column(ForeignKey("annotator.id", ondelete="RESTRICT"))
    status: Mapped[AssignmentStatus] = mapped_column(choice(AssignmentStatus), default=AssignmentStatus.LEASED)
    reason: Mapped[str | None]
    """Why it was skipped."""
    nothing_to_record: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it is finished with a stance missing: the annotator said that there is none, or withdrew it."""
    leased_until: Mapped[dt.datetime]
    """When the statement goes back to the queue, where it was neither finished nor skipped by then."""

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
