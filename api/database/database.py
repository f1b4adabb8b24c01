"""The database: one engine that writes, a reader that runs compiled statements, alike for SQLite and Postgres."""

import asyncio
import contextlib
import datetime as dt
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TypeVar
from uuid import UUID

import asyncpg
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from api.database import postgres, sqlite
from api.database.change_feed import Feed, count_on, keep_trying
from api.database.driver_errors import UNREACHABLE, sqlite_error, sqlstate_error
from api.database.notify import Announcements
from api.database.postgres import PostgresReader
from api.database.reader import Reader, Tally, count_statement, tally
from api.database.replica.reader import Replica
from api.database.retry import ConstraintViolated, Contended, persisted
from api.database.sqlite import SqliteReader
from api.database.step_runners import PostgresWriter, SqliteWriter, Writer, in_session
from api.database.steps import Projection, ReadStep, Steps, WriteStep
from api.database.write_probe import Writability
from api.errors import Unavailable, Unwritable
from api.settings import Settings
from models.base import instant_text

__all__ = [
    "ConstraintViolated",
    "Contended",
    "Database",
    "PostgresReader",
    "Projection",
    "ReadStep",
    "Reader",
    "SqliteReader",
    "Steps",
    "Tally",
    "WriteStep",
    "in_session",
    "tally",
]

_RETRYABLE = {"40001", "40P01"}  # serialization failure, deadlock

T = TypeVar("T")


