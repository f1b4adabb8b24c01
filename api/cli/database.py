"""Access to the database for commands."""

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


def load_settings() -> "Settings":
    """Return the settings, and print their database on stderr: the user notices a wrong one before a change."""
    from api.settings import load

    settings = load()
    name_database(settings)
    return settings


def name_database(settings: "Settings") -> None:
    """Print the database of the settings on stderr."""
    click.echo(f"stancegraph: database {settings.display_url}", err=True)


def with_ready_database(work: Callable[["Database"], Awaitable[T]], settings: "Settings | None" = None) -> T:
    """As `with_database`, after a check that the database is migrated and can be written."""
    from api.database.readiness import check

    settings = settings or load_settings()
    asyncio.run(check(settings))
    return with_database(work, settings)


def with_database(work: Callable[["Database"], Awaitable[T]], settings: "Settings | None" = None) -> T:
    """Return the result of `work` with a database that is closed afterwards; `load_settings` by default."""
    from api.database.database import Database

    settings = settings or load_settings()

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
            await _wait_for_threads()

    return asyncio.run(run())


async def _wait_for_threads() -> None:
    """Wait for the thread of a connection that failed to open: it would report an error about a closed loop."""
    for _ in range(100):
        if not any("connection_worker" in thread.name for thread in threading.enumerate()):
            return
        await asyncio.sleep(0.01)


def query_rows(sql: str) -> Sequence[Sequence[Any]]:
    """Return the rows of a query over a migrated database, by the bare driver, which starts fast.

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

    settings = load_settings()
    return asyncio.run(run())
