"""The database: one engine that writes, one reader that runs compiled statements, alike for SQLite and Postgres."""

import asyncio
import contextlib
import datetime as dt
import queue
import random
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import asyncpg
from sqlalchemy import Dialect, event, make_url
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.dialects.sqlite.pysqlite import dialect as pysqlite_dialect
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from api.errors import TimedOut, TooCostly, Unavailable
from api.settings import Settings
from models.base import instant_text

BUSY_TIMEOUT_MS = 15_000
_ATTEMPTS = 6
_RETRYABLE = {"40001", "40P01"}  # serialization failure, deadlock
_STEPS_BETWEEN_LOOKS = 20_000
"""Of SQLite's virtual machine: some tenths of a millisecond."""
_SQLITE_BOUNDS = ("parser stack overflow", "tables in a join", "tree is too large", "too many columns")
_GONE = ("08", "28", "3D", "57P", "53300")
"""SQLSTATEs, by their beginning, of a Postgres that is not there for us."""
_POSTGRES_EPOCH = dt.date(2000, 1, 1).toordinal()
_TOO_MUCH_AT_ONCE = "this is more than the database can answer at once: nest less deeply, or split it up"
_TIMEOUT_MESSAGE = "the database took longer than the statement timeout allows; ask for less at once"


@dataclass(slots=True)
class Tally:
    """How many statements were sent to the database on behalf of one operation."""

    statements: int = 0


tally: ContextVar[Tally | None] = ContextVar("tally", default=None)
"""Where the current operation counts its statements; nothing is counted where it is not set."""


def _count() -> None:
    counter = tally.get()
    if counter is not None:
        counter.statements += 1


Row = Sequence[Any]
T = TypeVar("T")