class Database:
    """Where everything is kept. Made once per process; `close` it at the end."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.path = settings.sqlite_path
        self.is_sqlite = self.path is not None
        self.reader: Reader
        self.writer: Writer
        self._turn: contextlib.AbstractAsyncContextManager[object] = contextlib.nullcontext()
        self.replica: Replica | None = None
        self.announcements: Announcements | None = None
        """What other processes tell; on SQLite there is nothing to be told that is not read anew."""
        if self.path is not None:
            self.engine = sqlite.writing_engine(self.path, settings.statement_timeout_ms)
            self.reader = SqliteReader(self.path, settings)
            self.writer = SqliteWriter(self.path, settings)
            # Writers of this process wait for one another in order; only other processes meet the busy timeout.
            self._turn = asyncio.Lock()
        else:
            self.engine = postgres.writing_engine(settings)
            self.reader = primary = PostgresReader(settings.database_url, settings)
            self.writer = PostgresWriter(settings)
            if settings.read_database_url is not None:
                self.replica = Replica(primary, settings.read_database_url, settings)
            self.announcements = Announcements(lambda: postgres.connect(settings.database_url))
        self.writability = Writability(self.writer.probe)
        self.feed = Feed(self.reader, self.announcements)
        event.listen(self.engine.sync_engine, "before_cursor_execute", lambda *_: count_statement())

    @property
    def shown(self) -> str:
        """What to call it before people: where it is, without a password."""
        return self.settings.shown_database

    def start(self) -> None:
        """Begin to look after the replica, where there is one; without this nothing is read from it."""
        if self.replica is not None:
            self.replica.start()

    def reader_for(self, annotator: UUID | None) -> Reader:
        """What reads a query of `annotator` (None: of anybody): the replica only where it has all that they wrote."""
        return self.reader if self.replica is None else self.replica.reader_for(annotator)

    async def note_change(self, annotator: UUID | None) -> None:
        """Note that `annotator` has changed something, so that `reader_for` and whoever follows the feed know it.

        :raises Unavailable: where there is a replica, and the primary cannot say how far it is.
        """
        self.feed.changed()
        if self.replica is not None:
            await self.replica.note(annotator)

    async def attend(self) -> None:
        """Look after the feed until cancelled: first that it goes on above what there is, then for who follows it."""
        await keep_trying(self.count_on)
        await self.feed.watch()

    async def count_on(self) -> None:
        """Let the feed go on above what there is: see `feed.count_on`."""
        if self.is_sqlite:
            return
        async with self.connection() as connection:
            await count_on(connection)

    def instant(self, value: dt.datetime) -> object:
        """An instant as the reader's driver takes it."""
        return instant_text(value) if self.is_sqlite else value

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose changes are committed together at the end of the block, or not at all.

        :raises Unavailable, TimedOut: where the database cannot be reached or is kept busy.
        """
        with _telling():
            async with (
                AsyncSession(self.engine, expire_on_commit=False, info={"settings": self.settings}) as session,
                session.begin(),
            ):
                yield session

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """A bare connection in a transaction, committed at the end of the block; errors as `transaction`'s."""
        with _telling():
            async with self.engine.begin() as connection:
                yield connection

    @contextlib.asynccontextmanager
    async def snapshot(self, timeout_ms: int = 0) -> AsyncIterator[AsyncConnection]:
        """A connection of its own that reads one state of the database, as it is now, to the end of the block.

        `timeout_ms`: how long a statement of it may take (Postgres); 0 for as long as it likes.

        :raises Unavailable, TimedOut: as `transaction`.
        """
        with _telling():
            if self.path is not None:
                engine = sqlite.lasting_engine(self.path, self.settings.statement_timeout_ms)
            else:
                engine = postgres.lasting_engine(self.settings.model_copy(update={"statement_timeout_ms": timeout_ms}))
            try:
                async with engine.connect() as connection:
                    yield connection
            finally:
                await engine.dispose()

    @contextlib.asynccontextmanager
    async def remaking(self, busy_ms: int) -> AsyncIterator[AsyncConnection]:
        """As `connection`, for changes of the tables themselves.

        `busy_ms`: how long to wait for what others keep locked, however long a statement may take elsewhere.

        SQLite makes a changed table anew, and would not let the old one go while others refer to it: its foreign keys
        are looked at once, at the end.

        :raises IntegrityError: where one then leads nowhere; nothing was changed.
        """
        with _telling():
            async with self.engine.connect() as connection:
                if not self.is_sqlite:
                    async with connection.begin():
                        await connection.exec_driver_sql(f"SET LOCAL lock_timeout = {busy_ms}")
                        await connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                        yield connection
                    return
                raw = (await connection.get_raw_connection()).driver_connection
                assert raw is not None
                await raw.execute("PRAGMA foreign_keys = OFF")
                await raw.execute(f"PRAGMA busy_timeout = {busy_ms}")
                try:
                    async with connection.begin():
                        yield connection
                        broken = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).first()
                        if broken is not None:
                            raise IntegrityError("foreign key check", {}, ValueError(tuple(broken)))
                finally:
                    await raw.execute("PRAGMA foreign_keys = ON")
                    await raw.execute(f"PRAGMA busy_timeout = {self.settings.statement_timeout_ms}")

    async def perform(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """What `work` gives, done in one transaction; begun anew where another transaction stood in its way."""

        async def attempt() -> T:
            async with self._turn, self.transaction() as session:
                return await work(session)

        return await self._changed(attempt)

    async def perform_at_length(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """As `perform`, for a process that does nothing else: no statement is too long, and no request waits."""

        async def at_length(session: AsyncSession) -> T:
            connection = await session.connection()
            if not self.is_sqlite:
                await connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                return await work(session)
            with sqlite.without_thread((await connection.get_raw_connection()).driver_connection):
                return await work(session)

        return await self.perform(at_length)

    async def carry_out(self, make: Callable[[], Steps[T]]) -> T:
        """The outcome of a use case in steps; begun anew where another transaction stood in its way."""

        async def attempt() -> T:
            async with self._turn:
                return await self.writer.carry_out(make)

        return await self._changed(attempt)

    async def _changed(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Return what `attempt` returns, retried on contention; note if the disk refused the change."""
        try:
            return await persisted(attempt)
        except Unwritable as error:
            self.writability.note(error)
            raise

    async def close(self) -> None:
        """End all connections."""
        if self.replica is not None:
            await self.replica.close()
        await self.reader.close()
        await self.writer.close()
        await self.engine.dispose()


@contextlib.contextmanager
def _telling() -> Iterator[None]:
    """Turns the driver's errors into ours."""
    try:
        yield
    except DBAPIError as error:
        raise _told(error) from error
    except asyncpg.InternalClientError as error:
        # The connection had died and the driver had not quite noticed: nothing was sent.
        raise Contended(str(error)) from error
    except postgres.DRIVER_ERRORS as error:
        raise postgres.told(error) from error


def _told(error: DBAPIError) -> Exception:
    """What `error` is to whoever asked for the transaction; itself where it is nobody's but ours."""
    cause = error.orig
    state = getattr(cause, "sqlstate", None)
    if isinstance(error, IntegrityError):
        return ConstraintViolated(str(cause), getattr(cause, "detail", None))
    if state in _RETRYABLE:
        return Contended(str(cause))
    known = sqlite_error(cause) if isinstance(cause, sqlite3.Error) else sqlstate_error(state)
    if known is not None and known is not cause:
        return known
    if error.connection_invalidated:
        return Unavailable(UNREACHABLE)
    return error
