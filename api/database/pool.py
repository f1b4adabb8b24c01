"""Connections to one Postgres, kept open and lent for one statement or one transaction at a time."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from api.database.reading import ALL_BUSY, UNREACHABLE, AllBusy
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
        self._waiting: deque[asyncio.Future[None]] = deque()

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
            while self._idle:
                connection = self._idle.pop()
                if not connection.is_closed():
                    self._lent.add(connection)
                    return connection
                self._open -= 1
            if self._open < self._size:
                return await self._opened()
            await self._turn()

    def release(self, connection: Connection) -> None:
        """Give `connection` back, dead or alive."""
        self._lent.discard(connection)
        if connection.is_closed():
            self._open -= 1
        else:
            self._idle.append(connection)
        self._wake()

    async def _opened(self) -> Connection:
        self._open += 1
        try:
            connection = await self._connect()
        except BaseException:
            self._open -= 1
            self._wake()
            raise
        self._lent.add(connection)
        return connection

    async def _turn(self) -> None:
        """Wait until a connection may be had."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(self._patience):
                await turn
        except TimeoutError:
            raise AllBusy(ALL_BUSY) from None
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._wake()
            raise

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def abandon(self) -> None:
        """End all connections without a word to the server, and have nobody wait for one any more."""
        self._abandoned = True
        for connection in (*self._lent, *self._idle):
            connection.terminate()
        while self._waiting:
            self._wake()

    async def close(self) -> None:
        """End all connections; those still lent are cut off."""
        for connection in self._lent:
            connection.terminate()
        idle, self._idle, self._open = self._idle, [], 0
        for connection in idle:
            await connection.close(timeout=5)
