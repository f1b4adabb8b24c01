"""What measures are held beside: the same rows read by one statement, with nothing between."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from typing import Any

import asyncpg
from sqlalchemy import make_url


def timed(work: Callable[[], Any]) -> float:
    """How many seconds it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def read_plainly(url: str, statement: str) -> int:
    """Read the rows of a statement as the driver gives them: how many there are."""
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
