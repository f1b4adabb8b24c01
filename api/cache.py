"""What is kept ready for the next time, bounded by number and by weight."""

from math import inf
from threading import Lock
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


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
