"""Postgres: a reader over a pool, engines that write and export, and the mapping of driver errors."""

import asyncio
import datetime as dt
from collections.abc import Sequence
from typing import Any

import asyncpg
from sqlalchemy import Dialect, NullPool
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from api.database.driver_errors import UNREACHABLE, sqlstate_error
from api.database.pool import ConnectionPool
from api.database.reader import Row, count_statement
from api.errors import Unavailable
from api.settings import Settings

DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
DEAD_CONNECTION_ERRORS = (
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.AdminShutdownError,
    asyncpg.InternalClientError,
    ConnectionResetError,
)
"""Errors over a connection that died while idle; the third if the driver has not noticed it yet."""
_MIN_ACQUIRE_SECONDS = 5.0
_CONNECT_SECONDS = 60
"""Default timeout for opening a connection."""
_EPOCH = dt.date(2000, 1, 1).toordinal()
"""The day that Postgres represents as 0."""


class PostgresReader:
    """Reads over a pool of read-only connections with cached prepared statements."""

    dialect: Dialect = asyncpg_dialect()  # type: ignore[no-untyped-call]

    def __init__(self, dsn: str, settings: Settings, connect_seconds: float = _CONNECT_SECONDS) -> None:
        self._dsn, self._settings, self._connect_seconds = dsn, settings, connect_seconds
        self._pool = self._new_pool()

    def _new_pool(self) -> ConnectionPool:
        return ConnectionPool(self._connect, self._settings.read_pool_size, acquire_timeout(self._settings))

    async def rows(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        """As `Reader.rows`.

        :raises PoolExhausted: if no connection becomes free in time.
        """
        count_statement()
        return await self.lookup(sql, parameters)

    async def lookup(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        """As `Reader.lookup`, for columns of other types than text."""
        pool = self._pool  # the same for all attempts: do not reconnect to a server abandoned meanwhile
        failures = 0
        try:
            while True:
                connection = pool.acquire_idle() or await pool.acquire()
                try:
                    rows: Sequence[Row] = await connection.fetch(sql, *parameters)
                except DEAD_CONNECTION_ERRORS:
                    # Other idle connections may have died too; a query that only reads can be repeated.
                    failures += 1
                    if failures > self._settings.read_pool_size:
                        raise
                except asyncio.CancelledError:
                    connection.terminate()
                    raise
                else:
                    return rows
                finally:
                    pool.release(connection)
        except DRIVER_ERRORS as error:
            raise translate_error(error) from error

    async def _connect(self) -> Any:
        connection = await asyncpg.connect(
            self._dsn,
            timeout=self._connect_seconds,
            statement_cache_size=self._settings.plan_cache_size,
            max_cacheable_statement_size=0,  # cache statements of any length
            server_settings={
                **session_settings(self._settings),
                "default_transaction_read_only": "on",
                # Compiling costs more than it saves in queries of milliseconds.
                "jit": "off",
                # At the default cost of 4, meant for rotating disks, the planner fetches and sorts all rows of an actor
                # to return 20 of them.
                "random_page_cost": "1.1",
            },
        )
        await _set_date_codec(connection)
        await _set_text_codec(connection)
        return connection

    def abandon(self) -> None:
        """Close all connections: callers that wait get `Unavailable`, later callers get new connections."""
        abandoned, self._pool = self._pool, self._new_pool()
        abandoned.abandon()

    async def close(self) -> None:
        """As `Reader.close`."""
        await self._pool.close()


def acquire_timeout(settings: Settings) -> float:
    """Return the timeout in seconds for acquiring a connection: at least the statement timeout."""
    return max(_MIN_ACQUIRE_SECONDS, settings.statement_timeout_ms / 1000)


async def _set_text_codec(connection: Any) -> None:
    """Decode text as bytes: most of it is copied into the response as it is."""
    await connection.set_type_codec("text", schema="pg_catalog", format="binary", encoder=str.encode, decoder=_identity)


def _identity(text: bytes) -> bytes:
    return text


def translate_error(error: Exception) -> Exception:
    """Return the error to raise for `error`; `error` itself if the program is at fault."""
    known = sqlstate_error(getattr(error, "sqlstate", None))
    if known is not None:
        return known
    if isinstance(error, OSError | asyncpg.InterfaceError | asyncpg.InternalClientError):
        return Unavailable(UNREACHABLE)
    return error


async def _set_date_codec(connection: Any) -> None:
    """Replace the driver's codec, which decodes the first day of year 1 and the last of year 9999 as infinities."""
    await connection.set_type_codec(
        "date",
        schema="pg_catalog",
        format="tuple",
        encoder=lambda day: (day.toordinal() - _EPOCH,),
        decoder=lambda days: dt.date.fromordinal(days[0] + _EPOCH),
    )


async def connect_for_listening(dsn: str) -> Any:
    """Open a connection for LISTEN and NOTIFY, without a statement timeout."""
    return await asyncpg.connect(dsn, server_settings={"application_name": "stancegraph"})


def session_settings(settings: Settings) -> dict[str, str]:
    """Return the parameters of a session, by their names in Postgres."""
    return {
        "application_name": "stancegraph",
        "timezone": "UTC",
        "datestyle": "ISO",
        "statement_timeout": str(settings.statement_timeout_ms),
    }


async def connect_for_writing(settings: Settings, **more: Any) -> Any:
    """Open a connection that may write."""
    connection = await asyncpg.connect(settings.database_url, server_settings=session_settings(settings), **more)
    await _set_date_codec(connection)
    return connection


def writing_engine(settings: Settings) -> AsyncEngine:
    """Return the engine for changes by SQLAlchemy sessions."""
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: connect_for_writing(settings),
        pool_size=settings.write_pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        hide_parameters=True,  # they hold texts of users, and errors are logged
    )


def snapshot_engine(settings: Settings) -> AsyncEngine:
    """Return an engine for one read-only connection that sees one snapshot."""
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: connect_for_writing(settings),
        poolclass=NullPool,
        isolation_level="REPEATABLE READ",
        execution_options={"postgresql_readonly": True},
        hide_parameters=True,
    )
