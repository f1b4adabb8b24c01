"""Projects, their members and their statements."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from models.annotator import Annotator
from models.base import Base, Dated, Identified, Versioned, choice, name_text
from models.document import Document
from models.enums import ProjectRole, ProjectStatus
from models.folding import fold
from models.names import NAME, PROSE


class Project(Identified, Versioned, Base):
    """An annotation project. One project is the default, for stances that name no project."""

    __tablename__ = "project"

    slug: Mapped[str] = mapped_column(name_text())
    name: Mapped[str] = mapped_column(info=NAME)
    sort_name: Mapped[str] = mapped_column(name_text())
    guidelines: Mapped[str] = mapped_column(info=PROSE)
    status: Mapped[ProjectStatus] = mapped_column(choice(ProjectStatus), default=ProjectStatus.OPEN)
    blind: Mapped[bool] = mapped_column(default=False)
    public: Mapped[bool] = mapped_column(default=False, server_default=false())
    """True if everyone sees its stances while it is open. Once it is closed, everyone does."""
    overlap: Mapped[int] = mapped_column(default=1)
    is_default: Mapped[bool] = mapped_column(default=False)
    codebook_id: Mapped[UUID | None] = mapped_column(ForeignKey("codebook.id", ondelete="RESTRICT", use_alter=True))
    """The current version of its codebook."""

    __table_args__ = (
        CheckConstraint("overlap >= 1", name="overlap"),
        CheckConstraint("NOT (blind AND public)", name="blind_is_not_public"),
        UniqueConstraint("slug"),
        Index(None, "sort_name", "id"),
        Index(
            "uq_project_default",
            "is_default",
            unique=True,
            postgresql_where=text("is_default"),
            sqlite_where=text("is_default"),
        ),
    )

    @validates("name")
    def _set_sort_name(self, _key: str, name: str) -> str:
        self.sort_name = fold(name)
        return name


class ProjectMember(Identified, Dated, Base):
    """A member of a project."""

    __tablename__ = "project_member"

    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="RESTRICT"))
    annotator_id: Mapped[UUID] = mapped_column(ForeignKey("annotator.id", ondelete="RESTRICT"))
    role: Mapped[ProjectRole] = mapped_column(choice(ProjectRole))

    project: Mapped[Project] = relationship(lazy="raise")
    annotator: Mapped[Annotator] = relationship(lazy="raise")

    __table_args__ = (
        UniqueConstraint("project_id", "annotator_id"),
        Index(None, "annotator_id"),
        Index(None, "project_id", "created_at", "id"),
    )


class ProjectStatement(Base):
    """A statement of a project, ordered by document and position in the text."""

    __tablename__ = "project_statement"

    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="RESTRICT"), primary_key=True)
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statement.id", ondelete="RESTRICT"), primary_key=True)
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id", ondelete="RESTRICT"))
    """The statement's document, which never changes. Denormalized for the queue, which groups by document."""
    position: Mapped[int]
    """Position in the project's order, from 1."""
    finished: Mapped[int] = mapped_column(default=0)
    """Number of annotators that have finished it."""
    is_open: Mapped[bool] = mapped_column(default=True)
    """True if fewer annotators than the project's overlap have finished it."""

    project: Mapped[Project] = relationship(lazy="raise")
    document: Mapped[Document] = relationship(lazy="raise")

    __table_args__ = (
        Index(None, "statement_id"),
        Index(
            "ix_project_statement_open",
            "project_id",
            "position",
            postgresql_where=text("is_open"),
            sqlite_where=text("is_open"),
        ),
        Index("ix_project_statement_document", "project_id", "document_id", "position"),
        Index("ix_project_statement_position", "project_id", "position", "statement_id"),
    )
