"""Reading from a replica: which query may, and who answers where the replica cannot."""

import asyncio
import contextlib
from collections.abc import Sequence
from uuid import UUID

import asyncpg
import structlog
from sqlalchemy import Dialect

from api.database.postgres import PostgresReader
from api.database.reader import AllBusy, Reader, Row
from api.database.replica.monitor import PATIENCE_SECONDS, View, Watch
from api.database.replica.wal_position import Writers, horizon
from api.errors import Unavailable
from api.settings import Settings

# What was committed lies before what was flushed, unless commits do not wait for that.
_POSITION = """
    SELECT (CASE current_setting('synchronous_commit') WHEN 'off' THEN pg_current_wal_insert_lsn()
            ELSE pg_current_wal_flush_lsn() END - '0/0')::bigint
"""
_CONFLICTS = ("40001", "40P01")
"""SQLSTATEs of a statement that gave way to the replaying of the log."""

log = structlog.get_logger("stancegraph.replica")


class Replica:
    """A reader of the replica behind which the primary stands: what the one cannot answer the other does."""

    dialect: Dialect = PostgresReader.dialect

    def __init__(self, primary: PostgresReader, url: str, settings: Settings) -> None:
        self._primary = primary
        self._reader = PostgresReader(url, settings, PATIENCE_SECONDS)
        self._writers = Writers()
        self._watch = Watch(primary, url, settings, self._reader.abandon)

    def start(self) -> None:
        """Begin to look after the replica; until it was found good, all is read from the primary."""
        self._watch.start()

    @property
    def view(self) -> View:
        """How the replica stands."""
        return self._watch.view

    async def look(self) -> View:
        """How the replica stands, looked at now."""
        return await self._watch.look()

    def reader_for(self, annotator: UUID | None) -> Reader:
        """Where the current operation of `annotator` (None: of anybody) is read: where it sees what it must see."""
        if not self._watch.view.usable:
            return self._primary
        must_see = self._writers.position(annotator)
        operation = horizon.get()
        if operation is not None and operation.least > must_see:
            must_see = operation.least
        if must_see > self._watch.followed:
            self._watch.hurry()
            return self._primary
        return self

    async def note(self, annotator: UUID | None) -> None:
        """Note that `annotator` has written, up to where the primary is now.

        :raises Unavailable: where the primary cannot say where that is.
        """
        ((position,),) = await self._primary.rows(_POSITION, [])
        if annotator is not None:
            self._writers.note(annotator, position)
        operation = horizon.get()
        if operation is not None:
            operation.written = position

    async def rows(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        """As `Reader.rows`."""
        try:
            return await self._reader.rows(sql, parameters)
        except AllBusy:
            raise  # the primary has enough to do without what the replica is too slow for
        except Unavailable as error:
            self._watch.lose(error.__cause__)
        except asyncpg.PostgresError as error:
            if error.sqlstate not in _CONFLICTS:
                log.warning("replica failed", sqlstate=error.sqlstate, error=type(error).__name__)
        return await self._primary.rows(sql, parameters)

    async def glance(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        """As `Reader.glance`, from the primary: who is asking is known there first."""
        return await self._primary.glance(sql, parameters)

    async def close(self) -> None:
        """As `Reader.close`."""
        await self._watch.close()
        with contextlib.suppress(TimeoutError):  # one that answers nothing does not say goodbye either
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._reader.close()
