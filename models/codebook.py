"""Codebooks: versions of a project's annotation rules. A published version never changes."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor
from models.annotator import Annotator
from models.base import Base, Dated, Identified, choice, json_value
from models.enums import StanceLabel
from models.names import PROSE
from models.project import Project
from models.topic import Topic


class Codebook(Identified, Dated, Base):
    """A version of a codebook: guidelines, definitions of labels, and targets to judge."""

    __tablename__ = "codebook"

    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="RESTRICT"))
    number: Mapped[int]
    """Number of the version within the project, from 1."""
    guidelines: Mapped[str] = mapped_column(info=PROSE)
    free_targets: Mapped[bool] = mapped_column(default=True)
    """True if annotators may record stances towards other targets too."""
    annotator_id: Mapped[UUID | None] = mapped_column(ForeignKey("annotator.id", ondelete="RESTRICT"))
    """The annotator that published it; null if an operator did from the command line."""

    project: Mapped[Project] = relationship(foreign_keys=[project_id], lazy="raise")
    annotator: Mapped[Annotator | None] = relationship(lazy="raise")

    __table_args__ = (CheckConstraint("number >= 1", name="number"), UniqueConstraint("project_id", "number"))


class CodebookLabel(Base):
    """The definition of a label in a version of a codebook."""

    __tablename__ = "codebook_label"

    codebook_id: Mapped[UUID] = mapped_column(ForeignKey("codebook.id", ondelete="RESTRICT"), primary_key=True)
    label: Mapped[StanceLabel] = mapped_column(choice(StanceLabel), primary_key=True)
    position: Mapped[int]
    definition: Mapped[str] = mapped_column(info=PROSE)
    examples: Mapped[list[Any]] = mapped_column(json_value())
    """A list of strings."""

    codebook: Mapped[Codebook] = relationship(lazy="raise")


class CodebookTarget(Base):
    """A target that annotators judge in every statement: an actor or a topic."""

    __tablename__ = "codebook_target"

    codebook_id: Mapped[UUID] = mapped_column(ForeignKey("codebook.id", ondelete="RESTRICT"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    target_actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("actor.id", ondelete="RESTRICT"))
    target_topic_id: Mapped[UUID | None] = mapped_column(ForeignKey("topic.id", ondelete="RESTRICT"))

    codebook: Mapped[Codebook] = relationship(lazy="raise")
    target_actor: Mapped[Actor | None] = relationship(lazy="raise")
    target_topic: Mapped[Topic | None] = relationship(lazy="raise")

    __table_args__ = (
        CheckConstraint("(target_actor_id IS NULL) <> (target_topic_id IS NULL)", name="one_target"),
        UniqueConstraint("codebook_id", "target_actor_id"),
        UniqueConstraint("codebook_id", "target_topic_id"),
    )
