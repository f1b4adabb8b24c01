"""The feed of changes (ADR 0012): polls its last position and wakes followers when there are new changes.

The feed delivers no changes: a follower that is woken reads those after its last one, as far as it may see them, so
nothing queues up for slow followers. Equal reads are shared, and followers are woken in batches, so that neither the
event loop nor the database is blocked for other clients (ADR 0027).
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError

from api.cache import SingleFlight
from api.database.notify import Notifier
from api.database.reader import Reader
from api.database.retry import TransactionConflict
from api.errors import OperationError

CHANNEL = "stancegraph_changes"
"""Channel on which a process notifies the other processes of one Postgres of its changes."""
POLL_SECONDS = 1.0
"""Interval of polls without a notification: the command line sends none."""
_MIN_POLL_SECONDS = 0.02
"""Interval of polls after a change: on Postgres it may become visible only after earlier transactions end."""
_MAX_READS = 200
"""Results of shared reads in the cache."""
WAKE_BATCH_SIZE = 25
_WAIT_FOR_READS_SECONDS = 0.25
"""Maximum time that the reads of one batch delay the next batch."""
_LAST_PLACE = {
    "sqlite": "SELECT coalesce(max(place), 0) FROM revision",
    "postgresql": "SELECT coalesce(max(place), 0) FROM revision WHERE place < feed_settled()",
}
_LOCK_ID = 6_004_201
"""Advisory lock of `advance_places`."""
FAILURES = (OperationError, DBAPIError, TransactionConflict)

log = structlog.get_logger("stancegraph.feed")


class ChangeFeed:
    """The feed, as one process sees it."""

    def __init__(self, reader: Reader, notifier: Notifier | None) -> None:
        self._sql = _LAST_PLACE[reader.dialect.name]
        self._reader, self._notifier = reader, notifier
        self._may_have_changed = asyncio.Event()
        self._followers = 0
        self._waiting: dict[asyncio.Future[None], None] = {}
        self.generation = 0
        """Number of times that a poll found new changes."""
        self.last_place = -1
        """Last position that a poll found."""
        self.reads = SingleFlight(_MAX_READS)
        """Reads of followers in this generation, shared by equal ones."""
        self.ended = False
        """True while the server shuts down."""
        if notifier is not None:
            notifier.subscribe(CHANNEL, self._may_have_changed.set)

    def note_change(self) -> None:
        """Poll soon, here and in other processes: this process has made a change."""
        self._may_have_changed.set()
        if self._notifier is not None:
            self._notifier.notify(CHANNEL)

    @contextlib.contextmanager
    def follow(self) -> Iterator[None]:
        """Count one follower for the length of the block. Without followers the feed is not polled."""
        if not self._followers:
            self.reads.clear()  # without followers there were no polls: the results may be outdated
        self._followers += 1
        try:
            yield
        finally:
            self._followers -= 1

    def end(self) -> None:
        """Wake all followers for the last time."""
        self.ended = True
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)

    @contextlib.contextmanager
    def next_change(self, generation: int) -> Iterator[asyncio.Future[None]]:
        """Yield a future that is done when there are changes after `generation`, or the feed ends."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.ended or self.generation > generation:
            future.set_result(None)
        else:
            self._waiting[future] = None
        try:
            yield future
        finally:
            self._waiting.pop(future, None)

    async def place(self) -> int:
        """Return the last position in the feed. Later changes have higher positions."""
        rows = await self._reader.lookup(self._sql, [])
        return int(rows[0][0])

    async def watch(self) -> None:
        """Poll, and wake followers when there are new changes, until cancelled."""
        pause = POLL_SECONDS
        while True:
            changed = await _set_within(self._may_have_changed, pause)
            self._may_have_changed.clear()
            pause = _MIN_POLL_SECONDS if changed else min(2 * pause, POLL_SECONDS)
            if self._followers:
                await self._poll()

    async def _poll(self) -> None:
        try:
            place = await self.place()
        except FAILURES as error:
            log.warning("feed not read", reason=str(error))
            return
        if place > self.last_place and not self.ended:
            self.last_place = place
            self.generation += 1
            self.reads.clear()
            await self._wake()

    async def _wake(self) -> None:
        """Wake all followers: one batch, then the next when the first has read."""
        waiting = list(self._waiting)
        for start in range(0, len(waiting), WAKE_BATCH_SIZE):
            for future in waiting[start : start + WAKE_BATCH_SIZE]:
                if not future.done():
                    future.set_result(None)
            await asyncio.sleep(0)
            if self.reads.in_flight:
                await asyncio.wait(list(self.reads.in_flight), timeout=_WAIT_FOR_READS_SECONDS)


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()


async def advance_places(connection: Any) -> bool:
    """Make the positions of future changes higher than all present positions; return True if this was necessary.

    On Postgres a position contains a transaction ID, and a dump may come from a server with higher transaction IDs.
    """
    if connection.dialect.name == "sqlite":
        return False
    await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK_ID})")
    highest = (await connection.exec_driver_sql("SELECT max(place) FROM revision")).scalar()
    next_place = (await connection.exec_driver_sql("SELECT feed_place()")).scalar()
    if highest is None or highest < next_place:
        return False
    await connection.exec_driver_sql(f"SELECT feed_count_from({int(highest)})")
    log.info("feed goes on", above=highest)
    return True


async def retry_until_done(work: Callable[[], Awaitable[object]]) -> None:
    """Run `work`, retried until it succeeds: the database may not be reachable or migrated yet."""
    pause = POLL_SECONDS
    while True:
        try:
            await work()
            return
        except FAILURES as error:
            log.warning("feed may not go on", reason=str(error).partition("\n")[0])
        await asyncio.sleep(pause)
        pause = min(2 * pause, 60.0)
