"""Documents: the texts that contain statements."""

import datetime as dt
from uuid import UUID

from sqlalchemy import Computed, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from models.actor import Actor
from models.base import Base, Described, Identified, Versioned, name_text
from models.folding import fold
from models.names import NAME


class Document(Identified, Versioned, Base):
    """An immutable text. It is stored unchanged, since statements are anchored by code points."""

    __tablename__ = "document"

    title: Mapped[str] = mapped_column(info=NAME)
    sort_title: Mapped[str] = mapped_column(name_text())
    publisher_id: Mapped[UUID | None] = mapped_column(ForeignKey("actor.id", ondelete="RESTRICT"))
    url: Mapped[str | None]
    published_on: Mapped[dt.date | None]
    published_on_sort: Mapped[dt.date] = mapped_column(Computed("coalesce(published_on, '0001-01-01')", persisted=True))
    language: Mapped[str] = mapped_column(String(35))
    text: Mapped[str]
    text_sha256: Mapped[str] = mapped_column(String(64))

    publisher: Mapped[Actor | None] = relationship(lazy="raise")
    attributes: Mapped[list["DocumentAttribute"]] = relationship(
        back_populates="document", lazy="raise", order_by="DocumentAttribute.position"
    )

    __table_args__ = (
        Index(None, "published_on_sort", "id"),
        Index(None, "sort_title", "id"),
        Index(None, "created_at", "id"),
        Index(None, "publisher_id", "published_on_sort", "id"),
        Index(None, "language", "published_on_sort", "id"),
        Index(None, "text_sha256"),
    )

    @validates("title")
    def _set_sort_title(self, _key: str, title: str) -> str:
        # An index row has at most about 2,700 bytes on Postgres. The first letters decide the order.
        self.sort_title = fold(title)[:200]
        return title


class DocumentAttribute(Described, Base):
    """A custom attribute of a document."""

    __tablename__ = "document_attribute"

    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id", ondelete="RESTRICT"), primary_key=True)

    document: Mapped[Document] = relationship(back_populates="attributes", lazy="raise")

    __table_args__ = (UniqueConstraint("document_id", "name"),)
