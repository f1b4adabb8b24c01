"""What changed, when, by whom."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, FetchedValue, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.annotator import Annotator
from models.base import Base, Dated, Identified, choice, json_value
from models.enums import RevisionAction
from models.project import Project


class Revision(Identified, Dated, Base):
    """An append-only record of one change to one entity. `before` and `after` hold the fields by column name."""

    __tablename__ = "revision"

    annotator_id: Mapped[UUID | None] = mapped_column(ForeignKey("annotator.id", ondelete="RESTRICT"))
    """Nobody where the operator changed something from the command line."""
    action: Mapped[RevisionAction] = mapped_column(choice(RevisionAction))
    entity_type: Mapped[str] = mapped_column(String(32))
    entity_id: Mapped[UUID]
    before: Mapped[dict[str, Any] | None] = mapped_column(json_value())
    after: Mapped[dict[str, Any] | None] = mapped_column(json_value())
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("project.id", ondelete="RESTRICT"))
    """The project that the entity belongs to, where it belongs to one."""
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("annotator.id", ondelete="RESTRICT"))
    """Whose work the entity is, where it is somebody's: of a stance, its annotator, whoever changed it."""
    cause_id: Mapped[UUID | None]
    """The merger that this change was part of, or took back: the survivor's revision. That one names itself."""
    place: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    """Its place among all changes, in an order in which nothing ever comes before what was read already.

    On SQLite, which has one writer, they are counted. On Postgres it is the transaction's number: see `feed_settled`.
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
