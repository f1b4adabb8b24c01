"""Inserts generated rows into an empty database in bulk: COPY on Postgres, batches on SQLite."""

from collections.abc import Callable

from sqlalchemy import select, text

from api.database.bulk_insert import bulk_insert
from api.database.database import Database
from api.errors import ConfigurationError
from models import Actor, Project
from models.base import table_of
from seeds.generate import Generator
from seeds.sizes import Sizes

BATCH_SIZE = 5_000


async def fill(database: Database, sizes: Sizes, progress: Callable[[str, int], object]) -> int:
    """Generate a data set into a migrated, empty database, in one transaction; return the number of rows.

    `progress` is called with the table's name and the number of rows for each batch.

    :raises ConfigurationError: if the database has actors, or the sizes are inconsistent.
    """
    _check(sizes)
    async with database.connection() as connection:
        if await connection.scalar(select(Actor.id).limit(1)) is not None:
            raise ConfigurationError("the database is not empty: generate fills an empty one")
        if not database.is_sqlite:
            await connection.execute(text("SET LOCAL statement_timeout = 0"))
        project_id = await connection.scalar(select(Project.id).where(Project.is_default))
        assert project_id is not None
        total = 0
        for model, rows in Generator(sizes, project_id).tables():
            for start in range(0, len(rows), BATCH_SIZE):
                batch = rows[start : start + BATCH_SIZE]
                await bulk_insert(connection, table_of(model), batch)
                progress(model.__tablename__, len(batch))
                total += len(batch)
        await connection.execute(text("ANALYZE"))
    return total


def _check(sizes: Sizes) -> None:
    if sizes.actors < 2 or sizes.documents < 1 or sizes.statements < 1:
        raise ConfigurationError("sizes: at least 2 actors, 1 document and 1 statement are required")
    maximum = sizes.statements * Generator.max_per_statement
    if sizes.stances > maximum:
        raise ConfigurationError(
            f"sizes: {sizes.stances} stances are too many: {sizes.statements} statements take {maximum} at most"
        )
