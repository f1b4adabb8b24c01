"""Notifications between the processes of one Postgres: LISTEN and NOTIFY on a connection of their own."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from api.database.postgres import DRIVER_ERRORS

log = structlog.get_logger("stancegraph.announcements")

_MAX_PAUSE_SECONDS = 5.0
"""Between two attempts to reconnect."""
_NOTIFY_SECONDS = 0.02
"""Between two rounds of NOTIFY."""


class Notifier:
    """Calls the subscribers of a channel on each notification, and whenever notifications may have been missed."""

    def __init__(self, connect: Callable[[], Awaitable[Any]]) -> None:
        self._connect = connect
        self._subscribers: dict[str, Callable[[], object]] = {}
        self._pending: set[str] = set()
        self._has_pending = asyncio.Event()
        self.is_listening = False
        """True while the connection is open. While it is not, do not rely on data that other processes may change."""

    def subscribe(self, channel: str, callback: Callable[[], object]) -> None:
        """Call `callback` on notifications of the channel. Subscribe before `listen`."""
        self._subscribers[channel] = callback

    def notify(self, channel: str) -> None:
        """Notify the other processes soon; many calls within a moment become one notification.

        Not within the transaction that made the change: Postgres commits transactions that notify one by one.
        """
        self._pending.add(channel)
        self._has_pending.set()

    async def listen(self) -> None:
        """Listen until cancelled, and reconnect as often as necessary."""
        pause = 0.1
        while True:
            try:
                await self._listen_once()
                pause = 0.1
            except DRIVER_ERRORS as error:
                log.warning("not listening", reason=str(error), retry_in_seconds=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _MAX_PAUSE_SECONDS)

    async def _listen_once(self) -> None:
        """Listen until the connection ends."""
        connection, ended = await self._connect(), asyncio.Event()
        sending = asyncio.create_task(self._send(connection))
        try:
            connection.add_termination_listener(lambda _: ended.set())
            sending.add_done_callback(lambda _: ended.set())
            for channel in self._subscribers:
                await connection.add_listener(channel, self._receive)
            self._call_all()
            self.is_listening = True
            await ended.wait()
        finally:
            self.is_listening = False
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            with contextlib.suppress(*DRIVER_ERRORS, TimeoutError):
                await connection.close(timeout=1)

    async def _send(self, connection: Any) -> None:
        while True:
            await self._has_pending.wait()
            self._has_pending.clear()
            while self._pending:
                await connection.execute(f"NOTIFY {self._pending.pop()}")
            await asyncio.sleep(_NOTIFY_SECONDS)

    def _receive(self, connection: Any, process: int, channel: str, _payload: object) -> None:
        if process != connection.get_server_pid():  # not a notification of this process
            self._subscribers[channel]()

    def _call_all(self) -> None:
        for callback in self._subscribers.values():
            callback()
