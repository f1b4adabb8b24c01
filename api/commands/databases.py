"""The database that a command works with."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import TypeVar

from api.checking import check as check_database
from api.database import Database
from api.settings import load

T = TypeVar("T")


def with_database(work: Callable[[Database], Awaitable[T]]) -> T:
    """What `work` gives, done on a database of its own that is closed behind it."""

    async def run() -> T:
        database = Database(load())
        try:
            return await work(database)
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


def with_ready_database(work: Callable[[Database], Awaitable[T]]) -> T:
    """As `with_database`, where the database is one that can be worked with."""

    async def run(database: Database) -> T:
        await check_database(database)
        return await work(database)

    return with_database(run)
