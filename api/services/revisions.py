"""Writes a revision for every change: who changed what and when, with the state before and after."""

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Date, insert
from sqlalchemy import Enum as EnumType
from sqlalchemy.ext.asyncio import AsyncSession

from api.security.viewer import Viewer
from models import Assignment, Base, Project, Revision, RevisionAction, Stance, instant_text, new_id, now
from models.base import Instant, Uid, Versioned

# A document's text never changes, and its hash identifies it. Derived columns can be computed again.
_LEFT_OUT = {"text", "sort_name", "sort_title", "statement_count", "updated_at"}

_OWNED = (Assignment, Stance)
"""Models whose rows belong to one annotator."""

State = dict[str, Any]


def snapshot(row: Base) -> State:
    """Return the state of a row for a revision: column → JSON value."""
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


def parse_value(column: Column[Any], value: Any) -> Any:
    """Return the value of a column for its JSON value in a revision: the inverse of `snapshot`."""
    kind = column.type
    if value is None:
        return None
    if isinstance(kind, Uid):
        return UUID(value)
    if isinstance(kind, Instant):
        return dt.datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return dt.date.fromisoformat(value)
    return kind.enum_class(value) if isinstance(kind, EnumType) and kind.enum_class else value


def same_state(one: State | None, other: State | None) -> bool:
    """True if the two states differ in the version only, which an undo increments too.

    Only names that both have are compared: revisions of recorded stances have no `created_at`.
    """
    if one is None or other is None:
        return one is other
    return all(one[name] == other[name] for name in one.keys() & other.keys() - {"version"})


def revision(
    viewer: Viewer,
    action: RevisionAction,
    row: type[Base],
    key: UUID,
    before: State | None,
    after: State | None,
    whole: State | None = None,
) -> dict[str, Any]:
    """Return the columns of a revision, for `write_revisions`.

    `whole` supplies the project and the owner of the row if `before` and `after` are only a part of its state.
    """
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
    """Within the block, set the cause of all revisions to `cause`: the revision of the merger made or undone."""
    session.info[_CAUSE] = cause
    try:
        yield
    finally:
        del session.info[_CAUSE]


_CAUSE = "cause"


async def write_revisions(session: AsyncSession, revisions: Iterable[dict[str, Any]]) -> None:
    """Insert revisions in one statement."""
    rows = [{**row, "cause_id": session.info.get(_CAUSE)} for row in revisions]
    if rows:
        await session.flush()
        await session.execute(insert(Revision), rows)


async def created(session: AsyncSession, viewer: Viewer, row: Base, **more: Any) -> None:
    """Insert a new row and its first revision. `more` is the part of its state that other tables store."""
    if isinstance(row, Versioned):
        row.created_at = row.updated_at = now()
    session.add(row)
    await session.flush()
    state = {**snapshot(row), **more}
    await write_revisions(session, [revision(viewer, RevisionAction.CREATED, type(row), row.id, None, state)])  # type: ignore[attr-defined]


async def updated(session: AsyncSession, viewer: Viewer, row: Any, before: State, **more: Any) -> None:
    """Increment the version of a changed row, if it has one, and write the revision."""
    if isinstance(row, Versioned):
        row.version += 1
        row.updated_at = now()
    await session.flush()
    state = {**snapshot(row), **more}
    await write_revisions(session, [revision(viewer, RevisionAction.UPDATED, type(row), row.id, before, state)])


async def deleted(session: AsyncSession, viewer: Viewer, row: Any, **more: Any) -> None:
    """Delete a row and write the revision with its last state."""
    state = {**snapshot(row), **more}
    await session.delete(row)
    await write_revisions(session, [revision(viewer, RevisionAction.DELETED, type(row), row.id, state, None)])
