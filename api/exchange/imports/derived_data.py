"""Rebuilds what is derived from table rows that were imported as they are: the trigrams of actors' names (ADR 0018)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.database.bulk_insert import bulk_insert
from api.services.search_index import trigrams_of
from models import Actor, ActorAlias, ActorTrigram
from models.base import table_of

_BATCH_SIZE = 500


async def index_actor_names(connection: AsyncConnection) -> None:
    """Insert the trigrams of all actors that have none yet, so that search finds them by their names."""
    unindexed = ~exists().where(ActorTrigram.actor_id == Actor.id)
    query = select(Actor.id, Actor.name).where(unindexed).order_by(Actor.id).limit(_BATCH_SIZE)
    page = query
    while batch := (await connection.execute(page)).all():
        names = {row.id: [row.name] for row in batch}
        others = select(ActorAlias.actor_id, ActorAlias.name).where(ActorAlias.actor_id.in_(list(names)))
        for row in await connection.execute(others.order_by(ActorAlias.actor_id, ActorAlias.position)):
            names[row.actor_id].append(row.name)
        rows = [gram for key, own in names.items() for gram in trigrams_of(key, own)]
        if rows:
            await bulk_insert(connection, table_of(ActorTrigram), rows)
        page = query.where(Actor.id > batch[-1].id)


@asynccontextmanager
async def preserve_revision_positions(connection: AsyncConnection) -> AsyncIterator[None]:
    """Let inserted revisions have their own positions in the feed within the block.

    On SQLite a trigger would number them again, so it is dropped for the time of the block.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    trigger = (
        await connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'revision_came'")
    ).scalar_one()
    await connection.exec_driver_sql("DROP TRIGGER revision_came")
    yield
    await connection.exec_driver_sql(trigger)