class Reader(Protocol):
    """Runs compiled, read-only statements and gives back plain rows."""

    dialect: Dialect

    async def rows(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        """All rows of a statement whose positional parameters are already in the driver's own types.

        :raises TimedOut: after the statement timeout.
        :raises Unavailable: where no connection is to be had.
        """
        ...

    async def close(self) -> None:
        """Give all connections back to the system."""
        ...


class PostgresReader:
    """Reads through a pool of read-only connections, whose prepared statements live as long as they do."""

    dialect: Dialect = asyncpg_dialect()  # type: ignore[no-untyped-call]

    def __init__(self, dsn: str, settings: Settings) -> None:
        self._dsn = dsn
        self._settings = settings
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._opening = asyncio.Lock()

    async def rows(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        """As `Reader.rows`."""
        _count()
        try:
            return await self._fetched(sql, parameters)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise _postgres_told(error) from error

    async def _fetched(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        pool = self._pool or await self._open()
        try:
            rows: Sequence[Row] = await pool.fetch(sql, *parameters)
        except (asyncpg.ConnectionDoesNotExistError, asyncpg.AdminShutdownError, ConnectionResetError):
            # The connection had died in the pool; what only reads may be asked again.
            rows = await pool.fetch(sql, *parameters)
        return rows

    async def _open(self) -> "asyncpg.Pool[asyncpg.Record]":
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._dsn,
                    min_size=1,
                    max_size=self._settings.read_pool_size,
                    statement_cache_size=self._settings.plan_cache_size,
                    init=_keep_dates,
                    reset=_nothing_to_reset,
                    # JIT costs more than it brings on statements of milliseconds.
                    server_settings={
                        **_session_settings(self._settings),
                        "default_transaction_read_only": "on",
                        "jit": "off",
                    },
                )
        return self._pool

    async def close(self) -> None:
        """As `Reader.close`."""
        if self._pool is not None:
            await self._pool.close()
            self._pool = None


def _postgres_told(error: Exception) -> Exception:
    """What `error` is to whoever asked; itself where it is nobody's but ours."""
    state = str(getattr(error, "sqlstate", None) or "")
    if state == "57014":
        return TimedOut(_TIMEOUT_MESSAGE)
    if state in ("54001", "54011", "54023"):
        return TooCostly(_TOO_MUCH_AT_ONCE)
    if isinstance(error, OSError | asyncpg.InterfaceError) or state.startswith(_GONE):
        return Unavailable("the database cannot be reached")
    return error


async def _keep_dates(connection: Any) -> None:
    """The driver's own codec takes the first day of year 1 and the last of year 9999 for the infinities."""
    await connection.set_type_codec(
        "date",
        schema="pg_catalog",
        format="tuple",
        encoder=lambda day: (day.toordinal() - _POSTGRES_EPOCH,),
        decoder=lambda days: dt.date.fromordinal(days[0] + _POSTGRES_EPOCH),
    )


async def _nothing_to_reset(_connection: object) -> None:
    """Single statements that only read leave nothing behind on a connection; the usual reset is a round trip."""


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

    async def rows(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        """As `Reader.rows`."""
        _count()
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, self._run, sql, parameters)
        except sqlite3.OperationalError as error:
            raise _sqlite_told(error) from error

    def _run(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        connection = self._connection()
        # Set when the statement begins: waiting for a thread is not its fault.
        deadline = time.monotonic() + self._timeout
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_LOOKS)
        try:
            return connection.execute(sql, parameters).fetchall()
        finally:
            self._idle.put(connection)

    def _connection(self) -> sqlite3.Connection:
        with contextlib.suppress(queue.Empty):
            return self._idle.get_nowait()
        connection = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode=ro",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=self._cached_statements,
        )
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA query_only = on")
        return connection

    async def close(self) -> None:
        """As `Reader.close`."""
        self._threads.shutdown()
        while not self._idle.empty():
            self._idle.get_nowait().close()


def _sqlite_told(error: sqlite3.OperationalError) -> Exception:
    """What `error` is to whoever asked; itself where it is nobody's but ours."""
    message = str(error)
    if "interrupted" in message:
        return TimedOut(_TIMEOUT_MESSAGE)
    if "unable to open" in message or "locked" in message:
        return Unavailable("the database cannot be reached")
    if any(bound in message for bound in _SQLITE_BOUNDS):
        return TooCostly(_TOO_MUCH_AT_ONCE)
    return error


class Database:
    """Where everything is kept. Made once per process; `close` it at the end."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        url = make_url(settings.database_url)
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self.reader: Reader
        if self.is_sqlite:
            self.path: Path | None = Path(url.database or "")
            self.engine = _sqlite_engine(self.path)
            self.reader = SqliteReader(self.path, settings)
        else:
            self.path = None
            self.engine = _postgres_engine(settings)
            self.reader = PostgresReader(settings.database_url, settings)
        event.listen(self.engine.sync_engine, "before_cursor_execute", lambda *_: _count())

    @property
    def shown(self) -> str:
        """What to call it before people: where it is, without a password."""
        return make_url(self.settings.database_url).render_as_string(hide_password=True)

    def instant(self, value: dt.datetime) -> object:
        """An instant as the reader's driver takes it."""
        return instant_text(value) if self.is_sqlite else value

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose changes are committed together at the end of the block, or not at all.

        :raises Unavailable, TimedOut: where the database cannot be reached or is kept busy.
        """
        with _telling():
            async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
                yield session

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """A bare connection in a transaction, committed at the end of the block; errors as `transaction`'s."""
        with _telling():
            async with self.engine.begin() as connection:
                yield connection

    async def perform(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """What `work` gives, done in one transaction; begun anew where another transaction stood in its way."""
        for attempt in range(_ATTEMPTS):
            try:
                async with self.transaction() as session:
                    return await work(session)
            except Contended as error:
                stood_in_the_way = error
                await asyncio.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 (no secret)
        raise Unavailable("too many changes to the same things at once; try again") from stood_in_the_way

    async def close(self) -> None:
        """End all connections."""
        await self.reader.close()
        await self.engine.dispose()


class Contended(Exception):
    """Two transactions stood in each other's way and this one gave way: it may simply be run again."""


@contextlib.contextmanager
def _telling() -> Iterator[None]:
    """Turns the driver's errors into ours."""
    try:
        yield
    except DBAPIError as error:
        raise _told(error) from error
    except (OSError, asyncpg.InterfaceError, asyncpg.PostgresError) as error:
        raise _postgres_told(error) from error


def _told(error: DBAPIError) -> Exception:
    """What `error` is to whoever asked for the transaction; itself where it is nobody's but ours."""
    state = getattr(error.orig, "sqlstate", None)
    # A constraint that fails after the services' own checks: something came or went meanwhile, so look again.
    if state in _RETRYABLE or isinstance(error, IntegrityError):
        return Contended(str(error.orig))
    if state == "57014":
        return TimedOut(_TIMEOUT_MESSAGE)
    if state == "55P03" or (isinstance(error, OperationalError) and "locked" in str(error.orig)):
        return Unavailable("the database is busy; try again")
    if error.connection_invalidated:
        return Unavailable("the database cannot be reached")
    return error


def _session_settings(settings: Settings) -> dict[str, str]:
    return {
        "application_name": "stancegraph",
        "timezone": "UTC",
        "datestyle": "ISO",
        "statement_timeout": str(settings.statement_timeout_ms),
    }


def _postgres_engine(settings: Settings) -> AsyncEngine:
    async def connect() -> Any:
        connection = await asyncpg.connect(settings.database_url, server_settings=_session_settings(settings))
        await _keep_dates(connection)
        return connection

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=settings.write_pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        hide_parameters=True,  # they hold what people wrote, and errors go into the log
    )


def _sqlite_engine(path: Path) -> AsyncEngine:
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
