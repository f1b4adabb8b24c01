"""Writes down every change: who, when, what it was before, what it is now."""

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.security.viewer import Viewer
from models import Assignment, Base, Project, Revision, RevisionAction, Stance, instant_text, new_id, now
from models.base import Versioned

# The text of a document never changes, and is told by its hash; what is derived can be derived again.
_LEFT_OUT = {"text", "sort_name", "sort_title", "statement_count", "updated_at"}

_OWNED = (Assignment, Stance)
"""What is one annotator's own."""

State = dict[str, Any]


def snapshot(row: Base) -> State:
    """A row as its revisions show it: column → JSON value."""
    columns = row.__table__.columns
    return {
        c.key: _json(getattr(row, c.key))
        for c in columns
        if c.key not in _LEFT_OUT and not c.key.endswith("_sort") and c.computed is None
    }


def _json(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, dt.datetime):
        return instant_text(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def revision(
    viewer: Viewer,
    action: RevisionAction,
    row: type[Base],
    key: UUID,
    before: State | None,
    after: State | None,
    whole: State | None = None,
) -> dict[str, Any]:
    """One revision, as `write_revisions` takes it; `whole` says whose the row is where the others only say a part."""
    state = whole or after or before or {}
    project, owner = (state.get(name) for name in ("project_id", "annotator_id"))
    return {
        "id": new_id(),
        "created_at": now(),
        "annotator_id": viewer.annotator_id,
        "action": action,
        "entity_type": row.__name__,
        "entity_id": key,
        "before": before,
        "after": after,
        "project_id": key if row is Project else project and UUID(project),
        "owner_id": UUID(owner) if owner and row in _OWNED else None,
    }


@contextmanager
def caused_by(session: AsyncSession, cause: UUID) -> Iterator[None]:
    """Within the block all revisions name `cause`, the revision of the merger that they are part of or take back."""
    session.info[_CAUSE] = cause
    try:
        yield
    finally:
        del session.info[_CAUSE]


_CAUSE = "cause"


async def write_revisions(session: AsyncSession, revisions: Iterable[dict[str, Any]]) -> None:
    """Write revisions in one statement."""
    rows = [{**row, "cause_id": session.info.get(_CAUSE)} for row in revisions]
    if rows:
        await session.flush()
        await session.execute(insert(Revision), rows)


async def created(session: AsyncSession, viewer: Viewer, row: Base, **more: Any) -> None:
    """Write a new row and its first revision; `more` is what belongs to it in other tables."""
    if isinstance(row, Versioned):
        row.created_at = row.updated_at = now()
    session.add(row)
    await session.flush()
    state = {**snapshot(row), **more}
    await write_revisions(session, [revision(viewer, RevisionAction.CREATED, type(row), row.id, None, state)])  # type: ignore[attr-defined]


async def updated(session: AsyncSession, viewer: Viewer, row: Any, before: State, **more: Any) -> None:
    """Raise the version of a changed row, where it has one, and write the revision."""
    if isinstance(row, Versioned):
        row.version += 1
        row.updated_at = now()
    await session.flush()
    state = {**snapshot(row), **more}
    await write_revisions(session, [revision(viewer, RevisionAction.UPDATED, type(row), row.id, before, state)])


async def deleted(session: AsyncSession, viewer: Viewer, row: Any, **more: Any) -> None:
    """Delete a row and write down what it was."""
    state = {**snapshot(row), **more}
    await session.delete(row)
    await write_revisions(session, [revision(viewer, RevisionAction.DELETED, type(row), row.id, state, None)])
