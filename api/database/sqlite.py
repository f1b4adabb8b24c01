"""SQLite: a few threads that read, one connection that writes, and what its errors are to whoever asked."""

import asyncio
import contextlib
import queue
import sqlite3
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sqlalchemy import Dialect, event
from sqlalchemy.dialects.sqlite.pysqlite import dialect as pysqlite_dialect
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from api.database.reading import TIMEOUT_MESSAGE, TOO_MUCH_AT_ONCE, UNREACHABLE, Row, count_statement
from api.errors import TimedOut, TooCostly, Unavailable
from api.settings import Settings

BUSY_TIMEOUT_MS = 15_000
_PATIENCE_MS = 250
"""How long all requests may be kept waiting for a look-up; readers hardly ever meet a lock."""
_STEPS_BETWEEN_LOOKS = 20_000
"""Of SQLite's virtual machine: some tenths of a millisecond."""
_BOUNDS = ("parser stack overflow", "tables in a join", "tree is too large", "too many columns")


class SqliteReader:
    """Reads in a few threads, each statement on a read-only connection of its own."""

    dialect: Dialect = pysqlite_dialect(paramstyle="qmark")

    def __init__(self, path: Path, settings: Settings) -> None:
        self._path = path
        self._timeout = settings.statement_timeout_ms / 1000
        self._cached_statements = settings.plan_cache_size
        size = min(settings.read_pool_size, 4)
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="reader")
        self._idle: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        self._own: sqlite3.Connection | None = None

    async def rows(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        """As `Reader.rows`."""
        count_statement()
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, self._run, sql, parameters)
        except sqlite3.OperationalError as error:
            raise told(error) from error

    def _run(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        connection = self._connection()
        # Set when the statement begins: waiting for a thread is not its fault.
        deadline = time.monotonic() + self._timeout
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_LOOKS)
        try:
            return connection.execute(sql, parameters).fetchall()
        finally:
            self._idle.put(connection)

    async def glance(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        """As `Reader.glance`: here and now, since handing it to a thread takes longer than doing it."""
        try:
            if self._own is None:
                self._own = self._open()
                self._own.text_factory = str
                self._own.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
            return self._own.execute(sql, parameters).fetchall()
        except sqlite3.OperationalError as error:
            raise told(error) from error

    def _connection(self) -> sqlite3.Connection:
        with contextlib.suppress(queue.Empty):
            return self._idle.get_nowait()
        return self._open()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode=ro",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=self._cached_statements,
        )
        connection.text_factory = bytes
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA query_only = on")
        return connection

    async def close(self) -> None:
        """As `Reader.close`."""
        self._threads.shutdown()
        while not self._idle.empty():
            self._idle.get_nowait().close()
        if self._own is not None:
            self._own.close()


def told(error: sqlite3.OperationalError) -> Exception:
    """What `error` is to whoever asked; itself where it is nobody's but ours."""
    message = str(error)
    if "interrupted" in message:
        return TimedOut(TIMEOUT_MESSAGE)
    if "unable to open" in message or "locked" in message:
        return Unavailable(UNREACHABLE)
    if any(bound in message for bound in _BOUNDS):
        return TooCostly(TOO_MUCH_AT_ONCE)
    return error


def writing_engine(path: Path) -> AsyncEngine:
    """The engine that all changes go through."""
    # One connection: writers of this process queue for it in order, and only other processes meet the busy timeout.
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{path}", pool_size=1, max_overflow=0, pool_timeout=60, hide_parameters=True
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        # The driver must not begin transactions of its own accord: see `_begin`.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        # Taking the write lock at once: a reader that turns writer half way could not be made to wait.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
