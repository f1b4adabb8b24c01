"""Relations between actors, and the statements that are evidence for them."""

import datetime as dt
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor
from models.base import Base, Identified, Versioned, choice, period_check
from models.enums import RelationForm, RelationKind, RelationStatus
from models.statement import Statement


class Relation(Identified, Versioned, Base):
    """A dated relation between two actors. Two actors may have several at the same time, of both signs."""

    __tablename__ = "relation"

    source_id: Mapped[UUID] = mapped_column(ForeignKey("actor.id", ondelete="RESTRICT"))
    target_id: Mapped[UUID] = mapped_column(ForeignKey("actor.id", ondelete="RESTRICT"))
    kind: Mapped[RelationKind] = mapped_column(choice(RelationKind))
    form: Mapped[RelationForm] = mapped_column(choice(RelationForm))
    status: Mapped[RelationStatus] = mapped_column(choice(RelationStatus), default=RelationStatus.CONFIRMED)
    directed: Mapped[bool] = mapped_column(default=False)
    valid_from: Mapped[dt.date | None]
    valid_to: Mapped[dt.date | None]
    valid_from_sort: Mapped[dt.date] = mapped_column(Computed("coalesce(valid_from, '0001-01-01')", persisted=True))
    summary: Mapped[str | None]

    source: Mapped[Actor] = relationship(foreign_keys=[source_id], lazy="raise")
    target: Mapped[Actor] = relationship(foreign_keys=[target_id], lazy="raise")

    __table_args__ = (
        period_check(),
        CheckConstraint("source_id <> target_id", name="not_with_itself"),
        Index(None, "source_id", "kind", "valid_from_sort", "id"),
        Index(None, "target_id", "kind", "valid_from_sort", "id"),
        Index(None, "source_id", "valid_from_sort", "id"),
        Index(None, "target_id", "valid_from_sort", "id"),
        Index(None, "source_id", "created_at", "id"),
        Index(None, "target_id", "created_at", "id"),
        Index(None, "valid_from_sort", "id"),
        Index(None, "created_at", "id"),
        Index(None, "kind", "valid_from_sort", "id"),
        Index(None, "form", "valid_from_sort", "id"),
        Index(None, "status", "valid_from_sort", "id"),
    )


class RelationEvidence(Base):
    """A statement that is evidence for a relation."""

    __tablename__ = "relation_evidence"

    relation_id: Mapped[UUID] = mapped_column(ForeignKey("relation.id", ondelete="RESTRICT"), primary_key=True)
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statement.id", ondelete="RESTRICT"), primary_key=True)

    statement: Mapped[Statement] = relationship(lazy="raise")

    __table_args__ = (Index(None, "statement_id"),)
