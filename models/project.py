"""Bodies of annotation work."""

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, validates

from models.base import Base, Identified, Versioned, choice, name_text
from models.enums import ProjectStatus
from models.folding import fold


class Project(Identified, Versioned, Base):
    """Work under one set of guidelines. One project is the default: stances that name none belong to it."""

    __tablename__ = "project"

    slug: Mapped[str] = mapped_column(name_text())
    name: Mapped[str]
    sort_name: Mapped[str] = mapped_column(name_text())
    guidelines: Mapped[str]
    status: Mapped[ProjectStatus] = mapped_column(choice(ProjectStatus), default=ProjectStatus.OPEN)
    blind: Mapped[bool] = mapped_column(default=False)
    overlap: Mapped[int] = mapped_column(default=1)
    is_default: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        CheckConstraint("overlap >= 1", name="overlap"),
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
    def _keep_sort_name(self, _key: str, name: str) -> str:
        self.sort_name = fold(name)
        return name
