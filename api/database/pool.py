"""A pool of connections to one Postgres, each lent for one statement or one transaction."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from api.database.driver_errors import ALL_BUSY, UNREACHABLE
from api.database.reader import PoolExhausted
from api.errors import Unavailable

Connection = Any
"""An `asyncpg.Connection`."""


class ConnectionPool:
    """Opens up to `size` connections on demand and lends the most recently used one first.

    The pool of the driver resets a connection and starts a task on each return, which takes longer than a small
    statement. Borrowers of this pool must return a connection in its original state.
    """

    def __init__(self, connect: Callable[[], Awaitable[Connection]], size: int, timeout_seconds: float) -> None:
        """:param timeout_seconds: maximum time that a borrower waits for a connection."""
        self._connect, self._size, self._timeout_seconds = connect, size, timeout_seconds
        self._idle: list[Connection] = []
        self._lent: set[Connection] = set()
        self._open = 0
        self._abandoned = False
        self._waiters: deque[asyncio.Future[Connection | None]] = deque()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection for the length of the block; it is closed if the block is cancelled.

        :raises PoolExhausted: if no connection becomes free in time.
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
        """Lend a connection until `release`.

        :raises PoolExhausted: if no connection becomes free in time.
        :raises Unavailable: if the pool was abandoned.
        """
        while True:
            if self._abandoned:
                raise Unavailable(UNREACHABLE)
            connection = self.acquire_idle()
            if connection is None and self._open < self._size:
                connection = await self._open_connection()
            elif connection is None:
                connection = await self._wait()
            if connection is not None:
                return connection

    def acquire_idle(self) -> Connection | None:
        """Lend an idle connection until `release`; return None if there is none."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                self._lent.add(connection)
                return connection
            self._open -= 1
        return None

    def release(self, connection: Connection) -> None:
        """Return a connection, open or closed; the borrower that has waited longest gets it."""
        if connection.is_closed():
            self._lent.discard(connection)
            self._open -= 1
            self._wake(None)
        elif not self._wake(connection):
            self._lent.discard(connection)
            self._idle.append(connection)

    async def _open_connection(self) -> Connection:
        self._open += 1
        try:
            connection = await self._connect()
        except BaseException:
            self._open -= 1
            self._wake(None)
            raise
        self._lent.add(connection)
        return connection

    async def _wait(self) -> Connection | None:
        """Wait in the queue. Return a connection, or None if one may now be taken or opened."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Connection | None] = loop.create_future()
        self._waiters.append(waiter)
        timer = loop.call_later(self._timeout_seconds, _time_out, waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._pass_on(waiter.result())
            raise
        finally:
            timer.cancel()

    def _pass_on(self, connection: Connection | None) -> None:
        if connection is None:
            self._wake(None)
        else:
            self.release(connection)

    def _wake(self, connection: Connection | None) -> bool:
        """Give the first waiter `connection`, or None as the sign to try again; return False if nobody waits."""
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return True
        return False

    def abandon(self) -> None:
        """Close all connections without a message to the server, and fail all waiters."""
        self._abandoned = True
        for connection in (*self._lent, *self._idle):
            connection.terminate()
        while self._waiters:
            self._wake(None)

    async def close(self) -> None:
        """Close all connections, also those that are lent."""
        for connection in self._lent:
            connection.terminate()
        idle, self._idle, self._open = self._idle, [], 0
        for connection in idle:
            await connection.close(timeout=5)


def _time_out(waiter: "asyncio.Future[Connection | None]") -> None:
    if not waiter.done():
        waiter.set_exception(PoolExhausted(ALL_BUSY))
