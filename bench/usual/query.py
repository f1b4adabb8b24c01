"""The queries of the conventional stack."""

import datetime as dt
from enum import StrEnum
from typing import Annotated, Union
from uuid import UUID

import strawberry
from sqlalchemy import func, or_, select, tuple_

import models
from bench.usual.context import PREFIXES, Info
from bench.usual.search import found
from bench.usual.types import OF, Actor, Connection, Document, Node, Relation, Statement, Topic, page
from models.base import Uid


@strawberry.enum
class StatementOrderField(StrEnum):
    """Orders of statements."""

    STATED_ON = "STATED_ON"


@strawberry.enum
class OrderDirection(StrEnum):
    """Directions of an order."""

    ASC = "ASC"
    DESC = "DESC"


@strawberry.input
class StatementOrder:
    """The order of statements."""

    field: StatementOrderField
    direction: OrderDirection


@strawberry.input
class RelationFilter:
    """Filters relations."""

    as_of: dt.date


@strawberry.type
class Network:
    """Relations and their actors."""

    actors: list[Actor]
    relations: list[Relation]


SearchResult = Annotated[
    Union[Actor, Document, Statement, Topic],  # noqa: UP007 (Strawberry reads it so)
    strawberry.union("SearchResult"),
]


@strawberry.type
class SearchEdge:
    """A search result."""

    node: SearchResult
    score: float


@strawberry.type
class SearchConnection:
    """Search results."""

    edges: list[SearchEdge]


@strawberry.type
class AllStatements(Connection[Statement]):
    """A page of statements, with the number of all statements."""

    @strawberry.field
    async def total_count(self, info: Info) -> int:
        """Return the length of the whole list."""
        async with info.context.sessions() as session:
            return int(await session.scalar(select(func.count()).select_from(models.Statement)) or 0)


async def _node(info: Info, text: str) -> Node | None:
    model = PREFIXES[text[:3]]
    row = await info.context.by_key[model].load(UUID(text[4:]))
    return None if row is None else OF[model](row)  # type: ignore[operator]


@strawberry.type
class Query:
    """The root type of queries."""

    @strawberry.field
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        """Return the object with this ID."""
        return await _node(info, id)

    @strawberry.field
    async def nodes(self, info: Info, ids: list[strawberry.ID]) -> list[Node | None]:
        """Return the objects with these IDs, in their order."""
        for each in ids:
            # Start all loads before awaiting one, so that the loader batches them.
            info.context.by_key[PREFIXES[each[:3]]].load(UUID(each[4:]))
        return [await _node(info, each) for each in ids]

    @strawberry.field
    async def actor(self, info: Info, slug: str) -> Actor | None:
        """Return the actor with this slug."""
        rows = await info.context.rows(select(models.Actor).where(models.Actor.slug == slug))
        return Actor.of(rows[0]) if rows else None

    @strawberry.field
    async def statements(
        self, info: Info, first: int = 20, after: str | None = None, order_by: StatementOrder | None = None
    ) -> AllStatements:
        """Return all statements, latest first."""
        row = models.Statement
        query = select(row).order_by(row.stated_on_sort.desc(), row.id.desc()).limit(first + 1)
        if after is not None:
            _, day, key = after.split(".")
            cursor = tuple_(dt.date.fromisoformat(day), UUID(key), types=[row.stated_on_sort.type, Uid()])
            query = query.where(tuple_(row.stated_on_sort, row.id) < cursor)
        rows = await info.context.rows(query)
        paged = page([Statement.of(row) for row in rows], first, "stated_on_sort")
        return AllStatements(edges=paged.edges, page_info=paged.page_info)

    @strawberry.field
    async def network(self, info: Info, filter: RelationFilter) -> Network:
        """Return the relations in force on a day, and their actors."""
        row, day = models.Relation, filter.as_of
        holds = (or_(row.valid_from.is_(None), row.valid_from <= day), or_(row.valid_to.is_(None), row.valid_to >= day))
        relations = await info.context.rows(select(row).where(*holds).order_by(row.id))
        keys = sorted({key for tie in relations for key in (tie.source_id, tie.target_id)})
        actors = await info.context.by_key[models.Actor].load_many(keys)
        return Network(actors=[Actor.of(a) for a in actors], relations=[Relation.of(r) for r in relations])

    @strawberry.field
    async def search(self, info: Info, text: str, first: int = 20) -> SearchConnection:
        """Search by full text, most relevant first."""
        edges = []
        for model, key, score in await found(info.context.sessions, text, first):
            row = await info.context.by_key[model].load(key)
            edges.append(SearchEdge(node=OF[model](row), score=score))  # type: ignore[operator]
        return SearchConnection(edges=edges)
