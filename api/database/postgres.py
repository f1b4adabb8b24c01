"""Postgres: a pool that reads, an engine that writes, and what its errors are to whoever asked."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import Sequence
from typing import Any

import asyncpg
from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from api.database.reading import TIMEOUT_MESSAGE, TOO_MUCH_AT_ONCE, UNREACHABLE, Row, count_statement
from api.errors import TimedOut, TooCostly, Unavailable
from api.settings import Settings

_GONE = ("08", "28", "3D", "57P", "53300")
"""SQLSTATEs, by their beginning, of a Postgres that is not there for us."""
DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
DIED = (
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.AdminShutdownError,
    asyncpg.InternalClientError,
    ConnectionResetError,
)
"""What is raised over a connection that died while it lay idle; the third while the driver has not quite noticed."""
_EPOCH = dt.date(2000, 1, 1).toordinal()
"""The day from which Postgres counts days."""


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
        count_statement()
        try:
            return await self._fetched(sql, parameters)
        except DRIVER_ERRORS as error:
            raise told(error) from error

    async def _fetched(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        pool = self._pool or await self._open()
        for _ in range(self._settings.read_pool_size):
            # It may have died in the pool, perhaps with others; what only reads may be asked again.
            with contextlib.suppress(*DIED):
                return list(await pool.fetch(sql, *parameters))
        return list(await pool.fetch(sql, *parameters))

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
                    # JIT costs more than it brings on statements of milliseconds. Disks no longer turn: at the default
                    # price of 4 for a page at random, all rows of an actor are fetched and sorted to show 20 of them.
                    server_settings={
                        **_session_settings(self._settings),
                        "default_transaction_read_only": "on",
                        "jit": "off",
                        "random_page_cost": "1.1",
                    },
                )
        return self._pool

    async def close(self) -> None:
        """As `Reader.close`."""
        if self._pool is not None:
            await self._pool.close()
            self._pool = None


def told(error: Exception) -> Exception:
    """What `error` is to whoever asked; itself where it is nobody's but ours."""
    state = str(getattr(error, "sqlstate", None) or "")
    if state == "57014":
        return TimedOut(TIMEOUT_MESSAGE)
    if state in ("54001", "54011", "54023"):
        return TooCostly(TOO_MUCH_AT_ONCE)
    if isinstance(error, OSError | asyncpg.InterfaceError | asyncpg.InternalClientError) or state.startswith(_GONE):
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


async def _nothing_to_reset(_connection: object) -> None:
    """Single statements that only read leave nothing behind on a connection; the usual reset is a round trip."""


def _session_settings(settings: Settings) -> dict[str, str]:
    return {
        "application_name": "stancegraph",
        "timezone": "UTC",
        "datestyle": "ISO",
        "statement_timeout": str(settings.statement_timeout_ms),
    }


def writing_engine(settings: Settings) -> AsyncEngine:
    """The engine that all changes go through."""

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
