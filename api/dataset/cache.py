"""What was read and computed, kept until the data change; who asks for the same meanwhile waits for the one at work."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from api.cache import BoundedCache

T = TypeVar("T")


class Read(Protocol):
    """What was read of a database."""

    @property
    def place(self) -> int | None:
        """The place of the last change that it may hold; None where an earlier one may yet come."""
        ...

    @property
    def weight(self) -> int:
        """How much room it takes."""
        ...


R = TypeVar("R", bound=Read)


class Shared:
    """Results of some pieces of work: each is done once, for all who ask for it; so many are kept."""

    def __init__(self, most: int = 32) -> None:
        self._tasks: BoundedCache[Hashable, asyncio.Future[Any]] = BoundedCache(most)

    async def of(self, key: Hashable, begin: Callable[[], Awaitable[T]]) -> T:
        """The result of the work that `begin` begins, unless it was begun under this key before."""
        task = self._tasks.get(key)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._tasks[key] = _begun(begin)
        # One who waits and goes away takes nothing from the others.
        found: T = await asyncio.shield(task)
        return found


@dataclass(slots=True)
class _Entry:
    place: int
    """As it was when the reading was asked for; once it is read, as it was then."""
    task: "asyncio.Future[Any]"
    weight: int = 0


class UntilChanged:
    """The last readings, as many as weigh up to `most` together, each good for as long as its place is the last."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._entries: dict[Hashable, _Entry] = {}

    async def of(self, key: Hashable, place: int, begin: Callable[[], Awaitable[R]]) -> R:
        """The reading under this key, if nothing came after it up to `place`; else the one that `begin` begins."""
        entry = self._entries.pop(key, None)
        if entry is None or entry.place != place:
            entry = _Entry(place, _begun(begin))
            entry.task.add_done_callback(lambda _: self._take_in(key, entry))
        self._entries[key] = entry  # anew at the end: the one that was wanted last goes last
        found: R = await asyncio.shield(entry.task)
        return found

    def _take_in(self, key: Hashable, entry: _Entry) -> None:
        good = not entry.task.cancelled() and entry.task.exception() is None
        place = entry.task.result().place if good else None
        if self._entries.get(key) is not entry:
            return
        if place is None:
            del self._entries[key]
            return
        entry.place, entry.weight = place, entry.task.result().weight
        while sum(e.weight for e in self._entries.values()) > self._most:
            del self._entries[next(iter(self._entries))]


def _begun(begin: Callable[[], Awaitable[T]]) -> "asyncio.Task[T]":
    async def run() -> T:
        return await begin()

    return asyncio.create_task(run())
