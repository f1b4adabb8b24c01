"""What changed, when, by whom."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.annotator import Annotator
from models.base import Base, Dated, Identified, choice, json_value
from models.enums import RevisionAction


class Revision(Identified, Dated, Base):
    """An append-only record of one change to one entity. `before` and `after` hold the fields by column name."""

    __tablename__ = "revision"

    annotator_id: Mapped[UUID | None] = mapped_column(ForeignKey("annotator.id", ondelete="RESTRICT"))
    """Nobody where the operator changed something from the command line."""
    action: Mapped[RevisionAction] = mapped_column(choice(RevisionAction))
    entity_type: Mapped[str] = mapped_column(String(32))
    entity_id: Mapped[UUID]
    before: Mapped[dict[str, Any] | None] = mapped_column(json_value())
    after: Mapped[dict[str, Any] | None] = mapped_column(json_value())

    annotator: Mapped[Annotator | None] = relationship(lazy="raise")

    __table_args__ = (Index(None, "entity_id", "id"), Index(None, "annotator_id", "id"))
