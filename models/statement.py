"""Statements: spans of documents in which actors say something."""

import datetime as dt
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor
from models.base import Base, Identified, Versioned, choice
from models.document import Document
from models.enums import StatementKind


class Statement(Identified, Versioned, Base):
    """A span of a document in which an actor says something.

    Anchored by quote with context (W3C TextQuoteSelector) and by position (TextPositionSelector): half-open intervals
    in code points and in UTF-16 code units.
    """

    __tablename__ = "statement"

    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id", ondelete="RESTRICT"))
    speaker_id: Mapped[UUID] = mapped_column(ForeignKey("actor.id", ondelete="RESTRICT"))
    reported_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("actor.id", ondelete="RESTRICT"))
    kind: Mapped[StatementKind] = mapped_column(choice(StatementKind))
    stated_on: Mapped[dt.date | None]
    stated_on_sort: Mapped[dt.date] = mapped_column(Computed("coalesce(stated_on, '0001-01-01')", persisted=True))
    exact: Mapped[str]
    prefix: Mapped[str]
    suffix: Mapped[str]
    start: Mapped[int]
    end: Mapped[int]
    start_utf16: Mapped[int]
    end_utf16: Mapped[int]

    document: Mapped[Document] = relationship(lazy="raise")
    speaker: Mapped[Actor] = relationship(foreign_keys=[speaker_id], lazy="raise")
    reported_by: Mapped[Actor | None] = relationship(foreign_keys=[reported_by_id], lazy="raise")

    __table_args__ = (
        CheckConstraint('0 <= start AND start < "end"', name="span"),
        CheckConstraint("start <= start_utf16 AND start_utf16 < end_utf16", name="span_utf16"),
        Index(None, "document_id", "start", "id"),
        Index(None, "document_id", "stated_on_sort", "id"),
        Index(None, "speaker_id", "stated_on_sort", "id"),
        Index(None, "speaker_id", "created_at", "id"),
        Index(None, "speaker_id", "start", "id"),
        Index(None, "reported_by_id"),
        Index(None, "kind", "stated_on_sort", "id"),
        Index(None, "stated_on_sort", "id"),
        Index(None, "created_at", "id"),
        Index(None, "start", "id"),
    )
