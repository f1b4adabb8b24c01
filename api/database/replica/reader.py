"""Reads from a streaming replica, with the primary as fallback (ADR 0007)."""

import asyncio
import contextlib
from collections.abc import Sequence
from uuid import UUID

import asyncpg
import structlog
from sqlalchemy import Dialect

from api.database.postgres import PostgresReader
from api.database.reader import PoolExhausted, Reader, Row
from api.database.replica.monitor import TIMEOUT_SECONDS, ReplicaMonitor, ReplicaStatus
from api.database.replica.wal_position import WritePositions, consistency_token
from api.errors import Unavailable
from api.settings import Settings

# Commits lie before the flushed position, unless they do not wait for the flush.
_POSITION = """
    SELECT (CASE current_setting('synchronous_commit') WHEN 'off' THEN pg_current_wal_insert_lsn()
            ELSE pg_current_wal_flush_lsn() END - '0/0')::bigint
"""
_CONFLICTS = ("40001", "40P01")
"""SQLSTATEs of a query that was cancelled for the replay of the log."""

log = structlog.get_logger("stancegraph.replica")


class Replica:
    """A reader of the replica that falls back to the primary."""

    dialect: Dialect = PostgresReader.dialect

    def __init__(self, primary: PostgresReader, url: str, settings: Settings) -> None:
        self._primary = primary
        self._reader = PostgresReader(url, settings, TIMEOUT_SECONDS)
        self._positions = WritePositions()
        self._monitor = ReplicaMonitor(primary, url, settings, self._reader.abandon)

    def start(self) -> None:
        """Start to monitor the replica. Until it is found usable, all reads go to the primary."""
        self._monitor.start()

    @property
    def status(self) -> ReplicaStatus:
        """Last known status of the replica."""
        return self._monitor.status

    async def check(self) -> ReplicaStatus:
        """Return the status of the replica, checked now."""
        return await self._monitor.check()

    def reader_for(self, annotator: UUID | None) -> Reader:
        """Return the replica if it has all that the current operation of `annotator` must see, else the primary."""
        if not self._monitor.status.usable:
            return self._primary
        min_position = self._positions.position(annotator)
        token = consistency_token.get()
        if token is not None and token.min_position > min_position:
            min_position = token.min_position
        if min_position > self._monitor.replayed:
            self._monitor.check_soon()
            return self._primary
        return self

    async def note(self, annotator: UUID | None) -> None:
        """Record that `annotator` has written up to the current position of the primary.

        :raises Unavailable: if the primary does not answer.
        """
        ((position,),) = await self._primary.rows(_POSITION, [])
        if annotator is not None:
            self._positions.note(annotator, position)
        token = consistency_token.get()
        if token is not None:
            token.written_position = position

    async def rows(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        """As `Reader.rows`."""
        try:
            return await self._reader.rows(sql, parameters)
        except PoolExhausted:
            raise  # do not add the load of a busy replica to the primary
        except Unavailable as error:
            self._monitor.lose(error.__cause__)
        except asyncpg.PostgresError as error:
            if error.sqlstate not in _CONFLICTS:
                log.warning("replica failed", sqlstate=error.sqlstate, error=type(error).__name__)
        return await self._primary.rows(sql, parameters)

    async def lookup(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        """As `Reader.lookup`, from the primary, which is the first to know a new token."""
        return await self._primary.lookup(sql, parameters)

    async def close(self) -> None:
        """As `Reader.close`."""
        await self._monitor.close()
        with contextlib.suppress(TimeoutError):  # a server that answers nothing does not confirm the end either
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await self._reader.close()
