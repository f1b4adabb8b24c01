"""Visibility of rows for services: error messages must not reveal rows that the caller may not see."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, not_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from api.security.viewer import Viewer
from api.security.visibility import VIEWER, caller, shows_all_stances, visibility_of, visible
from models import Base, ProjectStatement
from models.base import table_of


async def is_visible(session: AsyncSession, viewer: Viewer, model: type[Base], key: UUID) -> bool:
    """True if `viewer` may see the row of `model` with this key."""
    row = table_of(model).alias()
    found = select(exists().where(row.c.id == key, _seen(model, row.c, viewer)))
    return bool(await session.scalar(found, {VIEWER: caller(viewer)}))


async def count_visible(
    session: AsyncSession, viewer: Viewer, statement_id: UUID, models: tuple[type[Base], ...]
) -> tuple[tuple[int, ...], bool]:
    """Count the rows of each model that refer to the statement and that `viewer` may see; and if there may be others.

    The second is true if the statement is in a project that hides others' work from `viewer`, whether or not there is
    any work, so that it reveals nothing.
    """
    counts: list[Any] = []
    hidden: list[ColumnElement[bool]] = []
    for model in models:
        row = table_of(model).alias()
        refers, seen = row.c.statement_id == statement_id, _seen(model, row.c, viewer)
        counts.append(select(func.count()).select_from(row).where(refers, seen).scalar_subquery())
        hidden.append(exists().where(refers, not_(seen)))
    chosen = table_of(ProjectStatement).alias().c
    hidden.append(
        exists().where(
            chosen.statement_id == statement_id, not_(shows_all_stances(chosen.project_id, visibility_of(viewer)))
        )
    )
    *found, others = (await session.execute(select(*counts, or_(*hidden)), {VIEWER: caller(viewer)})).one()
    return tuple(found), bool(others)


def _seen(model: type[Base], row: Any, viewer: Viewer) -> ColumnElement[bool]:
    condition = visible(model, row, visibility_of(viewer))
    return true() if condition is None else condition
