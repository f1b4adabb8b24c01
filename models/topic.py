"""What a stance can be about that is not an actor."""

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, validates

from models.base import Base, Identified, Versioned, name_text
from models.folding import fold


class Topic(Identified, Versioned, Base):
    """A policy, a claim, an event."""

    __tablename__ = "topic"

    slug: Mapped[str] = mapped_column(name_text())
    name: Mapped[str]
    sort_name: Mapped[str] = mapped_column(name_text())
    description: Mapped[str | None]

    __table_args__ = (UniqueConstraint("slug"), Index(None, "sort_name", "id"))

    @validates("name")
    def _keep_sort_name(self, _key: str, name: str) -> str:
        self.sort_name = fold(name)
        return name
