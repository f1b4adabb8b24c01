"""Annotators and their tokens."""

import datetime as dt
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Dated, Identified, choice, name_text
from models.enums import Role
from models.names import NAME


class Annotator(Identified, Dated, Base):
    """A person or program with a role. Annotators are deactivated, never deleted: their stances refer to them."""

    __tablename__ = "annotator"

    name: Mapped[str] = mapped_column(name_text(), info=NAME)
    role: Mapped[Role] = mapped_column(choice(Role))
    active: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (UniqueConstraint("name"),)


class Token(Identified, Dated, Base):
    """A bearer token of an annotator. Only the SHA-256 hash of its secret is stored."""

    __tablename__ = "token"

    annotator_id: Mapped[UUID] = mapped_column(ForeignKey("annotator.id", ondelete="RESTRICT"))
    sha256: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]

    annotator: Mapped[Annotator] = relationship(lazy="raise")

    __table_args__ = (UniqueConstraint("sha256"), Index(None, "annotator_id"))
