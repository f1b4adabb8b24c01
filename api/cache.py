"""Caches: of a bounded size (`BoundedCache`), of work in flight (`SingleFlight`), of data with a version."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from math import inf
from threading import Lock
from typing import Any, Protocol, TypeVar

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


class BoundedCache(dict[K, V]):
    """Dictionary with a maximum size and FIFO eviction; optionally with a maximum weight (see `put`).

    FIFO, not LRU: a lookup happens several times per request and must cost no more than `dict.get`.
    """

    def __init__(self, max_size: int, max_weight: float = inf) -> None:
        super().__init__()
        self._max_size, self._max_weight = max_size, max_weight
        self._weights: dict[K, float] = {}
        self._weight = 0.0
        self._lock = Lock()

    def put(self, key: K, value: V, weight: float = 0) -> None:
        """Store `value` and evict the oldest values until number and total weight are within the limits.

        A value that alone exceeds the maximum weight is not stored.
        """
        if weight > self._max_weight:
            return
        with self._lock:  # plans are also made in threads
            self._weight += weight - self._weights.pop(key, 0)
            if weight:
                self._weights[key] = weight
            super().__setitem__(key, value)
            while len(self) > self._max_size or self._weight > self._max_weight:
                oldest = next(iter(self))
                del self[oldest]
                self._weight -= self._weights.pop(oldest, 0)

    def __setitem__(self, key: K, value: V) -> None:
        self.put(key, value)


class SingleFlight:
    """Cache of results by key: work is done once for all callers that request its result. Failures are not cached."""

    def __init__(self, max_results: int = 32) -> None:
        self._tasks: BoundedCache[Hashable, asyncio.Task[Any]] = BoundedCache(max_results)
        self.in_flight: set[asyncio.Task[Any]] = set()
        """Work that has not ended."""

    async def run(
        self, key: Hashable, work: Callable[[], Awaitable[T]], should_cache: Callable[[T], bool] = lambda _: True
    ) -> T:
        """Return the result of `work`, or of the work that another caller started under the same key.

        A result for which `should_cache` returns False serves the callers that wait for it and no later ones.
        """
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = _start(work)
            self.in_flight.add(task)
            task.add_done_callback(lambda done: self._finish(key, done, should_cache))
        # A caller that is cancelled must not cancel the work for the others.
        result: T = task.result() if task.done() else await asyncio.shield(task)
        return result

    def clear(self) -> None:
        """Forget all results, and have work in flight serve no later caller."""
        self._tasks.clear()

    def _finish(self, key: Hashable, task: "asyncio.Task[Any]", should_cache: Callable[[Any], bool]) -> None:
        self.in_flight.discard(task)
        # Reading the exception also marks it as retrieved: all callers may have been cancelled.
        failed = task.cancelled() or task.exception() is not None
        if (failed or not should_cache(task.result())) and self._tasks.get(key) is task:
            del self._tasks[key]


class Snapshot(Protocol):
    """Data as they were at a version of the database."""

    @property
    def version(self) -> int | None:
        """Position of the last change in the data; None if a change at an earlier position may still be committed."""
        ...

    @property
    def weight(self) -> int:
        """Size, in the unit of the cache's limit."""
        ...


S = TypeVar("S", bound=Snapshot)


@dataclass(slots=True)
class _Entry:
    version: int
    """The version that was requested; after loading, the version that was loaded."""
    task: "asyncio.Future[Any]"
    weight: int = 0


class VersionedCache:
    """Cache of snapshots by key with LRU eviction; a snapshot is valid while its version is the current one."""

    def __init__(self, max_weight: int) -> None:
        self._max_weight = max_weight
        self._entries: dict[Hashable, _Entry] = {}

    async def get(self, key: Hashable, version: int, load: Callable[[], Awaitable[S]]) -> S:
        """Return the cached snapshot of this key and version, or load it; concurrent callers share one load."""
        entry = self._entries.pop(key, None)
        if entry is None or entry.version != version:
            entry = _Entry(version, _start(load))
            entry.task.add_done_callback(lambda _: self._store(key, entry))
        self._entries[key] = entry  # reinserted last: the least recently used entry is the first
        snapshot: S = await asyncio.shield(entry.task)
        return snapshot

    def _store(self, key: Hashable, entry: _Entry) -> None:
        loaded = not entry.task.cancelled() and entry.task.exception() is None
        version = entry.task.result().version if loaded else None
        if self._entries.get(key) is not entry:
            return
        if version is None:
            del self._entries[key]
            return
        entry.version, entry.weight = version, entry.task.result().weight
        while sum(e.weight for e in self._entries.values()) > self._max_weight:
            del self._entries[next(iter(self._entries))]


def _start(work: Callable[[], Awaitable[T]]) -> "asyncio.Task[T]":
    async def run() -> T:
        return await work()

    return asyncio.create_task(run())
