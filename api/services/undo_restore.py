"""Restores rows from the state in a revision: the same key, the version incremented."""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.security.viewer import Viewer
from api.services.finished_assignments import stance_changed
from api.services.revisions import State, parse_value, revision, snapshot, updated, write_revisions
from api.services.search_index import index_words
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
from models.base import Versioned, table_of

M = TypeVar("M", bound=Base)
Refuse = Callable[[str], None]
"""Adds a reason why a change cannot be undone. The caller then writes nothing."""

_STANCE_CONTENT = ("label", "intensity", "confidence", "rationale", "codebook_id")


async def revert_stance(session: AsyncSession, viewer: Viewer, stance: Stance, before: State, refuse: Refuse) -> None:
    """Restore the former content of a stance."""
    if not await _may_change(session, stance.project_id, stance.annotator_id, refuse):
        return
    current = snapshot(stance)
    for name in _STANCE_CONTENT:
        setattr(stance, name, parse_value(table_of(Stance).c[name], before.get(name)))
    await updated(session, viewer, stance, current)


async def restore_stance(session: AsyncSession, viewer: Viewer, before: State, refuse: Refuse) -> None:
    """Restore a withdrawn stance."""
    stance = await restored_row(session, Stance, before, refuse)
    if stance is None or not await _may_change(session, stance.project_id, stance.annotator_id, refuse):
        return
    columns = ("statement_id", "annotator_id", "project_id", "holder_id", "target_actor_id", "target_topic_id")
    if await _exists(session, Stance, stance, columns):
        refuse("the annotator has another stance with the same holder and target now")
        return
    day = await session.scalar(select(Statement.stated_on).where(Statement.id == stance.statement_id))
    stance.stated_on_sort = day or UNDATED
    await _write(session, viewer, stance, {})
    await stance_changed(session, viewer, stance)


async def restore_statement(session: AsyncSession, viewer: Viewer, before: State, refuse: Refuse) -> None:
    """Restore a deleted statement."""
    statement = await restored_row(session, Statement, before, refuse)
    if statement is None:
        return
    if await _exists(session, Statement, statement, ("document_id", "start", "end", "speaker_id")):
        refuse("a statement of the same speaker with the same position exists now")
        return
    await _write(session, viewer, statement, {})
    await index_words(session, Statement, statement.id, statement.exact)
    count = {"statement_count": Actor.statement_count + 1}
    await session.execute(update(Actor).where(Actor.id == statement.speaker_id).values(count))


async def restore_relation(session: AsyncSession, viewer: Viewer, before: State, refuse: Refuse) -> None:
    """Restore a deleted relation with its evidence."""
    relation = await restored_row(session, Relation, before, refuse)
    if relation is None:
        return
    evidence = [UUID(key) for key in before.get("evidence", ())]
    there = select(func.count()).select_from(Statement).where(Statement.id.in_(evidence))
    if await session.scalar(there) != len(evidence):
        refuse("a statement that was its evidence no longer exists")
        return
    await _write(session, viewer, relation, {"evidence": [str(key) for key in evidence]})
    if evidence:
        rows = [{"relation_id": relation.id, "statement_id": key} for key in evidence]
        await session.execute(insert(RelationEvidence), rows)


async def restore_membership(session: AsyncSession, viewer: Viewer, before: State, refuse: Refuse) -> None:
    """Restore a deleted membership."""
    membership = await restored_row(session, Membership, before, refuse)
    if membership is None:
        return
    if await _exists(session, Membership, membership, ("member_id", "group_id", "role", "valid_from")):
        refuse("the same membership exists now")
        return
    await _write(session, viewer, membership, {})


async def restored_row(session: AsyncSession, model: type[M], before: State, refuse: Refuse) -> M | None:
    """Return the former row, not yet added to the session; None if a row that it refers to no longer exists."""
    columns = table_of(model).c
    values = {name: parse_value(columns[name], value) for name, value in before.items() if name in columns}
    for column in columns:
        key = values.get(column.key)
        for foreign in column.foreign_keys if key is not None else ():
            if not await session.scalar(select(exists().where(foreign.column == key))):
                refuse(f"{column_words(column.key)} is gone: it was merged or deleted")
                return None
    values["version"] += 1
    return model(**values)


def column_words(key: str) -> str:
    """Return words for the row that a foreign key of this column refers to."""
    return "the " + key.removesuffix("_id").replace("_", " ")


async def _exists(session: AsyncSession, model: type[Base], row: Any, columns: tuple[str, ...]) -> bool:
    """True if there is a row with the same values in these columns."""
    table = table_of(model)
    same = [table.c[name].is_not_distinct_from(getattr(row, name)) for name in columns]
    return bool(await session.scalar(select(exists().where(*same))))


async def _may_change(session: AsyncSession, project_id: UUID, annotator_id: UUID, refuse: Refuse) -> bool:
    """True if stances of this annotator may change in the project."""
    member = exists().where(ProjectMember.project_id == project_id, ProjectMember.annotator_id == annotator_id)
    found = select(Project.status, Project.is_default | member).where(Project.id == project_id)
    status, takes_part = (await session.execute(found)).one()
    if status is ProjectStatus.CLOSED:
        refuse("its project is closed")
    elif not takes_part:
        refuse("its annotator is no longer a member of the project")
    return status is ProjectStatus.OPEN and bool(takes_part)


async def _write(session: AsyncSession, viewer: Viewer, row: Any, more: State) -> None:
    assert isinstance(row, Versioned)
    row.updated_at = now()
    session.add(row)
    await session.flush()
    state = {**snapshot(row), **more}  # type: ignore[arg-type]
    key: UUID = row.id  # type: ignore[attr-defined]
    await write_revisions(session, [revision(viewer, RevisionAction.CREATED, type(row), key, None, state)])  # type: ignore[arg-type]
