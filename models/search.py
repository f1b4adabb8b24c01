"""The full-text index of documents, statements and topics. ADR 0024.

On Postgres, `vector` is computed from `words` and has a GIN index. On SQLite, triggers update the FTS5 table
`search_entry_words`. Migrations create both, since neither exists on both databases.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Uid
from models.words import words

MAX_BYTES = 400_000
"""The maximum bytes of an entry's words; the rest is not indexed. Postgres limits a tsvector to 1 MB."""


class SearchEntry(Base):
    """The folded words of an entity, joined by blanks: the mark of its type, the title, then the text."""

    __tablename__ = "search_entry"

    key: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    entity_type: Mapped[str] = mapped_column(String(16))
    entity_id: Mapped[UUID] = mapped_column(Uid())
    words: Mapped[str]

    __table_args__ = (UniqueConstraint("entity_id"), Index(None, "entity_type", "key"))


def type_mark(entity_type: str) -> str:
    """Return the word that marks all entries of a type, so that the index restricts a search to types.

    No text contains it, since folding replaces its first letter.
    """
    return f"ø{entity_type.lower()}"


def entry_words(entity_type: str, texts: Sequence[str | None]) -> str:
    """Return the words of the entry of an entity with these texts."""
    joined = " ".join([type_mark(entity_type), *(word for text in texts if text for word in words(text))])
    if len(joined) * 4 <= MAX_BYTES:
        return joined
    encoded = joined.encode()
    return joined if len(encoded) <= MAX_BYTES else encoded[:MAX_BYTES].decode(errors="ignore").rpartition(" ")[0]
