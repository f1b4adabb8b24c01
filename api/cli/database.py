"""The database that a command works with."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from api.database.driver_errors import BUSY, LOCKED
from api.errors import ConfigurationError, Unavailable

if TYPE_CHECKING:
    from api.database.database import Database
    from api.settings import Settings

T = TypeVar("T")


def chosen() -> "Settings":
    """Return the settings, and say on stderr which database they name: a wrong one is noticed before harm is done."""
    from api.settings import load

    settings = load()
    name_database(settings)
    return settings


def name_database(settings: "Settings") -> None:
    """Say on stderr which database the settings name."""
    click.echo(f"stancegraph: database {settings.display_url}", err=True)


def with_ready_database(work: Callable[["Database"], Awaitable[T]], settings: "Settings | None" = None) -> T:
    """As `with_database`, where the database is one that can be worked with."""
    from api.database.readiness import check

    settings = settings or chosen()
    asyncio.run(check(settings))
    return with_database(work, settings)


def with_database(work: Callable[["Database"], Awaitable[T]], settings: "Settings | None" = None) -> T:
    """What `work` gives, done on a database of its own that is closed behind it; `chosen` where none is given."""
    from api.database.database import Database

    settings = settings or chosen()

    async def run() -> T:
        database = Database(settings)
        try:
            return await work(database)
        except Unavailable as error:
            if str(error) == BUSY:
                raise Unavailable(LOCKED) from error.__cause__
            raise
        finally:
            await database.close()
            await _threads_end()

    return asyncio.run(run())


async def _threads_end() -> None:
    """Wait for the thread of a connection that failed to open: it would complain about a loop that is closed."""
    for _ in range(100):
        if not any("connection_worker" in thread.name for thread in threading.enumerate()):
            return
        await asyncio.sleep(0.01)


def rows_of(sql: str) -> Sequence[Sequence[Any]]:
    """Return the rows of a query over a migrated database, without what takes long to start.

    :raises ConfigurationError: if the database is not at the migration that this version needs.
    """
    from api.database.raw_connection import connect
    from api.database.readiness import schema_problem

    async def run() -> Sequence[Sequence[Any]]:
        async with connect(settings) as connection:
            problem = schema_problem(await connection.schema_version())
            if problem is not None:
                raise ConfigurationError(problem)
            return await connection.rows(sql)

    settings = chosen()
    return asyncio.run(run())
