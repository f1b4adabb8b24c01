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
_BETWEEN_SECONDS = 0.02
"""Between two tellings."""


class Announcements:
    """Calls who subscribed to a channel when something is announced there, and when something may have been missed."""

    def __init__(self, connect: Callable[[], Awaitable[Any]]) -> None:
        self._connect = connect
        self._subscribers: dict[str, Callable[[], object]] = {}
        self._untold: set[str] = set()
        self._to_tell = asyncio.Event()
        self.hearing = False
        """Whether the connection stands: while it does not, nothing that others may change should be relied on."""

    def subscribe(self, channel: str, heard: Callable[[], object]) -> None:
        """Have `heard` called; to be said before `listen`."""
        self._subscribers[channel] = heard

    def announce(self, channel: str) -> None:
        """Tell the others there, soon; what is announced many times in a moment is told once.

        Not in the transaction that there is something to tell of: Postgres lets those that notify commit one by one.
        """
        self._untold.add(channel)
        self._to_tell.set()

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
        telling = asyncio.create_task(self._tell(connection))
        try:
            connection.add_termination_listener(lambda _: ended.set())
            telling.add_done_callback(lambda _: ended.set())
            for channel in self._subscribers:
                await connection.add_listener(channel, self._heard)
            self._all_may_have_missed()
            self.hearing = True
            await ended.wait()
        finally:
            self.hearing = False
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
            with contextlib.suppress(*DRIVER_ERRORS, TimeoutError):
                await connection.close(timeout=1)

    async def _tell(self, connection: Any) -> None:
        while True:
            await self._to_tell.wait()
            self._to_tell.clear()
            while self._untold:
                await connection.execute(f"NOTIFY {self._untold.pop()}")
            await asyncio.sleep(_BETWEEN_SECONDS)

    def _heard(self, connection: Any, process: int, channel: str, _payload: object) -> None:
        if process != connection.get_server_pid():  # not what was told here
            self._subscribers[channel]()

    def _all_may_have_missed(self) -> None:
        for heard in self._subscribers.values():
            heard()
