"""Connections to one Postgres, kept open and lent for one statement or one transaction at a time."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from api.database.driver_errors import ALL_BUSY, UNREACHABLE
from api.database.reader import AllBusy
from api.errors import Unavailable

Connection = Any
"""An `asyncpg.Connection`."""


class ConnectionPool:
    """At most `size` connections, opened as they are needed; the one used last is lent first.

    The driver's own pool resets each connection and starts a task for each return, which takes longer than a small
    statement; what is lent here must be given back as it was.
    """

    def __init__(self, connect: Callable[[], Awaitable[Connection]], size: int, patience: float) -> None:
        """`patience`: for how many seconds a borrower waits for a connection at most."""
        self._connect, self._size, self._patience = connect, size, patience
        self._idle: list[Connection] = []
        self._lent: set[Connection] = set()
        self._open = 0
        self._abandoned = False
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Connection]:
        """A connection for the length of the block; given up where the block is cancelled.

        :raises AllBusy: where none is free in time.
        """
        connection = await self.acquire()
        try:
            yield connection
        except asyncio.CancelledError:
            connection.terminate()
            raise
        finally:
            self.release(connection)

    async def acquire(self) -> Connection:
        """A connection, to be given back by `release`.

        :raises AllBusy: where none is free in time.
        :raises Unavailable: where the pool was abandoned.
        """
        while True:
            if self._abandoned:
                raise Unavailable(UNREACHABLE)
            connection = self.idle()
            if connection is None and self._open < self._size:
                connection = await self._opened()
            elif connection is None:
                connection = await self._turn()
            if connection is not None:
                return connection

    def idle(self) -> Connection | None:
        """A connection that is free now, as `acquire` would give it; None where there is none."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                self._lent.add(connection)
                return connection
            self._open -= 1
        return None

    def release(self, connection: Connection) -> None:
        """Give `connection` back, dead or alive: to whoever has waited longest, where somebody waits."""
        if connection.is_closed():
            self._lent.discard(connection)
            self._open -= 1
            self._wake(None)
        elif not self._wake(connection):
            self._lent.discard(connection)
            self._idle.append(connection)

    async def _opened(self) -> Connection:
        self._open += 1
        try:
            connection = await self._connect()
        except BaseException:
            self._open -= 1
            self._wake(None)
            raise
        self._lent.add(connection)
        return connection

    async def _turn(self) -> Connection | None:
        """What is handed over when it is this one's turn: a connection, or None where one may be had or opened."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[Connection | None] = loop.create_future()
        self._waiting.append(turn)
        patience = loop.call_later(self._patience, _give_up, turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                # It came too late: on to the next.
                self._pass_on(turn.result())
            raise
        finally:
            patience.cancel()

    def _pass_on(self, connection: Connection | None) -> None:
        if connection is None:
            self._wake(None)
        else:
            self.release(connection)

    def _wake(self, connection: Connection | None) -> bool:
        """Whether there was somebody to hand `connection` to, or to tell that one may be had."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return True
        return False

    def abandon(self) -> None:
        """End all connections without a word to the server, and have nobody wait for one any more."""
        self._abandoned = True
        for connection in (*self._lent, *self._idle):
            connection.terminate()
        while self._waiting:
            self._wake(None)

    async def close(self) -> None:
        """End all connections; those still lent are cut off."""
        for connection in self._lent:
            connection.terminate()
        idle, self._idle, self._open = self._idle, [], 0
        for connection in idle:
            await connection.close(timeout=5)


def _give_up(turn: "asyncio.Future[Connection | None]") -> None:
    if not turn.done():
        turn.set_exception(AllBusy(ALL_BUSY))
