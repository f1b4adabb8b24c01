"""SQLite: a few threads that read, one connection that writes, and what its errors are to whoever asked."""

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

_PATIENCE_MS = 50
"""How long all requests may be kept waiting for a lock, which readers hardly ever meet."""
_SHORT_SECONDS = 0.0005
"""How long a statement may be at work while all requests wait for it."""
_ALTOGETHER = 0.02
"""How long that may take: beside the work there are the disk, other threads, and a machine with other things to do."""
_STEPS_HERE = 1_000
_DOUBT = 100
"""How much a statement that was broken off is doubted: for so many others it is remembered."""
_MOST_DOUBT = 3 * _DOUBT
STEPS_BETWEEN_LOOKS = 20_000
"""Of SQLite's virtual machine: some tenths of a millisecond."""
_FOR_WRITING = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON")


class SqliteReader:
    """Reads in a few threads, each statement on a read-only connection of its own."""

    dialect: Dialect = pysqlite_dialect(paramstyle="qmark")

    def __init__(self, path: Path, settings: Settings) -> None:
        self._path = path
        self._timeout_ms = settings.statement_timeout_ms
        self._timeout = self._timeout_ms / 1000
        self._cached_statements = settings.plan_cache_size
        size = min(settings.read_pool_size, 4)
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="reader")
        self._idle: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        self._here: dict[type, sqlite3.Connection] = {}
        self._here_until = (0.0, 0.0)
        """By the clock of this thread's work, and by that of all."""
        self._doubts: BoundedCache[str, int] = BoundedCache(settings.plan_cache_size)

    async def rows(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        """As `Reader.rows`.

        What is short is done here and now, since handing it to a thread takes longer than doing it. What turns out
        not to be is broken off, done in a thread, and after some times hardly ever tried any other way.
        """
        count_statement()
        doubt = self._doubts.get(sql, 0)
        if doubt:
            self._doubts[sql] = doubt - 1
        try:
            if doubt < _MOST_DOUBT:
                try:
                    return self._done_here(bytes, sql, parameters)
                except sqlite3.OperationalError as error:
                    if "interrupted" not in str(error) and "locked" not in str(error):
                        raise
                    # It may have been the disk: doubts are forgotten in time.
                    self._doubts[sql] = doubt + _DOUBT
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, sql, parameters)
        except sqlite3.DatabaseError as error:
            raise sqlite_error(error) from error

    async def glance(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        """As `Reader.glance`, here and now."""
        try:
            return self._done_here(str, sql, parameters, at_work=self._timeout, altogether=self._timeout)
        except sqlite3.DatabaseError as error:
            raise sqlite_error(error) from error

    def _done_here(
        self,
        text: type,
        sql: str,
        parameters: Sequence[object],
        at_work: float = _SHORT_SECONDS,
        altogether: float = _ALTOGETHER,
    ) -> Sequence[Row]:
        """All rows, by a connection that gives texts as `text`; broken off after so many seconds."""
        connection = self._here.get(text)
        if connection is None:
            connection = self._here[text] = self._open()
            connection.text_factory = text
            connection.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
            connection.set_progress_handler(self._here_too_long, _STEPS_HERE)
        self._here_until = time.thread_time() + at_work, time.monotonic() + altogether
        return connection.execute(sql, parameters).fetchall()

    def _here_too_long(self) -> bool:
        at_work, ends = self._here_until
        return time.thread_time() > at_work or time.monotonic() > ends

    def _run(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        connection = self._connection()
        # Set when the statement begins: waiting for a thread is not its fault.
        deadline = time.monotonic() + self._timeout
        connection.set_progress_handler(lambda: time.monotonic() > deadline, STEPS_BETWEEN_LOOKS)
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
        for connection in self._here.values():
            connection.close()


def writing_connection(path: Path, busy_ms: int) -> sqlite3.Connection:
    """A connection that writes, to be used in one thread, with transactions begun and ended by hand.

    It waits `busy_ms` for what other processes hold locked.

    :raises sqlite3.OperationalError: where there is no such database.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, check_same_thread=False
    )
    for pragma in (f"PRAGMA busy_timeout = {busy_ms}", *_FOR_WRITING):
        connection.execute(pragma)
    return connection


def adapted(value: object) -> object:
    """`value` as the driver takes it."""
    adapter = _ADAPTERS.get(type(value))
    return value if adapter is None else adapter(value)


_ADAPTERS: dict[type, Callable[[Any], object]] = {
    UUID: str,
    dt.date: dt.date.isoformat,
    dt.datetime: instant_text,
    list: lambda values: orjson.dumps([adapted(v) for v in values]).decode(),
    dict: lambda value: orjson.dumps(value).decode(),
}

READ_AS: dict[type, Callable[[Any], object]] = {Uid: UUID, Date: dt.date.fromisoformat}
"""Type of a column → what the text that it holds means."""


def writing_engine(path: Path, busy_ms: int) -> AsyncEngine:
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
        for pragma in (f"PRAGMA busy_timeout = {busy_ms}", *_FOR_WRITING):
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        # Taking the write lock at once: a reader that turns writer half way could not be made to wait.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def lasting_engine(path: Path, busy_ms: int) -> AsyncEngine:
    """An engine for one connection that reads a single state for as long as it is open; writers go on meanwhile."""
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
def without_thread(connection: Any) -> Iterator[None]:
    """Statements of an `aiosqlite` connection are done here and now, not handed to its thread.

    For who has the process to themselves and sends very many: to hand one over takes longer than most take.
    """

    async def do(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        return function(*arguments, **named)

    connection._execute = do
    try:
        yield
    finally:
        del connection._execute
