"""Memberships of actors in groups."""

import datetime as dt
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor
from models.base import Base, Identified, Versioned, period_check
from models.names import NAME


class Membership(Identified, Versioned, Base):
    """A membership of an actor in a group, for a period."""

    __tablename__ = "membership"

    member_id: Mapped[UUID] = mapped_column(ForeignKey("actor.id", ondelete="RESTRICT"))
    group_id: Mapped[UUID] = mapped_column(ForeignKey("actor.id", ondelete="RESTRICT"))
    role: Mapped[str | None] = mapped_column(info=NAME)
    valid_from: Mapped[dt.date | None]
    valid_to: Mapped[dt.date | None]
    valid_from_sort: Mapped[dt.date] = mapped_column(Computed("coalesce(valid_from, '0001-01-01')", persisted=True))

    member: Mapped[Actor] = relationship(foreign_keys=[member_id], lazy="raise")
    group: Mapped[Actor] = relationship(foreign_keys=[group_id], lazy="raise")

    __table_args__ = (
        period_check(),
        CheckConstraint("member_id <> group_id", name="not_with_itself"),
        Index(None, "member_id", "valid_from_sort", "id"),
        Index(None, "group_id", "valid_from_sort", "id"),
    )
