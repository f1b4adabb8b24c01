"""Revisions: the append-only record of changes."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, FetchedValue, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.annotator import Annotator
from models.base import Base, Dated, Identified, choice, json_value
from models.enums import RevisionAction
from models.project import Project


class Revision(Identified, Dated, Base):
    """A change of one entity. `before` and `after` are its states, by column name."""

    __tablename__ = "revision"

    annotator_id: Mapped[UUID | None] = mapped_column(ForeignKey("annotator.id", ondelete="RESTRICT"))
    """The annotator that made the change; null if an operator did from the command line."""
    action: Mapped[RevisionAction] = mapped_column(choice(RevisionAction))
    entity_type: Mapped[str] = mapped_column(String(32))
    entity_id: Mapped[UUID]
    before: Mapped[dict[str, Any] | None] = mapped_column(json_value())
    after: Mapped[dict[str, Any] | None] = mapped_column(json_value())
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("project.id", ondelete="RESTRICT"))
    """The project of the entity, if it belongs to one."""
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("annotator.id", ondelete="RESTRICT"))
    """The annotator to whom the entity belongs, even if another annotator changed it; null if there is none."""
    cause_id: Mapped[UUID | None]
    """The merger that this change is part of, or undoes: the survivor's revision, which refers to itself."""
    place: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    """Position in the feed. New revisions never get a position before one that was already read.

    A counter on SQLite, which has one writer. The transaction ID on Postgres: see `feed_settled`.
    """

    annotator: Mapped[Annotator | None] = relationship(foreign_keys=[annotator_id], lazy="raise")
    owner: Mapped[Annotator | None] = relationship(foreign_keys=[owner_id], lazy="raise")
    project: Mapped[Project | None] = relationship(lazy="raise")

    __table_args__ = (
        Index(None, "entity_id", "id"),
        Index(None, "annotator_id", "id"),
        Index(None, "place", "id"),
        Index(None, "project_id", "place", "id"),
        Index(
            "ix_revision_cause_id",
            "cause_id",
            "id",
            postgresql_where=text("cause_id IS NOT NULL"),
            sqlite_where=text("cause_id IS NOT NULL"),
        ),
    )
