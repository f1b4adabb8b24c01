"""Visibility of rows: one predicate per model, which the compiler adds to every table that it selects from (ADR 0013).

Only work in projects is hidden. An annotator in an open blind project sees none of the others' stances. A client
without a token sees no stances of an open project that is not public. Curators of a project see all of its rows; so do
callers with the role CURATOR, except in projects in which they annotate.
"""

from collections.abc import Callable
from enum import Enum
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, false, literal, not_, or_, select

from api.database.constructs import not_among
from api.ids import PREFIXES
from api.security.viewer import Viewer
from models import Adjudication, Assignment, Base, Project, ProjectMember, ProjectRole, ProjectStatus, Revision, Stance
from models.base import Uid, table_of
from models.enums import Role

VIEWER = "viewer"
"""Name of the SQL parameter with the caller's key."""

NOBODY = UUID(int=0)
"""Key of a caller that is no annotator: no annotator has it."""

Condition = ColumnElement[bool]


def caller(viewer: Viewer) -> UUID:
    """Return the value of the parameter `VIEWER`."""
    return viewer.annotator_id or NOBODY


class Visibility(Enum):
    """Classes of callers whose visible rows differ by the caller's key alone, so that they share plans."""

    CURATOR = "everything but what is hidden in blind projects in which they annotate"
    OTHER = "what is not hidden in blind projects, what is their own, and all in projects that they curate"
    ANONYMOUS = "what is not hidden in blind projects, nor in open ones that are not public"


Rule: TypeAlias = Callable[[type[Base], Any, Visibility], Condition | None]
"""Returns the condition under which a row of a model is visible; None if it always is."""


def visibility_of(viewer: Viewer) -> Visibility:
    """Return the class of callers that `viewer` belongs to."""
    if viewer.annotator_id is None and viewer.role is None:
        return Visibility.ANONYMOUS
    return Visibility.CURATOR if viewer.has(Role.CURATOR) else Visibility.OTHER


def visible(model: type[Base], row: Any, visibility: Visibility) -> Condition | None:
    """Return the condition under which a row, as columns of `model`, is visible; None if all rows are."""
    if model is Stance:
        return _stances(row["project_id"], row["annotator_id"], visibility)
    if model is Assignment:
        return _assignments(row["project_id"], row["annotator_id"], visibility)
    if model is Adjudication:
        return _adjudications(row["project_id"], visibility)
    return _revisions(row, visibility) if model is Revision else None


def shows_all_stances(project: Any, visibility: Visibility) -> Condition:
    """Return the condition that the caller sees the stances of all annotators in the project with the key `project`."""
    return not_among(project, _hiding(visibility))


def attributable(model: type[Base], row: Any, visibility: Visibility) -> Condition | None:
    """Return the condition under which the annotator of a row may be named, though not its content; None if always.

    Progress of annotators is visible wherever others' stances are; their assignments and skipped statements are not.
    """
    if model is Assignment:
        return _stances(row["project_id"], row["annotator_id"], visibility)
    return visible(model, row, visibility)


def _stances(project: Any, annotator: Any, visibility: Visibility) -> Condition:
    sees_all = shows_all_stances(project, visibility)
    return sees_all if visibility is Visibility.ANONYMOUS else or_(sees_all, annotator == _caller())


def _assignments(project: Any, annotator: Any, visibility: Visibility) -> Condition | None:
    if visibility is Visibility.ANONYMOUS:
        return false()
    mine: Condition = annotator == _caller()
    if visibility is Visibility.CURATOR:
        # An assignment reveals the outcome of a statement: blind annotators see it where they see stances.
        return or_(shows_all_stances(project, visibility), mine)
    return or_(mine, project.in_(_projects_of_caller(ProjectRole.CURATOR)))


def _adjudications(project: Any, visibility: Visibility) -> Condition | None:
    """All members of a project see its adjudications."""
    if visibility is Visibility.CURATOR:
        return None
    sees_all = not_among(project, _hiding(visibility))
    return sees_all if visibility is Visibility.ANONYMOUS else or_(sees_all, project.in_(_projects_of_caller()))


def _revisions(row: Any, visibility: Visibility) -> Condition:
    """A revision is visible exactly where the present row is."""
    kind, project, owner = row["entity_type"], row["project_id"], row["owner_id"]
    rules = {
        Stance: _stances(project, owner, visibility),
        Assignment: _assignments(project, owner, visibility),
        Adjudication: _adjudications(project, visibility),
    }
    ruled = {model.__name__: rule for model, rule in rules.items() if rule is not None}
    # Revisions of rows that are no nodes of the graph, such as tokens, are visible to nobody.
    unrestricted = [_constant(name, kind) for name in PREFIXES if name not in ruled]
    named = [and_(kind == _constant(name, kind), rule) for name, rule in ruled.items()]
    return or_(kind.in_(unrestricted), *named)


def _hiding(visibility: Visibility) -> Select[Any]:
    """Select the keys of the projects in which callers of this kind see only their own stances."""
    project = table_of(Project).alias()
    if visibility is Visibility.ANONYMOUS:
        hiding: Condition = not_(project.c.public)
    elif visibility is Visibility.CURATOR:
        hiding = and_(project.c.blind, project.c.id.in_(_projects_of_caller(ProjectRole.ANNOTATOR)))
    else:
        hiding = and_(project.c.blind, project.c.id.not_in(_projects_of_caller(ProjectRole.CURATOR)))
    return select(project.c.id).where(hiding, project.c.status == _constant(ProjectStatus.OPEN, project.c.status))


def _projects_of_caller(role: ProjectRole | None = None) -> Select[Any]:
    """Select the keys of the projects in which the caller is a member, with `role` if one is given."""
    member = table_of(ProjectMember).alias()
    found = select(member.c.project_id).where(member.c.annotator_id == _caller())
    return found if role is None else found.where(member.c.role == _constant(role, member.c.role))


def _constant(value: str, column: Any) -> Any:
    return literal(value, column.type, literal_execute=True)


def _caller() -> Any:
    # A subquery, so that Postgres makes one plan for all callers.
    return select(bindparam(VIEWER, type_=Uid(), required=False)).scalar_subquery()
