"""SQLite: a reader with some threads, and connections and engines that write and export."""

import asyncio
import contextlib
import datetime as dt
import queue
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Date, Dialect, NullPool, event
from sqlalchemy.dialects.sqlite.pysqlite import dialect as pysqlite_dialect
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from api.cache import BoundedCache
from api.database.driver_errors import sqlite_error
from api.database.reader import Row, count_statement
from api.settings import Settings
from models.base import Uid, instant_text

_INLINE_BUSY_MS = 50
"""Maximum wait for a lock on the event loop; readers hardly ever wait for one."""
_INLINE_CPU_SECONDS = 0.0005
"""CPU time that a query may take on the event loop, where all other requests wait for it."""
_INLINE_SECONDS = 0.02
"""Wall-clock time that such a query may take: the disk, other threads and other processes add to its CPU time."""
_INLINE_PROGRESS_STEPS = 1_000
_STRIKE = 100
"""Weight of one interruption; each execution reduces it by 1."""
_MAX_STRIKES = 3 * _STRIKE
"""From this weight on, a query runs in a thread at once."""
PROGRESS_STEPS = 20_000
"""Instructions of SQLite's virtual machine between two checks of the deadline: some tenths of a millisecond."""
_WRITE_PRAGMAS = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON")


class SqliteReader:
    """Runs short queries on the event loop and long ones in threads, over read-only connections."""

    dialect: Dialect = pysqlite_dialect(paramstyle="qmark")

    def __init__(self, path: Path, settings: Settings) -> None:
        self._path = path
        self._timeout_ms = settings.statement_timeout_ms
        self._timeout = self._timeout_ms / 1000
        self._cached_statements = settings.plan_cache_size
        size = min(settings.read_pool_size, 4)
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="reader")
        self._idle: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        self._inline_connections: dict[type, sqlite3.Connection] = {}
        self._inline_deadlines = (0.0, 0.0)
        """By the CPU time of this thread, and by the wall clock."""
        self._slow_strikes: BoundedCache[str, int] = BoundedCache(settings.plan_cache_size)

    async def rows(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        """As `Reader.rows`.

        A query first runs on the event loop, because a thread switch takes longer than most queries. A query that turns
        out to be long is interrupted and repeated in a thread; after several interruptions it starts in a thread.
        """
        count_statement()
        strikes = self._slow_strikes.get(sql, 0)
        if strikes:
            self._slow_strikes[sql] = strikes - 1
        try:
            if strikes < _MAX_STRIKES:
                try:
                    return self._run_inline(bytes, sql, parameters)
                except sqlite3.OperationalError as error:
                    if "interrupted" not in str(error) and "locked" not in str(error):
                        raise
                    # The disk may have been slow: strikes decay.
                    self._slow_strikes[sql] = strikes + _STRIKE
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, sql, parameters)
        except sqlite3.DatabaseError as error:
            raise sqlite_error(error) from error

    async def lookup(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        """As `Reader.lookup`, on the event loop."""
        try:
            return self._run_inline(str, sql, parameters, cpu_seconds=self._timeout, seconds=self._timeout)
        except sqlite3.DatabaseError as error:
            raise sqlite_error(error) from error

    def _run_inline(
        self,
        text: type,
        sql: str,
        parameters: Sequence[object],
        cpu_seconds: float = _INLINE_CPU_SECONDS,
        seconds: float = _INLINE_SECONDS,
    ) -> Sequence[Row]:
        """Return all rows of a query with texts of type `text`; interrupt the query at its time limits."""
        connection = self._inline_connections.get(text)
        if connection is None:
            connection = self._inline_connections[text] = self._open()
            connection.text_factory = text
            connection.execute(f"PRAGMA busy_timeout = {_INLINE_BUSY_MS}")
            connection.set_progress_handler(self._is_inline_over, _INLINE_PROGRESS_STEPS)
        self._inline_deadlines = time.thread_time() + cpu_seconds, time.monotonic() + seconds
        return connection.execute(sql, parameters).fetchall()

    def _is_inline_over(self) -> bool:
        cpu_deadline, deadline = self._inline_deadlines
        return time.thread_time() > cpu_deadline or time.monotonic() > deadline

    def _run(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        connection = self._connection()
        # Set when the query starts: the wait for a thread does not count.
        deadline = time.monotonic() + self._timeout
        connection.set_progress_handler(lambda: time.monotonic() > deadline, PROGRESS_STEPS)
        try:
            return connection.execute(sql, parameters).fetchall()
        finally:
            self._idle.put(connection)

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
        connection.execute(f"PRAGMA busy_timeout = {self._timeout_ms}")
        connection.execute("PRAGMA query_only = on")
        return connection

    async def close(self) -> None:
        """As `Reader.close`."""
        self._threads.shutdown()
        while not self._idle.empty():
            self._idle.get_nowait().close()
        for connection in self._inline_connections.values():
            connection.close()


def writing_connection(path: Path, busy_ms: int) -> sqlite3.Connection:
    """Open a connection that may write, for one thread, without implicit transactions.

    :param busy_ms: maximum wait for locks of other processes.
    :raises sqlite3.OperationalError: if the database does not exist.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, check_same_thread=False
    )
    for pragma in (f"PRAGMA busy_timeout = {busy_ms}", *_WRITE_PRAGMAS):
        connection.execute(pragma)
    return connection


def adapt(value: object) -> object:
    """Return `value` in a type that the driver supports."""
    adapter = _ADAPTERS.get(type(value))
    return value if adapter is None else adapter(value)


_ADAPTERS: dict[type, Callable[[Any], object]] = {
    UUID: str,
    dt.date: dt.date.isoformat,
    dt.datetime: instant_text,
    list: lambda values: orjson.dumps([adapt(v) for v in values]).decode(),
    dict: lambda value: orjson.dumps(value).decode(),
}

RESULT_CONVERTERS: dict[type, Callable[[Any], object]] = {Uid: UUID, Date: dt.date.fromisoformat}
"""Converters of stored text by the type of the column."""


def writing_engine(path: Path, busy_ms: int) -> AsyncEngine:
    """Return the engine for changes by SQLAlchemy sessions."""
    # One connection: writers of this process queue for it in order; only other processes run into the busy timeout.
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{path}", pool_size=1, max_overflow=0, pool_timeout=60, hide_parameters=True
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        # No implicit transactions of the driver: see `_begin`.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (f"PRAGMA busy_timeout = {busy_ms}", *_WRITE_PRAGMAS):
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        # Take the write lock at the start: SQLite fails, without waiting, if a reader becomes a writer later.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def snapshot_engine(path: Path, busy_ms: int) -> AsyncEngine:
    """Return an engine for one read-only connection that sees one snapshot and blocks no writer."""
    url = f"sqlite+aiosqlite:///{path.absolute().as_uri()}?mode=ro&uri=true"
    engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True)

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {busy_ms}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


@contextlib.contextmanager
def statements_inline(connection: Any) -> Iterator[None]:
    """Run the statements of an `aiosqlite` connection on the event loop instead of its thread.

    For commands that send many statements and serve no requests: a thread switch takes longer than most statements.
    """

    async def run(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        return function(*arguments, **named)

    connection._execute = run
    try:
        yield
    finally:
        del connection._execute
