"""Finds rows with the same name: likely duplicates.

Names are compared without case and without invisible characters.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from api import limits
from models import Actor, ActorAlias, Topic
from models.folding import foldings
from models.names import case_folded

_MAX_COMPARED = 1_000
"""The maximum number of rows with an equal folded name to compare. Folding also removes accents."""


async def similar_actors(session: AsyncSession, own: UUID, names: Iterable[str]) -> tuple[UUID, ...]:
    """Return the keys of other actors whose name or alias equals one of `names`, at most `limits.SIMILAR`."""
    wanted = list(names)
    folded = sorted({form for name in wanted for form in foldings(name)})
    by_name = select(Actor.id, Actor.name).where(Actor.sort_name.in_(folded))
    by_alias = select(ActorAlias.actor_id, ActorAlias.name).where(ActorAlias.sort_name.in_(folded))
    return await _equal(session, own, wanted, union_all(by_name, by_alias)) if wanted else ()


async def similar_topics(session: AsyncSession, own: UUID, name: str) -> tuple[UUID, ...]:
    """Return the keys of other topics called `name`, at most `limits.SIMILAR`."""
    called = select(Topic.id, Topic.name).where(Topic.sort_name.in_(sorted(foldings(name))))
    return await _equal(session, own, [name], called)


async def _equal(session: AsyncSession, own: UUID, names: Iterable[str], query: Any) -> tuple[UUID, ...]:
    wanted = {case_folded(name) for name in names}
    rows: Select[Any] = query.limit(_MAX_COMPARED)
    found = sorted({key for key, name in await session.execute(rows) if case_folded(name) in wanted} - {own})
    return tuple(found[: limits.SIMILAR.maximum])
