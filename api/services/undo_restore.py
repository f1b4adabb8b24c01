"""Rows put back as a revision says they were: under the same key, in one version more."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Column, Date, Enum, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.security.viewer import Viewer
from api.services.finished_assignments import stance_changed
from api.services.revisions import State, revision, snapshot, updated, write_revisions
from api.services.search_index import find_by_words
from models import (
    UNDATED,
    Actor,
    Base,
    Membership,
    Project,
    ProjectMember,
    ProjectStatus,
    Relation,
    RelationEvidence,
    RevisionAction,
    Stance,
    Statement,
    now,
)
from models.base import Instant, Uid, Versioned, table_of

M = TypeVar("M", bound=Base)
Was = Mapping[str, Any]
Refuse = Callable[[str], None]
"""Says what stands in the way; nothing is to be written then."""

_SAID = ("label", "intensity", "confidence", "rationale", "codebook_id")


async def revert_stance(session: AsyncSession, viewer: Viewer, stance: Stance, was: Was, refuse: Refuse) -> None:
    """A stance that says again what it said."""
    if not await _may_change(session, stance.project_id, stance.annotator_id, refuse):
        return
    before = snapshot(stance)
    for name in _SAID:
        setattr(stance, name, column_value(table_of(Stance).c[name], was.get(name)))
    await updated(session, viewer, stance, before)


async def restore_stance(session: AsyncSession, viewer: Viewer, was: Was, refuse: Refuse) -> None:
    """A stance held to again by its annotator."""
    stance = await restored_row(session, Stance, was, refuse)
    if stance is None or not await _may_change(session, stance.project_id, stance.annotator_id, refuse):
        return
    columns = ("statement_id", "annotator_id", "project_id", "holder_id", "target_actor_id", "target_topic_id")
    if await _there_is(session, Stance, stance, columns):
        refuse("another stance stands in its place now")
        return
    day = await session.scalar(select(Statement.stated_on).where(Statement.id == stance.statement_id))
    stance.stated_on_sort = day or UNDATED
    await _write(session, viewer, stance, {})
    await stance_changed(session, viewer, stance)


async def restore_statement(session: AsyncSession, viewer: Viewer, was: Was, refuse: Refuse) -> None:
    """A statement marked again where it was."""
    statement = await restored_row(session, Statement, was, refuse)
    if statement is None:
        return
    if await _there_is(session, Statement, statement, ("document_id", "start", "end", "speaker_id")):
        refuse("this speaker's statement is marked there again")
        return
    await _write(session, viewer, statement, {})
    await find_by_words(session, Statement, statement.id, statement.exact)
    count = {"statement_count": Actor.statement_count + 1}
    await session.execute(update(Actor).where(Actor.id == statement.speaker_id).values(count))


async def restore_relation(session: AsyncSession, viewer: Viewer, was: Was, refuse: Refuse) -> None:
    """A relation with the statements that bear it out."""
    relation = await restored_row(session, Relation, was, refuse)
    if relation is None:
        return
    evidence = [UUID(key) for key in was.get("evidence", ())]
    there = select(func.count()).select_from(Statement).where(Statement.id.in_(evidence))
    if await session.scalar(there) != len(evidence):
        refuse("a statement that bore it out is gone")
        return
    await _write(session, viewer, relation, {"evidence": [str(key) for key in evidence]})
    if evidence:
        rows = [{"relation_id": relation.id, "statement_id": key} for key in evidence]
        await session.execute(insert(RelationEvidence), rows)


async def restore_membership(session: AsyncSession, viewer: Viewer, was: Was, refuse: Refuse) -> None:
    """A membership entered again."""
    membership = await restored_row(session, Membership, was, refuse)
    if membership is None:
        return
    if await _there_is(session, Membership, membership, ("member_id", "group_id", "role", "valid_from")):
        refuse("this membership was entered again")
        return
    await _write(session, viewer, membership, {})


async def restored_row(session: AsyncSession, model: type[M], was: Was, refuse: Refuse) -> M | None:
    """The row that was; None where something that it refers to is gone."""
    columns = table_of(model).c
    values = {name: column_value(columns[name], value) for name, value in was.items() if name in columns}
    for column in columns:
        key = values.get(column.key)
        for foreign in column.foreign_keys if key is not None else ():
            if not await session.scalar(select(exists().where(foreign.column == key))):
                refuse(f"{column_words(column.key)} is gone: it was merged or deleted")
                return None
    values["version"] += 1
    return model(**values)


def column_words(key: str) -> str:
    """What a key in this column leads to, in words."""
    return "the " + key.removesuffix("_id").replace("_", " ")


def column_value(column: Column[Any], value: Any) -> Any:
    """What JSON holds of a column, as the column takes it."""
    kind = column.type
    if value is None:
        return None
    if isinstance(kind, Uid):
        return UUID(value)
    if isinstance(kind, Instant):
        return dt.datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return dt.date.fromisoformat(value)
    return kind.enum_class(value) if isinstance(kind, Enum) and kind.enum_class else value


async def _there_is(session: AsyncSession, model: type[Base], row: Any, columns: tuple[str, ...]) -> bool:
    """Whether there is a row that is the same in these columns."""
    table = table_of(model)
    same = [table.c[name].is_not_distinct_from(getattr(row, name)) for name in columns]
    return bool(await session.scalar(select(exists().where(*same))))


async def _may_change(session: AsyncSession, project_id: UUID, annotator_id: UUID, refuse: Refuse) -> bool:
    """Whether stances of that annotator may change in the project."""
    member = exists().where(ProjectMember.project_id == project_id, ProjectMember.annotator_id == annotator_id)
    found = select(Project.status, Project.is_default | member).where(Project.id == project_id)
    status, takes_part = (await session.execute(found)).one()
    if status is ProjectStatus.CLOSED:
        refuse("its project is closed")
    elif not takes_part:
        refuse("its annotator takes no part in the project any more")
    return status is ProjectStatus.OPEN and bool(takes_part)


async def _write(session: AsyncSession, viewer: Viewer, row: Any, more: State) -> None:
    assert isinstance(row, Versioned)
    row.updated_at = now()
    session.add(row)
    await session.flush()
    state = {**snapshot(row), **more}  # type: ignore[arg-type]
    key: UUID = row.id  # type: ignore[attr-defined]
    await write_revisions(session, [revision(viewer, RevisionAction.CREATED, type(row), key, None, state)])  # type: ignore[arg-type]
