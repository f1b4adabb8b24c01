"""Which rows a caller may see: one predicate a model. The compiler selects from no table without asking here."""

from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, literal, or_, select

from api.security.outside import outside
from api.security.viewer import Viewer
from models import Base, Project, ProjectStatus, Role, Stance
from models.base import Uid

VIEWER = "viewer"
"""The name under which the caller's key is bound."""

NOBODY = UUID(int=0)
"""Bound in place of a key where the caller has none: no annotator has it."""


class Sight(Enum):
    """How far a caller sees: all that callers of one sight are shown differs by their key alone."""

    CURATOR = "everything"
    OTHER = "what is not hidden in blind projects, and what is their own"
    ANONYMOUS = "what is not hidden in blind projects"


def sight(viewer: Viewer) -> Sight:
    """How far `viewer` sees."""
    if viewer.annotator_id is None and viewer.role is None:
        return Sight.ANONYMOUS
    return Sight.CURATOR if viewer.has(Role.CURATOR) else Sight.OTHER


def visible(model: type[Base], row: Any, seen_with: Sight) -> ColumnElement[bool] | None:
    """The condition under which `row`, a collection of `model`'s columns, may be seen; none where all may."""
    if model is not Stance or seen_with is Sight.CURATOR:
        return None
    project = Project.__table__.alias()
    is_open = project.c.status == literal(ProjectStatus.OPEN, project.c.status.type, literal_execute=True)
    hidden = select(project.c.id).where(project.c.blind, is_open)
    shown = outside(row["project_id"], hidden)
    if seen_with is Sight.ANONYMOUS:
        return shown
    # Selected, so that Postgres plans alike for all callers, and so but once.
    caller = select(bindparam(VIEWER, type_=Uid(), required=False)).scalar_subquery()
    return or_(shown, row["annotator_id"] == caller)
