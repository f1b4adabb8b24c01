"""What processes over one Postgres tell each other: LISTEN and NOTIFY on a connection of its own."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from api.database.postgres import DRIVER_ERRORS

log = structlog.get_logger("stancegraph.announcements")

_LONGEST_PAUSE = 5.0
"""Seconds between two tries to connect anew."""


class Announcements:
    """Calls who subscribed to a channel when something is announced there, and when something may have been missed."""

    def __init__(self, connect: Callable[[], Awaitable[Any]]) -> None:
        self._connect = connect
        self._subscribers: dict[str, Callable[[], object]] = {}
        self.hearing = False
        """Whether the connection stands: while it does not, nothing that others may change should be relied on."""

    def subscribe(self, channel: str, heard: Callable[[], object]) -> None:
        """Have `heard` called; to be said before `listen`."""
        self._subscribers[channel] = heard

    async def listen(self) -> None:
        """Listen until cancelled, connecting anew as often as need be."""
        pause = 0.1
        while True:
            try:
                await self._listened()
                pause = 0.1
            except DRIVER_ERRORS as error:
                log.warning("not listening", reason=str(error), again_in_seconds=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _listened(self) -> None:
        """Listen until the connection ends."""
        connection, ended = await self._connect(), asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: ended.set())
            for channel in self._subscribers:
                await connection.add_listener(channel, self._heard)
            self._all_may_have_missed()
            self.hearing = True
            await ended.wait()
        finally:
            self.hearing = False
            with contextlib.suppress(*DRIVER_ERRORS, TimeoutError):
                await connection.close(timeout=1)

    def _heard(self, _connection: object, _process: int, channel: str, _payload: object) -> None:
        self._subscribers[channel]()

    def _all_may_have_missed(self) -> None:
        for heard in self._subscribers.values():
            heard()
