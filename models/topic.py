"""Topics: targets of stances that are not actors."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from models.base import Base, Described, Identified, Versioned, name_text
from models.folding import fold
from models.names import NAME


class Topic(Identified, Versioned, Base):
    """A policy, a claim, an event."""

    __tablename__ = "topic"

    slug: Mapped[str] = mapped_column(name_text())
    name: Mapped[str] = mapped_column(info=NAME)
    sort_name: Mapped[str] = mapped_column(name_text())
    description: Mapped[str | None]

    attributes: Mapped[list["TopicAttribute"]] = relationship(
        back_populates="topic", lazy="raise", order_by="TopicAttribute.position"
    )

    __table_args__ = (UniqueConstraint("slug"), Index(None, "sort_name", "id"))

    @validates("name")
    def _set_sort_name(self, _key: str, name: str) -> str:
        self.sort_name = fold(name)
        return name


class TopicAttribute(Described, Base):
    """A custom attribute of a topic."""

    __tablename__ = "topic_attribute"

    topic_id: Mapped[UUID] = mapped_column(ForeignKey("topic.id", ondelete="RESTRICT"), primary_key=True)

    topic: Mapped[Topic] = relationship(back_populates="attributes", lazy="raise")

    __table_args__ = (UniqueConstraint("topic_id", "name"),)
