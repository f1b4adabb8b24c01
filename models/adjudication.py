"""Adjudications: curators' decisions where annotators disagree."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor
from models.annotator import Annotator
from models.base import Base, Dated, Identified, choice
from models.enums import AdjudicationCause, StanceLabel
from models.project import Project
from models.statement import Statement
from models.topic import Topic


def _one_current(target: str) -> Index:
    where = text(f"NOT superseded AND target_{target}_id IS NOT NULL")
    return Index(
        f"uq_adjudication_{target}",
        "project_id",
        "statement_id",
        "holder_id",
        f"target_{target}_id",
        unique=True,
        postgresql_where=where,
        sqlite_where=where,
    )


class Adjudication(Identified, Dated, Base):
    """The label that counts for a holder and a target in a statement. A later decision supersedes it; the row stays."""

    __tablename__ = "adjudication"

    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="RESTRICT"))
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statement.id", ondelete="RESTRICT"))
    holder_id: Mapped[UUID] = mapped_column(ForeignKey("actor.id", ondelete="RESTRICT"))
    target_actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("actor.id", ondelete="RESTRICT"))
    target_topic_id: Mapped[UUID | None] = mapped_column(ForeignKey("topic.id", ondelete="RESTRICT"))
    label: Mapped[StanceLabel] = mapped_column(choice(StanceLabel))
    rationale: Mapped[str | None]
    cause: Mapped[AdjudicationCause] = mapped_column(choice(AdjudicationCause))
    annotator_id: Mapped[UUID] = mapped_column(ForeignKey("annotator.id", ondelete="RESTRICT"))
    """The curator that decided."""
    supersedes_id: Mapped[UUID | None] = mapped_column(ForeignKey("adjudication.id", ondelete="RESTRICT"))
    superseded: Mapped[bool] = mapped_column(default=False)

    project: Mapped[Project] = relationship(lazy="raise")
    statement: Mapped[Statement] = relationship(lazy="raise")
    holder: Mapped[Actor] = relationship(foreign_keys=[holder_id], lazy="raise")
    target_actor: Mapped[Actor | None] = relationship(foreign_keys=[target_actor_id], lazy="raise")
    target_topic: Mapped[Topic | None] = relationship(lazy="raise")
    annotator: Mapped[Annotator] = relationship(lazy="raise")
    supersedes: Mapped["Adjudication | None"] = relationship(remote_side="Adjudication.id", lazy="raise")

    __table_args__ = (
        CheckConstraint("(target_actor_id IS NULL) <> (target_topic_id IS NULL)", name="one_target"),
        _one_current("actor"),
        _one_current("topic"),
        Index(None, "project_id", "created_at", "id"),
        Index(None, "statement_id"),
        Index(None, "holder_id"),
        Index(None, "target_actor_id"),
        Index(None, "supersedes_id"),
    )
