"""Stances: the annotations that annotators record."""

import datetime as dt
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor
from models.annotator import Annotator
from models.base import Base, Identified, Versioned, choice
from models.codebook import Codebook
from models.enums import StanceLabel
from models.project import Project
from models.statement import Statement
from models.topic import Topic

_WITH_ACTOR = text("target_actor_id IS NOT NULL")
_WITH_TOPIC = text("target_topic_id IS NOT NULL")


def _for_each_target(name: str, *columns: str, unique: bool = False) -> tuple[Index, Index]:
    """Return the same partial index twice: for stances towards actors and for stances towards topics."""

    def index(target: str, where: object) -> Index:
        return Index(
            f"{name}_{target}",
            *(c.format(target=f"target_{target}_id") for c in columns),
            unique=unique,
            postgresql_where=where,
            sqlite_where=where,
        )

    return index("actor", _WITH_ACTOR), index("topic", _WITH_TOPIC)


class Stance(Identified, Versioned, Base):
    """An annotation: according to one annotator, the holder takes this position towards the target in the statement.

    The table has current stances only. Revisions record withdrawn and revised ones.
    """

    __tablename__ = "stance"

    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statement.id", ondelete="RESTRICT"))
    holder_id: Mapped[UUID] = mapped_column(ForeignKey("actor.id", ondelete="RESTRICT"))
    target_actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("actor.id", ondelete="RESTRICT"))
    target_topic_id: Mapped[UUID | None] = mapped_column(ForeignKey("topic.id", ondelete="RESTRICT"))
    label: Mapped[StanceLabel] = mapped_column(choice(StanceLabel))
    intensity: Mapped[int | None]
    confidence: Mapped[float | None]
    rationale: Mapped[str | None]
    annotator_id: Mapped[UUID] = mapped_column(ForeignKey("annotator.id", ondelete="RESTRICT"))
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="RESTRICT"))
    codebook_id: Mapped[UUID | None] = mapped_column(ForeignKey("codebook.id", ondelete="RESTRICT"))
    """The codebook version under which it was last recorded; null if the project had none."""
    stated_on_sort: Mapped[dt.date]
    """The statement's date, which never changes. Denormalized so that an index supports the order by it."""

    statement: Mapped[Statement] = relationship(lazy="raise")
    holder: Mapped[Actor] = relationship(foreign_keys=[holder_id], lazy="raise")
    target_actor: Mapped[Actor | None] = relationship(foreign_keys=[target_actor_id], lazy="raise")
    target_topic: Mapped[Topic | None] = relationship(lazy="raise")
    annotator: Mapped[Annotator] = relationship(lazy="raise")
    project: Mapped[Project] = relationship(lazy="raise")
    codebook: Mapped[Codebook | None] = relationship(lazy="raise")

    __table_args__ = (
        CheckConstraint("(target_actor_id IS NULL) <> (target_topic_id IS NULL)", name="one_target"),
        CheckConstraint("confidence >= 0 AND confidence <= 1", name="confidence"),
        CheckConstraint("intensity >= 1 AND intensity <= 3", name="intensity"),
        CheckConstraint("intensity IS NULL OR label IN ('SUPPORT', 'OPPOSE')", name="intensity_has_direction"),
        *_for_each_target(
            "uq_stance", "statement_id", "annotator_id", "project_id", "holder_id", "{target}", unique=True
        ),
        *_for_each_target("ix_stance_received_created_at", "{target}", "created_at", "id"),
        *_for_each_target("ix_stance_received_updated_at", "{target}", "updated_at", "id"),
        *_for_each_target("ix_stance_received_stated_on", "{target}", "stated_on_sort", "id"),
        *_for_each_target("ix_stance_summary", "holder_id", "{target}", "label", "stated_on_sort"),
        Index(None, "statement_id", "created_at", "id"),
        Index(None, "holder_id", "created_at", "id"),
        Index(None, "holder_id", "updated_at", "id"),
        Index(None, "holder_id", "stated_on_sort", "id"),
        Index(None, "annotator_id", "created_at", "id"),
        Index(None, "project_id", "created_at", "id"),
        Index(None, "label", "created_at", "id"),
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "stated_on_sort", "id"),
    )
