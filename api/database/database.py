"""The database: readers, writers, transactions and snapshots, with one interface for SQLite and Postgres."""

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
from api.database.change_feed import ChangeFeed, advance_places, retry_until_done
from api.database.driver_errors import UNREACHABLE, sqlite_error, sqlstate_error
from api.database.notify import Notifier
from api.database.postgres import PostgresReader
from api.database.reader import Reader, count_statement
from api.database.replica.reader import Replica
from api.database.retry import ConstraintViolation, TransactionConflict, retry_on_conflict
from api.database.sqlite import SqliteReader
from api.database.step_runners import PostgresStepRunner, SqliteStepRunner, StepRunner
from api.database.steps import Steps
from api.database.write_probe import Writability
from api.errors import Unavailable, Unwritable
from api.settings import Settings
from models.base import instant_text

_RETRYABLE = {"40001", "40P01"}  # serialization failure, deadlock

T = TypeVar("T")


class Database:
    """All access to the database. A process makes one, and calls `close` at the end."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.path = settings.sqlite_path
        self.is_sqlite = self.path is not None
        self.reader: Reader
        self.writer: StepRunner
        self._writer_lock: contextlib.AbstractAsyncContextManager[object] = contextlib.nullcontext()
        self.replica: Replica | None = None
        self.notifier: Notifier | None = None
        """Notifications of other processes on Postgres; None for SQLite, where nothing is cached that needs them."""
        if self.path is not None:
            self.engine = sqlite.writing_engine(self.path, settings.statement_timeout_ms)
            self.reader = SqliteReader(self.path, settings)
            self.writer = SqliteStepRunner(self.path, settings)
            # Writers of this process queue in order; only other processes run into the busy timeout.
            self._writer_lock = asyncio.Lock()
        else:
            self.engine = postgres.writing_engine(settings)
            self.reader = primary = PostgresReader(settings.database_url, settings)
            self.writer = PostgresStepRunner(settings)
            if settings.read_database_url is not None:
                self.replica = Replica(primary, settings.read_database_url, settings)
            self.notifier = Notifier(lambda: postgres.connect_for_listening(settings.database_url))
        self.writability = Writability(self.writer.probe)
        self.feed = ChangeFeed(self.reader, self.notifier)
        event.listen(self.engine.sync_engine, "before_cursor_execute", lambda *_: count_statement())

    @property
    def display_url(self) -> str:
        """URL of the database without a password."""
        return self.settings.display_url

    def start(self) -> None:
        """Start to monitor the replica, if there is one; until then nothing is read from it."""
        if self.replica is not None:
            self.replica.start()

    def reader_for(self, annotator: UUID | None) -> Reader:
        """Return the reader for a query of `annotator`: the replica if it has all that the annotator has written.

        :param annotator: None for a caller without a token.
        """
        return self.reader if self.replica is None else self.replica.reader_for(annotator)

    async def note_change(self, annotator: UUID | None) -> None:
        """Record a change of `annotator`, for `reader_for` and the followers of the feed.

        :raises Unavailable: if there is a replica and the primary does not answer with its log position.
        """
        self.feed.note_change()
        if self.replica is not None:
            await self.replica.note(annotator)

    async def watch_feed(self) -> None:
        """Advance the position of the feed, then poll the feed for its followers until cancelled."""
        await retry_until_done(self.advance_places)
        await self.feed.watch()

    async def advance_places(self) -> None:
        """Make the positions of future changes higher than all present positions (`change_feed.advance_places`)."""
        if self.is_sqlite:
            return
        async with self.connection() as connection:
            await advance_places(connection)

    def instant(self, value: dt.datetime) -> object:
        """Return an instant in the type that the reader's driver expects."""
        return instant_text(value) if self.is_sqlite else value

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Open a session in a transaction, which is committed at the end of the block.

        :raises Unavailable, TimedOut: if the database cannot be reached or is busy.
        """
        with _translated_errors():
            async with (
                AsyncSession(self.engine, expire_on_commit=False, info={"settings": self.settings}) as session,
                session.begin(),
            ):
                yield session

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection in a transaction, which is committed at the end of the block; raises as `transaction`."""
        with _translated_errors():
            async with self.engine.begin() as connection:
                yield connection

    @contextlib.asynccontextmanager
    async def snapshot(self, timeout_ms: int = 0) -> AsyncIterator[AsyncConnection]:
        """Open a separate read-only connection that sees one snapshot of the database until the block ends.

        :param timeout_ms: statement timeout on Postgres; 0 for none.
        :raises Unavailable, TimedOut: as `transaction`.
        """
        with _translated_errors():
            if self.path is not None:
                engine = sqlite.snapshot_engine(self.path, self.settings.statement_timeout_ms)
            else:
                engine = postgres.snapshot_engine(self.settings.model_copy(update={"statement_timeout_ms": timeout_ms}))
            try:
                async with engine.connect() as connection:
                    yield connection
            finally:
                await engine.dispose()

    @contextlib.asynccontextmanager
    async def schema_change(self, busy_ms: int) -> AsyncIterator[AsyncConnection]:
        """As `connection`, for changes of the schema.

        SQLite re-creates a changed table and refuses to drop one that foreign keys refer to: foreign keys are off
        during the change and checked at its end.

        :param busy_ms: maximum wait for locks of other processes, whatever the statement timeout.
        :raises IntegrityError: if a foreign key then has no target; nothing was changed.
        """
        with _translated_errors():
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
        """Return the result of `work`, done in one transaction that is retried on conflicts."""

        async def attempt() -> T:
            async with self._writer_lock, self.transaction() as session:
                return await work(session)

        return await self._retried(attempt)

    async def perform_without_timeout(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """As `perform` without a statement timeout, for a command: no request waits meanwhile."""

        async def without_timeout(session: AsyncSession) -> T:
            connection = await session.connection()
            if not self.is_sqlite:
                await connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                return await work(session)
            with sqlite.statements_inline((await connection.get_raw_connection()).driver_connection):
                return await work(session)

        return await self.perform(without_timeout)

    async def run_steps(self, make: Callable[[], Steps[T]]) -> T:
        """Return the outcome of a use case written as steps, retried on conflicts (ADR 0008)."""

        async def attempt() -> T:
            async with self._writer_lock:
                return await self.writer.run_steps(make)

        return await self._retried(attempt)

    async def _retried(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Return the result of `attempt`, retried on conflicts; record a failure to write to the disk."""
        try:
            return await retry_on_conflict(attempt)
        except Unwritable as error:
            self.writability.record_failure(error)
            raise

    async def close(self) -> None:
        """Close all connections."""
        if self.replica is not None:
            await self.replica.close()
        await self.reader.close()
        await self.writer.close()
        await self.engine.dispose()


@contextlib.contextmanager
def _translated_errors() -> Iterator[None]:
    """Raise errors of the driver as errors of the API."""
    try:
        yield
    except DBAPIError as error:
        raise _translate(error) from error
    except asyncpg.InternalClientError as error:
        # The connection died and the driver has not noticed it yet: nothing was sent.
        raise TransactionConflict(str(error)) from error
    except postgres.DRIVER_ERRORS as error:
        raise postgres.translate_error(error) from error


def _translate(error: DBAPIError) -> Exception:
    """Return the error to raise for `error`; `error` itself if the program is at fault."""
    cause = error.orig
    state = getattr(cause, "sqlstate", None)
    if isinstance(error, IntegrityError):
        return ConstraintViolation(str(cause), getattr(cause, "detail", None))
    if state in _RETRYABLE:
        return TransactionConflict(str(cause))
    known = sqlite_error(cause) if isinstance(cause, sqlite3.Error) else sqlstate_error(state)
    if known is not None and known is not cause:
        return known
    if error.connection_invalidated:
        return Unavailable(UNREACHABLE)
    return error
