"""Reads that several make at the same time and of the same state of the database: each is made once (single flight)."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

from api.cache import BoundedCache

T = TypeVar("T")

_MAX_RESULTS = 200


class SharedReads:
    """Reads by key. Whoever asks for a key while it is read, or afterwards until `forget`, gets the same result."""

    def __init__(self) -> None:
        self._tasks: BoundedCache[Hashable, asyncio.Task[Any]] = BoundedCache(_MAX_RESULTS)
        self.at_work: set[asyncio.Task[Any]] = set()
        """Reads that have not ended."""

    async def of(
        self, key: Hashable, read: Callable[[], Awaitable[T]], is_kept: Callable[[T], bool] = lambda _: True
    ) -> T:
        """Return what `read` gives, or gave to another caller; not remembered if it fails or `is_kept` denies it.

        The read goes on if the caller is cancelled, because others may wait for it.
        """
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.ensure_future(_awaited(read))
            self.at_work.add(task)
            task.add_done_callback(lambda done: self._ended(key, done, is_kept))
        result: T = task.result() if task.done() else await asyncio.shield(task)
        return result

    def forget(self) -> None:
        """Make all reads that are asked for from now on anew."""
        self._tasks.clear()

    def _ended(self, key: Hashable, task: asyncio.Task[Any], is_kept: Callable[[Any], bool]) -> None:
        self.at_work.discard(task)
        # Asking for the exception also marks it as seen: all who waited may have gone.
        failed = task.cancelled() or task.exception() is not None
        if (failed or not is_kept(task.result())) and self._tasks.get(key) is task:
            del self._tasks[key]


async def _awaited(read: Callable[[], Awaitable[T]]) -> T:
    return await read()
