"""What a subscriber is sent, and when, whichever way it is connected."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence

from api.database.feed import EVERY_SECONDS, Feed
from api.errors import TimedOut, Unavailable
from api.schema.following import Event, Subscribed
from api.security.viewer import Viewer

Asking = Callable[[], Awaitable[Viewer]]
"""Looks up who asks; raises `Unauthenticated` where their token is no longer good."""

_AWAY = (Unavailable, TimedOut)
"""What is raised while the database is away; whoever follows the feed goes on afterwards where they were."""


class Full(Exception):
    """There are as many subscribers as there may be."""


class Room:
    """How many subscribers there may be in this process."""

    def __init__(self, most: int) -> None:
        self._left = most

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Room for one subscriber, until the end of the block.

        :raises Full: where there is none.
        """
        if not self._left:
            raise Full
        self._left -= 1
        try:
            yield
        finally:
            self._left += 1


async def events(followed: Subscribed, feed: Feed, asking: Asking) -> AsyncGenerator[Event, None]:
    """What was missed, then what is new, until the server ends. Who asks is looked up again each second.

    :raises Unauthenticated: as soon as their token is no longer good.
    """
    clock = asyncio.get_running_loop().time
    with feed.followed():
        if followed.announces_start and (start := followed.start) is not None:
            yield start
        while not feed.ended:
            moved = feed.moved
            read = await _read(followed, asking)
            asked_at = clock()
            for event in read:
                if clock() - asked_at > EVERY_SECONDS:
                    await _ask(asking)
                    asked_at = clock()
                yield event
            if followed.are_all(read):
                await _until(moved, asking)


async def _read(followed: Subscribed, asking: Asking) -> Sequence[Event]:
    while True:
        with contextlib.suppress(*_AWAY):
            return await followed.more(await asking())
        await asyncio.sleep(EVERY_SECONDS)


async def _ask(asking: Asking) -> None:
    with contextlib.suppress(*_AWAY):
        await asking()


async def _until(moved: asyncio.Event, asking: Asking) -> None:
    while not moved.is_set():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(EVERY_SECONDS):
                await moved.wait()
        if not moved.is_set():
            await _ask(asking)
