"""The words by which documents, statements and topics are found.

On Postgres `vector` is computed from `words` and indexed by GIN; on SQLite triggers keep the FTS5 table
`search_entry_words` in step. Both are made by the migration, since neither is a plain table or column of both.
"""

from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Uid


class SearchEntry(Base):
    """The folded words of one entity, most telling first (a title before the text)."""

    __tablename__ = "search_entry"

    key: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    entity_type: Mapped[str] = mapped_column(String(16))
    entity_id: Mapped[UUID] = mapped_column(Uid())
    words: Mapped[str]

    __table_args__ = (UniqueConstraint("entity_id"), Index(None, "entity_type", "key"))
