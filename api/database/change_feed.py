"""The feed of changes: how far it has come, and who is to be woken when it has come further.

Nobody is handed changes. Whoever follows the feed reads on behind what it has, as it may see it; here it learns when
that is worth while. So nothing piles up for those who are slow. Those whose next read is the same share it, and all are
woken a few at a time, so that neither the event loop nor the database is kept from others (ADR 0027).
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError

from api.database.notify import Announcements
from api.database.reader import Reader
from api.database.retry import Contended
from api.database.single_flight import SharedReads
from api.errors import OperationError

CHANNEL = "stancegraph_changes"
"""Where a process tells the others over one Postgres that it has written."""
EVERY_SECONDS = 1.0
"""How often it is looked whether something came of which nobody told: the command line tells nobody."""
_SOONEST_SECONDS = 0.02
"""Between two looks after something was written: on Postgres it may have to wait for who began before."""
WOKEN_AT_ONCE = 25
_WAIT_FOR_READS_SECONDS = 0.25
"""How long those that were woken last may read before others are woken too."""
_SETTLED = {
    "sqlite": "SELECT coalesce(max(place), 0) FROM revision",
    "postgresql": "SELECT coalesce(max(place), 0) FROM revision WHERE place < feed_settled()",
}
_ONE_AT_A_TIME = 6_004_201
"""The number of the lock under which the places are made to go on."""
FAILURES = (OperationError, DBAPIError, Contended)

log = structlog.get_logger("stancegraph.feed")


class Feed:
    """Knows how far the feed has come, for one process."""

    def __init__(self, reader: Reader, announcements: Announcements | None) -> None:
        self._sql = _SETTLED[reader.dialect.name]
        self._reader, self._announcements = reader, announcements
        self._stirred = asyncio.Event()
        self._followers = 0
        self._waiting: dict[asyncio.Future[None], None] = {}
        self.generation = 0
        """How often the feed was seen to have come further."""
        self.seen_place = -1
        """How far it was seen to have come."""
        self.shared = SharedReads()
        """What followers read in this generation."""
        self.ended = False
        """Whether the server is about to go."""
        if announcements is not None:
            announcements.subscribe(CHANNEL, self._stirred.set)

    def changed(self) -> None:
        """Note that this process has written."""
        self._stirred.set()
        if self._announcements is not None:
            self._announcements.announce(CHANNEL)

    @contextlib.contextmanager
    def followed(self) -> Iterator[None]:
        """Somebody follows the feed: while nobody does, it is not looked at."""
        if not self._followers:
            self.shared.forget()  # while nobody followed, nobody looked whether the feed came further
        self._followers += 1
        try:
            yield
        finally:
            self._followers -= 1

    def end(self) -> None:
        """Wake all for the last time."""
        self.ended = True
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)

    @contextlib.contextmanager
    def next_move(self, generation: int) -> Iterator[asyncio.Future[None]]:
        """A future that is done when the feed has come further than in `generation`, or ends."""
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
        """How far it has come: what comes later has a higher place."""
        rows = await self._reader.glance(self._sql, [])
        return int(rows[0][0])

    async def watch(self) -> None:
        """Wake those who follow whenever the feed has come further, until cancelled."""
        pause = EVERY_SECONDS
        while True:
            stirred = await _set_within(self._stirred, pause)
            self._stirred.clear()
            pause = _SOONEST_SECONDS if stirred else min(2 * pause, EVERY_SECONDS)
            if self._followers:
                await self._look()

    async def _look(self) -> None:
        try:
            place = await self.place()
        except FAILURES as error:
            log.warning("feed not read", reason=str(error))
            return
        if place > self.seen_place and not self.ended:
            self.seen_place = place
            self.generation += 1
            self.shared.forget()
            await self._wake()

    async def _wake(self) -> None:
        """Wake all that wait: a few, then the next when these have read."""
        waiting = list(self._waiting)
        for start in range(0, len(waiting), WOKEN_AT_ONCE):
            for future in waiting[start : start + WOKEN_AT_ONCE]:
                if not future.done():
                    future.set_result(None)
            await asyncio.sleep(0)
            if self.shared.at_work:
                await asyncio.wait(list(self.shared.at_work), timeout=_WAIT_FOR_READS_SECONDS)


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()


async def count_on(connection: Any) -> bool:
    """Let the places of changes to come be above those that there are; whether they would not have been.

    On Postgres a place is made of a transaction's number, and a dump may come from a server that had counted further.
    """
    if connection.dialect.name == "sqlite":
        return False
    await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})")
    highest = (await connection.exec_driver_sql("SELECT max(place) FROM revision")).scalar()
    to_come = (await connection.exec_driver_sql("SELECT feed_place()")).scalar()
    if highest is None or highest < to_come:
        return False
    await connection.exec_driver_sql(f"SELECT feed_count_from({int(highest)})")
    log.info("feed goes on", above=highest)
    return True


async def keep_trying(work: Callable[[], Awaitable[object]]) -> None:
    """Do `work`, again and again until it is done: the database may not be there yet, or not be migrated."""
    pause = EVERY_SECONDS
    while True:
        try:
            await work()
            return
        except FAILURES as error:
            log.warning("feed may not go on", reason=str(error).partition("\n")[0])
        await asyncio.sleep(pause)
        pause = min(2 * pause, 60.0)
