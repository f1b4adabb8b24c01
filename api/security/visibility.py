"""Which rows a caller may see: one predicate a model. The compiler selects from no table without asking here.

What there is to hide is the work in projects. An open blind project shows an annotator nothing of others' stances;
an open project that is not public shows nobody's to those without a token. Whoever curates a project sees all of it,
and so do curators of the whole, save where they take part as annotators.
"""

from collections.abc import Callable
from enum import Enum
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, false, literal, not_, or_, select

from api.database.row_condition import outside
from api.ids import PREFIXES
from api.security.viewer import Viewer
from models import Adjudication, Assignment, Base, Project, ProjectMember, ProjectRole, ProjectStatus, Revision, Stance
from models.base import Uid, table_of
from models.enums import Role

VIEWER = "viewer"
"""The name under which the caller's key is bound."""

NOBODY = UUID(int=0)
"""Bound in place of a key where the caller has none: no annotator has it."""

Condition = ColumnElement[bool]


def caller(viewer: Viewer) -> UUID:
    """What is bound as the key of `viewer`."""
    return viewer.annotator_id or NOBODY


class Visibility(Enum):
    """How far a caller sees: all that callers of one sight are shown differs by their key alone."""

    CURATOR = "everything but what is hidden in blind projects in which they annotate"
    OTHER = "what is not hidden in blind projects, what is their own, and all in projects that they curate"
    ANONYMOUS = "what is not hidden in blind projects, nor in open ones that are not public"


Rule: TypeAlias = Callable[[type[Base], Any, Visibility], Condition | None]
"""Of a model, a row and a sight: the condition under which the row is shown; none where it always is."""


def visibility_of(viewer: Viewer) -> Visibility:
    """How far `viewer` sees."""
    if viewer.annotator_id is None and viewer.role is None:
        return Visibility.ANONYMOUS
    return Visibility.CURATOR if viewer.has(Role.CURATOR) else Visibility.OTHER


def visible(model: type[Base], row: Any, seen_with: Visibility) -> Condition | None:
    """The condition under which `row`, a collection of `model`'s columns, may be seen; none where all may."""
    if model is Stance:
        return _stances(row["project_id"], row["annotator_id"], seen_with)
    if model is Assignment:
        return _assignments(row["project_id"], row["annotator_id"], seen_with)
    if model is Adjudication:
        return _adjudications(row["project_id"], seen_with)
    return _revisions(row, seen_with) if model is Revision else None


def all_shown(project: Any, seen_with: Visibility) -> Condition:
    """Whether the caller sees all stances of the project of that key, not their own alone."""
    return outside(project, _hiding(seen_with))


def attributed(model: type[Base], row: Any, seen_with: Visibility) -> Condition | None:
    """The condition under which it may be told whose work `row` is, though not what it says.

    Who is how far is told wherever others' stances are shown; what they were given and skipped is not.
    """
    if model is Assignment:
        return _stances(row["project_id"], row["annotator_id"], seen_with)
    return visible(model, row, seen_with)


def _stances(project: Any, annotator: Any, seen_with: Visibility) -> Condition:
    shown = all_shown(project, seen_with)
    return shown if seen_with is Visibility.ANONYMOUS else or_(shown, annotator == _caller())


def _assignments(project: Any, annotator: Any, seen_with: Visibility) -> Condition | None:
    if seen_with is Visibility.ANONYMOUS:
        return false()
    mine: Condition = annotator == _caller()
    if seen_with is Visibility.CURATOR:
        # What came of a statement is told by its assignment, too: who annotates blindly sees it as they see stances.
        return or_(all_shown(project, seen_with), mine)
    return or_(mine, project.in_(_taking_part(ProjectRole.CURATOR)))


def _adjudications(project: Any, seen_with: Visibility) -> Condition | None:
    """Everyone in a project sees what was decided."""
    if seen_with is Visibility.CURATOR:
        return None
    shown = outside(project, _hiding(seen_with))
    return shown if seen_with is Visibility.ANONYMOUS else or_(shown, project.in_(_taking_part()))


def _revisions(row: Any, seen_with: Visibility) -> Condition:
    """As what they are of: also what it was before is seen by those alone who would see it as it is."""
    kind, project, owner = row["entity_type"], row["project_id"], row["owner_id"]
    rules = {
        Stance: _stances(project, owner, seen_with),
        Assignment: _assignments(project, owner, seen_with),
        Adjudication: _adjudications(project, seen_with),
    }
    ruled = {model.__name__: rule for model, rule in rules.items() if rule is not None}
    # Of what is no node of the graph, such as a token, nobody is told.
    open_to_all = [_constant(name, kind) for name in PREFIXES if name not in ruled]
    named = [and_(kind == _constant(name, kind), rule) for name, rule in ruled.items()]
    return or_(kind.in_(open_to_all), *named)


def _hiding(seen_with: Visibility) -> Select[Any]:
    """The keys of the projects whose stances are hidden from callers of that sight, but for their own."""
    project = table_of(Project).alias()
    if seen_with is Visibility.ANONYMOUS:
        hiding: Condition = not_(project.c.public)
    elif seen_with is Visibility.CURATOR:
        hiding = and_(project.c.blind, project.c.id.in_(_taking_part(ProjectRole.ANNOTATOR)))
    else:
        hiding = and_(project.c.blind, project.c.id.not_in(_taking_part(ProjectRole.CURATOR)))
    return select(project.c.id).where(hiding, project.c.status == _constant(ProjectStatus.OPEN, project.c.status))


def _taking_part(role: ProjectRole | None = None) -> Select[Any]:
    """The keys of the projects in which the caller takes part, in that role where one is named."""
    member = table_of(ProjectMember).alias()
    found = select(member.c.project_id).where(member.c.annotator_id == _caller())
    return found if role is None else found.where(member.c.role == _constant(role, member.c.role))


def _constant(value: str, column: Any) -> Any:
    return literal(value, column.type, literal_execute=True)


def _caller() -> Any:
    # Selected, so that Postgres plans alike for all callers, and so but once.
    return select(bindparam(VIEWER, type_=Uid(), required=False)).scalar_subquery()
