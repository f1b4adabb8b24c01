"""A connection by the bare driver, for checks and lists at the command line (ADR 0028).

These commands must start in less time than the import of SQLAlchemy takes: do not import it here.
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


class RawConnection(Protocol):
    """Reads by plain SQL."""

    async def rows(self, sql: str) -> Sequence[Row]:
        """Return all rows of a query.

        :raises OperationError: if the database cannot be reached, is locked, or takes too long.
        """
        ...

    async def schema_version(self) -> str | None:
        """Return the migration of the database; None if it was never migrated."""
        ...

    async def probe_writing(self) -> None:
        """Write something and roll it back.

        :raises OperationError: if the database cannot be written.
        """
        ...


@asynccontextmanager
async def connect(settings: Settings) -> AsyncIterator[RawConnection]:
    """Open a connection for the length of the block; it waits for locks until the statement timeout.

    :raises OperationError: if the database cannot be reached.
    :raises ConfigurationError: if the database file does not exist.
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
    translated = sqlite_error(error)
    if str(translated) == UNREACHABLE:
        check_disk(path)  # on a read-only disk SQLite cannot open the file, and gives no reason
    return _locked(timeout_ms) if str(translated) == BUSY else translated


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
        # Succeeds only on a primary, with the privilege to write; leaves nothing to clean up.
        await self.rows(f"{_SCHEMA_VERSION} FOR UPDATE SKIP LOCKED")


def _only(rows: Sequence[Row]) -> str | None:
    return str(rows[0][0]) if rows else None


@asynccontextmanager
async def _postgres(settings: Settings) -> AsyncIterator[RawConnection]:
    import asyncpg  # noqa: PLC0415 (not needed for SQLite)

    try:
        timeout = {"statement_timeout": str(settings.statement_timeout_ms), "application_name": "stancegraph"}
        opened = await asyncpg.connect(settings.database_url, timeout=_CONNECTING_SECONDS, server_settings=timeout)
        try:
            yield _Postgres(opened)
        finally:
            await opened.close(timeout=5)
    except asyncpg.QueryCanceledError as error:
        raise _locked(settings.statement_timeout_ms) from error  # these queries time out on locks alone
    except asyncpg.PostgresError as error:
        raise (sqlstate_error(error.sqlstate) or error) from error
    except (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise Unavailable(UNREACHABLE) from error
