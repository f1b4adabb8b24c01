"""What is worked out anew of rows that were put in as they stand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.exchange.imports.row_insert import RowInserter
from api.services.search_index import trigrams_of
from models import Actor, ActorAlias, ActorTrigram

_BATCH_SIZE = 500


async def index_actor_names(connection: AsyncConnection, putting: RowInserter) -> None:
    """Let the actors that cannot be found by their names yet be found by them."""
    unfound = ~exists().where(ActorTrigram.actor_id == Actor.id)
    query = select(Actor.id, Actor.name).where(unfound).order_by(Actor.id).limit(_BATCH_SIZE)
    beyond = query
    while batch := (await connection.execute(beyond)).all():
        names = {row.id: [row.name] for row in batch}
        others = select(ActorAlias.actor_id, ActorAlias.name).where(ActorAlias.actor_id.in_(list(names)))
        for row in await connection.execute(others.order_by(ActorAlias.actor_id, ActorAlias.position)):
            names[row.actor_id].append(row.name)
        rows = [gram for key, own in names.items() for gram in trigrams_of(key, own)]
        if rows:
            await putting.write(ActorTrigram, rows)
        beyond = query.where(Actor.id > batch[-1].id)


@asynccontextmanager
async def preserve_revision_positions(connection: AsyncConnection) -> AsyncIterator[None]:
    """Within the block revisions keep the places that they bring along: on SQLite a trigger would count them anew."""
    if connection.dialect.name != "sqlite":
        yield
        return
    made = (await connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'revision_came'")).scalar_one()
    await connection.exec_driver_sql("DROP TRIGGER revision_came")
    yield
    await connection.exec_driver_sql(made)
