"""Postgres: a pool that reads, an engine that writes, and what its errors are to whoever asked."""

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
DIED = (
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.AdminShutdownError,
    asyncpg.InternalClientError,
    ConnectionResetError,
)
"""What is raised over a connection that died while it lay idle; the third while the driver has not quite noticed."""
_LEAST_PATIENCE = 5.0
_CONNECTING_SECONDS = 60
"""How long the opening of a connection may take, where nothing else is said."""
_EPOCH = dt.date(2000, 1, 1).toordinal()
"""The day from which Postgres counts days."""


class PostgresReader:
    """Reads over read-only connections, whose prepared statements live as long as they do."""

    dialect: Dialect = asyncpg_dialect()  # type: ignore[no-untyped-call]

    def __init__(self, dsn: str, settings: Settings, connecting_seconds: float = _CONNECTING_SECONDS) -> None:
        self._dsn, self._settings, self._connecting_seconds = dsn, settings, connecting_seconds
        self._pool = self._new_pool()

    def _new_pool(self) -> ConnectionPool:
        return ConnectionPool(self._connect, self._settings.read_pool_size, patience(self._settings))

    async def rows(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        """As `Reader.rows`.

        :raises AllBusy: where no connection became free in time.
        """
        count_statement()
        return await self.glance(sql, parameters)

    async def glance(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        """As `Reader.glance`: what is looked up so is of types other than text."""
        pool = self._pool  # the same for all tries: what is abandoned meanwhile is not connected to again
        died = 0
        try:
            while True:
                connection = pool.idle() or await pool.acquire()
                try:
                    rows: Sequence[Row] = await connection.fetch(sql, *parameters)
                except DIED:
                    # In the pool, perhaps with others; what only reads may be asked again.
                    died += 1
                    if died > self._settings.read_pool_size:
                        raise
                except asyncio.CancelledError:
                    connection.terminate()
                    raise
                else:
                    return rows
                finally:
                    pool.release(connection)
        except DRIVER_ERRORS as error:
            raise told(error) from error

    async def _connect(self) -> Any:
        connection = await asyncpg.connect(
            self._dsn,
            timeout=self._connecting_seconds,
            statement_cache_size=self._settings.plan_cache_size,
            max_cacheable_statement_size=0,  # none is too long to be kept
            server_settings={
                **session_settings(self._settings),
                "default_transaction_read_only": "on",
                # It costs more than it brings on statements of milliseconds.
                "jit": "off",
                # Disks no longer turn: at the default price of 4 for a page at random, all rows of an actor are
                # fetched and sorted to show 20 of them.
                "random_page_cost": "1.1",
            },
        )
        await _keep_dates(connection)
        await _pass_text_on(connection)
        return connection

    def abandon(self) -> None:
        """End all connections at once: whoever waits on one gets `Unavailable`, whoever asks later new ones."""
        abandoned, self._pool = self._pool, self._new_pool()
        abandoned.abandon()

    async def close(self) -> None:
        """As `Reader.close`."""
        await self._pool.close()


def patience(settings: Settings) -> float:
    """For how many seconds a connection is waited for: longer than what holds them may take."""
    return max(_LEAST_PATIENCE, settings.statement_timeout_ms / 1000)


async def _pass_text_on(connection: Any) -> None:
    """Text comes as the bytes that Postgres sent: most of it goes to the client as it is."""
    await connection.set_type_codec("text", schema="pg_catalog", format="binary", encoder=str.encode, decoder=_itself)


def _itself(text: bytes) -> bytes:
    return text


def told(error: Exception) -> Exception:
    """What `error` is to whoever asked; itself where it is nobody's but ours."""
    known = sqlstate_error(getattr(error, "sqlstate", None))
    if known is not None:
        return known
    if isinstance(error, OSError | asyncpg.InterfaceError | asyncpg.InternalClientError):
        return Unavailable(UNREACHABLE)
    return error


async def _keep_dates(connection: Any) -> None:
    """The driver's own codec takes the first day of year 1 and the last of year 9999 for the infinities."""
    await connection.set_type_codec(
        "date",
        schema="pg_catalog",
        format="tuple",
        encoder=lambda day: (day.toordinal() - _EPOCH,),
        decoder=lambda days: dt.date.fromordinal(days[0] + _EPOCH),
    )


async def connect(dsn: str) -> Any:
    """A connection that listens: no statement of its own takes long."""
    return await asyncpg.connect(dsn, server_settings={"application_name": "stancegraph"})


def session_settings(settings: Settings) -> dict[str, str]:
    """What a session of ours is set to, in Postgres' own names."""
    return {
        "application_name": "stancegraph",
        "timezone": "UTC",
        "datestyle": "ISO",
        "statement_timeout": str(settings.statement_timeout_ms),
    }


async def connected(settings: Settings, **more: Any) -> Any:
    """A connection that writes."""
    connection = await asyncpg.connect(settings.database_url, server_settings=session_settings(settings), **more)
    await _keep_dates(connection)
    return connection


def writing_engine(settings: Settings) -> AsyncEngine:
    """The engine that all changes go through."""
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: connected(settings),
        pool_size=settings.write_pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        hide_parameters=True,  # they hold what people wrote, and errors go into the log
    )


def lasting_engine(settings: Settings) -> AsyncEngine:
    """An engine for one connection that reads a single state for as long as it is open."""
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: connected(settings),
        poolclass=NullPool,
        isolation_level="REPEATABLE READ",
        execution_options={"postgresql_readonly": True},
        hide_parameters=True,
    )
