"""The words by which documents, statements and topics are found.

On Postgres `vector` is computed from `words` and indexed by GIN; on SQLite triggers keep the FTS5 table
`search_entry_words` in step. Both are made by migrations, since neither is a plain table or column of both.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Uid
from models.words import words

MAX_BYTES = 400_000
"""Of an entry's words so many bytes are searched: Postgres bounds a tsvector at 1 MB."""


class SearchEntry(Base):
    """The folded words of one entity, joined by blanks: the mark of its type, then a title before the text."""

    __tablename__ = "search_entry"

    key: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    entity_type: Mapped[str] = mapped_column(String(16))
    entity_id: Mapped[UUID] = mapped_column(Uid())
    words: Mapped[str]

    __table_args__ = (UniqueConstraint("entity_id"), Index(None, "entity_type", "key"))


def type_mark(entity_type: str) -> str:
    """The word that all entries of a type have, so that the index itself narrows a search to types.

    No text has it: its first letter is folded to another one.
    """
    return f"ø{entity_type.lower()}"


def entry_words(entity_type: str, texts: Sequence[str | None]) -> str:
    """The words of the entry of an entity of that type with those texts."""
    joined = " ".join([type_mark(entity_type), *(word for text in texts if text for word in words(text))])
    if len(joined) * 4 <= MAX_BYTES:
        return joined
    encoded = joined.encode()
    return joined if len(encoded) <= MAX_BYTES else encoded[:MAX_BYTES].decode(errors="ignore").rpartition(" ")[0]
