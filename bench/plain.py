"""The baseline of measures: the same rows, read in one SQL statement by the bare driver."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from typing import Any

import asyncpg
from sqlalchemy import make_url


def timed(work: Callable[[], Any]) -> float:
    """Return the seconds that `work` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def read_plainly(url: str, statement: str) -> int:
    """Read the rows of a statement with the bare driver; return their number."""
    if url.startswith("sqlite"):
        with sqlite3.connect(make_url(url).database or "") as connection:
            return len(connection.execute(statement).fetchall())

    async def run() -> int:
        connection = await asyncpg.connect(url)
        try:
            return len(await connection.fetch(statement))
        finally:
            await connection.close()

    return asyncio.run(run())
