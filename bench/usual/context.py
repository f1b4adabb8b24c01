"""The context of resolvers during a request: sessions, the caller, and DataLoaders."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from strawberry.dataloader import DataLoader

import models
from models import Actor, ActorAlias, Annotator, Base, Document, Project, ProjectStatus, Relation, Stance, Statement

Sessions = async_sessionmaker[AsyncSession]
K = TypeVar("K", bound=Hashable)
PREFIXES: dict[str, type[Base]] = {
    "act": Actor,
    "ann": Annotator,
    "doc": Document,
    "rel": Relation,
    "stm": Statement,
    "stn": Stance,
    "top": models.Topic,
}


@dataclass
class Context:
    """The context of a request. Each loader has its own session, since two resolvers cannot share one concurrently."""

    sessions: Sessions
    annotator: Annotator | None
    by_key: dict[type[Base], DataLoader[UUID, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_key = {model: DataLoader(load_fn=self._load(model)) for model in PREFIXES.values()}
        self.aliases = DataLoader(load_fn=self._aliases)
        self.relations = DataLoader(load_fn=self._relations)
        self.statements = DataLoader(load_fn=self._statements)
        self.stances = DataLoader(load_fn=self._stances)
        self.stance_counts = DataLoader(load_fn=self._stance_counts)

    async def rows(self, query: Select[Any]) -> Sequence[Any]:
        """Return all entities of a query."""
        async with self.sessions() as session:
            return (await session.scalars(query)).all()

    @property
    def seen(self) -> ColumnElement[bool]:
        """True if the caller may see a stance."""
        hiding = select(Project.id).where(Project.blind, Project.status == ProjectStatus.OPEN)
        key = self.annotator.id if self.annotator else None
        return or_(Stance.project_id.not_in(hiding), Stance.annotator_id == key)

    def _load(self, model: Any) -> Callable[[list[UUID]], Awaitable[list[Any]]]:
        async def load(keys: list[UUID]) -> list[Any]:
            query = select(model).where(model.id.in_(keys))
            found = {row.id: row for row in await self.rows(query.where(self.seen) if model is Stance else query)}
            return [found.get(key) for key in keys]

        return load

    async def _aliases(self, keys: list[UUID]) -> list[list[ActorAlias]]:
        query = select(ActorAlias).where(ActorAlias.actor_id.in_(keys)).order_by(ActorAlias.position)
        return _grouped(keys, await self.rows(query), lambda alias: [alias.actor_id])

    async def _relations(self, keys: list[UUID]) -> list[list[Relation]]:
        query = select(Relation).where(or_(Relation.source_id.in_(keys), Relation.target_id.in_(keys)))
        latest_first = query.order_by(Relation.valid_from_sort.desc(), Relation.id.desc())
        return _grouped(keys, await self.rows(latest_first), lambda tie: [tie.source_id, tie.target_id])

    async def _statements(self, keys: list[tuple[UUID, int]]) -> list[list[Statement]]:
        """Return the first statements of each speaker, by a window function."""
        latest_first = (Statement.stated_on_sort.desc(), Statement.id.desc())
        number = func.row_number().over(partition_by=Statement.speaker_id, order_by=latest_first).label("number")
        speakers, most = {speaker for speaker, _ in keys}, max(most for _, most in keys)
        places = select(Statement.id, number).where(Statement.speaker_id.in_(speakers)).subquery()
        query = select(Statement).join(places, places.c.id == Statement.id).where(places.c.number <= most)
        found = await self.rows(query.order_by(*latest_first))
        grouped = _grouped([speaker for speaker, _ in keys], found, lambda statement: [statement.speaker_id])
        return [rows[:most] for rows, (_, most) in zip(grouped, keys, strict=True)]

    async def _stances(self, keys: list[UUID]) -> list[list[Stance]]:
        query = select(Stance).where(Stance.statement_id.in_(keys), self.seen)
        return _grouped(
            keys, await self.rows(query.order_by(Stance.created_at, Stance.id)), lambda stance: [stance.statement_id]
        )

    async def _stance_counts(self, keys: list[UUID]) -> list[list[Any]]:
        columns = (Stance.statement_id, Stance.target_actor_id, Stance.target_topic_id, Stance.label)
        number, target = func.count().label("number"), func.coalesce(Stance.target_actor_id, Stance.target_topic_id)
        query = select(*columns, number).where(Stance.statement_id.in_(keys), self.seen).group_by(*columns)
        async with self.sessions() as session:
            rows = (await session.execute(query.order_by(number.desc(), target, Stance.label))).all()
        return _grouped(keys, rows, lambda row: [row.statement_id])


def _grouped(keys: Sequence[K], rows: Iterable[Any], belongs: Callable[[Any], list[K]]) -> list[list[Any]]:
    """Return the rows of each key, in order."""
    groups: dict[K, list[Any]] = defaultdict(list)
    for row in rows:
        for key in belongs(row):
            groups[key].append(row)
    return [groups[key] for key in keys]


Info = strawberry.Info[Context, None]
