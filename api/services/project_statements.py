"""What is to be annotated in a project: chosen by documents and by a filter, then fixed until more is added."""

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
from api.services.project_access import curated
from api.services.references import Reference, References
from api.services.revisions import snapshot, updated
from models import UNDATED, Document, Project, ProjectStatement, Statement, StatementKind
from models.base import Uid, table_of

_FIRST_DAY = UNDATED + dt.timedelta(days=1)
_CHOSEN, _DOCUMENT, _STATEMENT = (table_of(model) for model in (ProjectStatement, Document, Statement))

Conditions = tuple[ColumnElement[bool], ...]


@dataclass(frozen=True, kw_only=True)
class StatementChoice:
    """Chooses statements. Every part that is given must hold; a list holds where one of its members does."""

    speaker_ids: Annotated[Sequence[Id], limits.PROJECT_ROWS] | None = None
    """Said by one of these actors."""
    kinds: Sequence[StatementKind] | None = None
    """Of one of these kinds."""
    stated_from: dt.date | None = None
    """Said on this day or later."""
    stated_to: dt.date | None = None
    """Said on this day or earlier."""


@dataclass(frozen=True, kw_only=True)
class AddProjectDocuments:
    """Adds to what is to be annotated: the statements of documents, those that a filter chooses, or those that both do.

    What is in the project already stays where it is: safe to repeat, and to send again when documents have gained
    statements.
    """

    project_id: Id
    """Which project."""
    document_ids: Annotated[Sequence[Id], limits.PROJECT_ROWS] | None = None
    """Standing in one of these documents; in any where left out."""
    filter: StatementChoice | None = None
    """Chosen by this filter; all where left out."""
    expected_version: int | None = None
    """The version of the project that was looked at: where it is no longer the version, nothing changes."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A choice of statements, with what it refers to."""

    documents: tuple[Reference | None, ...] | None
    speakers: tuple[Reference | None, ...] | None
    filter: StatementChoice

    def conditions(self, references: References) -> Conditions:
        """What a statement must meet to be chosen."""
        statement, one = _STATEMENT.c, self.filter
        found: list[ColumnElement[bool]] = []
        if self.documents is not None:
            found.append(statement.document_id.in_(_keys(self.documents, references)))
        if self.speakers is not None:
            found.append(statement.speaker_id.in_(_keys(self.speakers, references)))
        if one.kinds is not None:
            found.append(statement.kind.in_(list(one.kinds)))
        # Whatever is undated lies in no range: it counts as said on the earliest day there is.
        if one.stated_from is not None or one.stated_to is not None:
            found.append(statement.stated_on_sort.between(one.stated_from or _FIRST_DAY, one.stated_to or dt.date.max))
        return tuple(found)


def ask(
    documents: Sequence[Id] | None, chosen: StatementChoice | None, problems: Problems, references: References
) -> Asked | None:
    """Check a choice of statements, and note what it refers to; None where there is none."""
    if documents is None and chosen is None:
        return None
    chosen = chosen or StatementChoice()
    validation.period(problems, chosen.stated_from, chosen.stated_to, "filter", "statedTo")
    return Asked(
        _want(problems, references, documents, "documentIds", of="Document"),
        _want(problems, references, chosen.speaker_ids, "filter", "speakerIds", of="Actor"),
        chosen,
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
    """More to annotate, behind what there is: by the days of the documents, and as statements stand in their texts."""
    problems, references = Problems(), References()
    project = await curated(session, viewer, problems, command.project_id, "projectId")
    asked = ask(command.document_ids, command.filter, problems, references)
    if asked is None:
        problems.invalid("name documents, or a filter", "documentIds")
    await references.load(session)
    conditions = asked.conditions(references) if asked else ()
    if project is None:
        return problems.refused()
    version_conflict(problems, command.expected_version, project.version)
    if problems:
        return problems.refused(project.id)
    before = snapshot(project)
    added = await add(session, project.id, conditions)
    if added:
        number = await count(session, project.id)
        await updated(session, viewer, project, {**before, "statements": number - added}, statements=number)
    return Outcome(project.id, added=added)


async def add(session: AsyncSession, project_id: UUID, conditions: Conditions) -> int:
    """Add all statements that meet `conditions` and are not in the project yet: how many these are."""
    result = await session.execute(_addition(project_id, conditions))
    return cast(CursorResult[Any], result).rowcount


async def count(session: AsyncSession, project_id: UUID) -> int:
    """How many statements are to be annotated in the project."""
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
    chosen = select(*rows.values()).join_from(_STATEMENT, _DOCUMENT, _DOCUMENT.c.id == statement.document_id)
    return insert(_CHOSEN).from_select(list(rows), chosen.where(~in_it, *conditions))


async def follow_overlap(session: AsyncSession, project: Project) -> None:
    """Reckon anew which statements still want annotators."""
    wants = _CHOSEN.c.finished < project.overlap
    mine = _CHOSEN.c.project_id == project.id
    for is_open, where in ((true(), ~_CHOSEN.c.is_open & wants), (false(), _CHOSEN.c.is_open & ~wants)):
        await session.execute(_CHOSEN.update().where(mine, where).values(is_open=is_open))
