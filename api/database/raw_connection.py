"""One connection by the bare driver, for checks and for lists at the command line.

SQLAlchemy alone takes longer to import than these commands may take; nothing here may import it.
"""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, Protocol

from api.database.driver_errors import BUSY, LOCKED, UNREACHABLE, sqlite_error, sqlstate_error
from api.database.sqlite_probe import check_disk, probe_writing
from api.errors import ConfigurationError, Unavailable
from api.settings import Settings

Row = Sequence[Any]
_SCHEMA_VERSION = "SELECT version_num FROM alembic_version"
_CONNECTING_SECONDS = 60


class Connection(Protocol):
    """Reads by plain SQL."""

    async def rows(self, sql: str) -> Sequence[Row]:
        """Return all rows of a query.

        :raises OperationError: if the database cannot be reached, is kept locked, or takes too long.
        """
        ...

    async def schema_version(self) -> str | None:
        """Return the id of the migration that the database is at; None if it was never migrated."""
        ...

    async def probe_writing(self) -> None:
        """Write something and take it back.

        :raises OperationError: if the database cannot be written.
        """
        ...


@asynccontextmanager
async def connect(settings: Settings) -> AsyncIterator[Connection]:
    """Open a connection for the length of the block. It waits for locks as long as a statement may take.

    :raises OperationError: if the database cannot be reached.
    :raises ConfigurationError: if there is no such file.
    """
    path = settings.sqlite_path
    if path is None:
        async with _postgres(settings) as connection:
            yield connection
        return
    if not path.is_file():
        raise ConfigurationError(f"there is no database {path}: run stancegraph migrate")
    uri, timeout_ms = f"{path.absolute().as_uri()}?mode=ro", settings.statement_timeout_ms
    try:
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=timeout_ms / 1000)) as opened:
            yield _Sqlite(opened, path, timeout_ms)
    except sqlite3.Error as error:
        raise _sqlite_error(error, path, timeout_ms) from error


def _sqlite_error(error: sqlite3.Error, path: Path, timeout_ms: int) -> Exception:
    told = sqlite_error(error)
    if str(told) == UNREACHABLE:
        check_disk(path)  # on a read-only disk SQLite can open nothing, without saying why
    return _locked(timeout_ms) if str(told) == BUSY else told


def _locked(timeout_ms: int) -> Unavailable:
    return Unavailable(f"{LOCKED}; waited {timeout_ms / 1000:g} seconds (STANCEGRAPH_STATEMENT_TIMEOUT_MS)")


class _Sqlite:
    def __init__(self, connection: sqlite3.Connection, path: Path, timeout_ms: int) -> None:
        self._connection, self._path, self._timeout_ms = connection, path, timeout_ms

    async def rows(self, sql: str) -> Sequence[Row]:
        return self._connection.execute(sql).fetchall()

    async def schema_version(self) -> str | None:
        if not await self.rows("SELECT name FROM sqlite_master WHERE name = 'alembic_version'"):
            return None
        return _only(await self.rows(_SCHEMA_VERSION))

    async def probe_writing(self) -> None:
        probe_writing(self._path, self._timeout_ms)


class _Postgres:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def rows(self, sql: str) -> Sequence[Row]:
        rows: Sequence[Row] = await self._connection.fetch(sql)
        return rows

    async def schema_version(self) -> str | None:
        ((there,),) = await self.rows("SELECT to_regclass('alembic_version') IS NOT NULL")
        return _only(await self.rows(_SCHEMA_VERSION)) if there else None

    async def probe_writing(self) -> None:
        # Needs the right to write, a primary, and a transaction that may write; leaves nothing to be cleaned up.
        await self.rows(f"{_SCHEMA_VERSION} FOR UPDATE SKIP LOCKED")


def _only(rows: Sequence[Row]) -> str | None:
    return str(rows[0][0]) if rows else None


@asynccontextmanager
async def _postgres(settings: Settings) -> AsyncIterator[Connection]:
    import asyncpg  # noqa: PLC0415 (SQLite needs no driver of Postgres)

    try:
        timeout = {"statement_timeout": str(settings.statement_timeout_ms), "application_name": "stancegraph"}
        opened = await asyncpg.connect(settings.database_url, timeout=_CONNECTING_SECONDS, server_settings=timeout)
        try:
            yield _Postgres(opened)
        finally:
            await opened.close(timeout=5)
    except asyncpg.QueryCanceledError as error:
        raise _locked(settings.statement_timeout_ms) from error  # what is asked here takes no time
    except asyncpg.PostgresError as error:
        raise (sqlstate_error(error.sqlstate) or error) from error
    except (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise Unavailable(UNREACHABLE) from error
