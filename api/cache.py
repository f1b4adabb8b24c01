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
    """At most so many values: the one that was put in first goes first.

    A plain dictionary to whoever looks something up, which happens several times in each request; caches that note
    each use take ten times as long. What is in use is made anew once in as many others as are kept.
    """

    def __init__(self, most: int, most_weight: float = inf) -> None:
        """`most_weight`: the total weight of what is put in by `put`, in whatever unit the caller weighs."""
        super().__init__()
        self._most, self._most_weight = most, most_weight
        self._weights: dict[K, float] = {}
        self._weight = 0.0
        self._lock = Lock()

    def put(self, key: K, value: V, weight: float) -> None:
        """Store `value`, and evict the oldest values until the total weight is within the bound.

        A value that alone is heavier than the bound is not stored.
        """
        if weight > self._most_weight:
            return
        with self._lock:
            self._weight += weight - self._weights.get(key, 0)
            self._weights[key] = weight
            super().__setitem__(key, value)
            while len(self) > self._most or self._weight > self._most_weight:
                oldest = next(iter(self))
                del self[oldest]
                self._weight -= self._weights.pop(oldest, 0)

    def __setitem__(self, key: K, value: V) -> None:
        with self._lock:  # plans are also made in threads
            super().__setitem__(key, value)
            if len(self) > self._most:
                del self[next(iter(self))]


class SingleFlight:
    """Cache of results by key: work is done once for all callers that request its result. Failures are not cached."""

    def __init__(self, max_results: int = 32) -> None:
        self._tasks: BoundedCache[Hashable, asyncio.Future[Any]] = BoundedCache(max_results)

    async def run(self, key: Hashable, work: Callable[[], Awaitable[T]]) -> T:
        """Return the result of `work`, or of the work that another caller started under the same key."""
        task = self._tasks.get(key)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._tasks[key] = _start(work)
        # A caller that is cancelled must not cancel the work for the others.
        result: T = await asyncio.shield(task)
        return result


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
