"""What is kept ready for the next time, bounded by number."""

from threading import Lock
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Kept(dict[K, V]):
    """At most so many values: the one that was put in first goes first.

    A plain dictionary to whoever looks something up, which happens several times in each request; caches that note
    each use take ten times as long. What is in use is made anew once in as many others as are kept.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most
        self._lock = Lock()

    def __setitem__(self, key: K, value: V) -> None:
        with self._lock:  # plans are also made in threads
            super().__setitem__(key, value)
            if len(self) > self._most:
                del self[next(iter(self))]
