"""Selects the statements of a project by documents and by a filter. The selection is stored; more can be added."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, Insert, exists, false, func, insert, literal, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from api import limits
from api.ids import Id
from api.security.viewer import Viewer
from api.services import validation
from api.services.outcome import Outcome, Problems, version_conflict
from api.services.project_access import locked_for_curator
from api.services.references import Reference, References
from api.services.revisions import snapshot, updated
from models import UNDATED, Document, Project, ProjectStatement, Statement, StatementKind
from models.base import Uid, table_of

_FIRST_DAY = UNDATED + dt.timedelta(days=1)
_CHOSEN, _DOCUMENT, _STATEMENT = (table_of(model) for model in (ProjectStatement, Document, Statement))

Conditions = tuple[ColumnElement[bool], ...]


@dataclass(frozen=True, kw_only=True)
class StatementSelection:
    """Selects statements that meet all conditions. A list matches if one of its values does."""

    speaker_ids: Annotated[Sequence[Id], limits.PROJECT_ROWS] | None = None
    """Statements by one of these actors."""
    kinds: Sequence[StatementKind] | None = None
    """Statements of one of these kinds."""
    stated_from: dt.date | None = None
    """Statements made on this day or later. Undated statements do not match."""
    stated_to: dt.date | None = None
    """Statements made on this day or earlier. Undated statements do not match."""


@dataclass(frozen=True, kw_only=True)
class AddProjectDocuments:
    """Adds statements to a project: those in documents, those that a filter selects, or those that meet both.

    Statements that are in the project already keep their place. So the mutation is idempotent, and sending it again
    adds statements that the documents have gained since.
    """

    project_id: Id
    """The project."""
    document_ids: Annotated[Sequence[Id], limits.PROJECT_ROWS] | None = None
    """Statements in one of these documents (default: in any document)."""
    filter: StatementSelection | None = None
    """Statements that this filter selects (default: all)."""
    expected_version: int | None = None
    """The version of the project that you read. If its current version is another, nothing changes and the error is
    CONFLICT."""


@dataclass(frozen=True, slots=True)
class CheckedSelection:
    """A selection of statements after the checks, with the references in it."""

    documents: tuple[Reference | None, ...] | None
    speakers: tuple[Reference | None, ...] | None
    filter: StatementSelection

    def conditions(self, references: References) -> Conditions:
        """Return the conditions for selected statements."""
        statement, selection = _STATEMENT.c, self.filter
        found: list[ColumnElement[bool]] = []
        if self.documents is not None:
            found.append(statement.document_id.in_(_keys(self.documents, references)))
        if self.speakers is not None:
            found.append(statement.speaker_id.in_(_keys(self.speakers, references)))
        if selection.kinds is not None:
            found.append(statement.kind.in_(list(selection.kinds)))
        # Undated statements have the earliest day there is: outside of every range.
        if selection.stated_from is not None or selection.stated_to is not None:
            found.append(
                statement.stated_on_sort.between(
                    selection.stated_from or _FIRST_DAY, selection.stated_to or dt.date.max
                )
            )
        return tuple(found)


def check_selection(
    documents: Sequence[Id] | None, requested: StatementSelection | None, problems: Problems, references: References
) -> CheckedSelection | None:
    """Check a selection of statements, and register the references in it; None if the command selects nothing."""
    if documents is None and requested is None:
        return None
    requested = requested or StatementSelection()
    validation.period(problems, requested.stated_from, requested.stated_to, "filter", "statedTo")
    return CheckedSelection(
        _want(problems, references, documents, "documentIds", of="Document"),
        _want(problems, references, requested.speaker_ids, "filter", "speakerIds", of="Actor"),
        requested,
    )


def _want(
    problems: Problems, references: References, ids: Sequence[Id] | None, *path: str, of: str
) -> tuple[Reference | None, ...] | None:
    if ids is None:
        return None
    if not validation.count(problems, len(ids), limits.PROJECT_ROWS, *path):
        return ()
    return tuple(references.want(problems, text, *path, str(place), of=of) for place, text in enumerate(ids))


def _keys(wanted: Sequence[Reference | None] | None, references: References) -> list[UUID]:
    found = [references.key(reference) for reference in wanted or ()]
    return [key for key in found if key is not None]


async def add_project_documents(session: AsyncSession, viewer: Viewer, command: AddProjectDocuments) -> Outcome:
    """Append statements to a project, ordered by publication date, document and position in the text."""
    problems, references = Problems(), References()
    project = await locked_for_curator(session, viewer, problems, command.project_id, "projectId")
    selection = check_selection(command.document_ids, command.filter, problems, references)
    if selection is None:
        problems.invalid("give documentIds or filter", "documentIds")
    await references.load(session)
    conditions = selection.conditions(references) if selection else ()
    if project is None:
        return problems.refused()
    version_conflict(problems, command.expected_version, project.version)
    if problems:
        return problems.refused(project.id)
    before = snapshot(project)
    added = await add_statements(session, project.id, conditions)
    if added:
        number = await count_statements(session, project.id)
        await updated(session, viewer, project, {**before, "statements": number - added}, statements=number)
    return Outcome(project.id, added=added)


async def add_statements(session: AsyncSession, project_id: UUID, conditions: Conditions) -> int:
    """Add all statements that meet `conditions` and are not in the project yet; return their number."""
    result = await session.execute(_addition(project_id, conditions))
    return cast(CursorResult[Any], result).rowcount


async def count_statements(session: AsyncSession, project_id: UUID) -> int:
    """Return the number of statements in the project."""
    number = await session.scalar(select(func.count()).where(_CHOSEN.c.project_id == project_id))
    return number or 0


def _addition(project_id: UUID, conditions: Conditions) -> Insert:
    statement, there = _STATEMENT.c, _CHOSEN.alias().c
    in_it = exists().where(there.project_id == project_id, there.statement_id == statement.id)
    last = select(func.coalesce(func.max(_CHOSEN.c.position), 0)).where(_CHOSEN.c.project_id == project_id)
    order = (_DOCUMENT.c.published_on_sort, statement.document_id, statement.start, statement.id)
    rows = {
        "project_id": literal(project_id, Uid()),
        "statement_id": statement.id,
        "document_id": statement.document_id,
        "position": last.scalar_subquery() + func.row_number().over(order_by=order),
        "finished": literal(0),
        "is_open": true(),
    }
    selected = select(*rows.values()).join_from(_STATEMENT, _DOCUMENT, _DOCUMENT.c.id == statement.document_id)
    return insert(_CHOSEN).from_select(list(rows), selected.where(~in_it, *conditions))


async def update_open_statements(session: AsyncSession, project: Project) -> None:
    """Recompute which statements need more annotators after the overlap changed."""
    wants = _CHOSEN.c.finished < project.overlap
    mine = _CHOSEN.c.project_id == project.id
    for is_open, where in ((true(), ~_CHOSEN.c.is_open & wants), (false(), _CHOSEN.c.is_open & ~wants)):
        await session.execute(_CHOSEN.update().where(mine, where).values(is_open=is_open))
