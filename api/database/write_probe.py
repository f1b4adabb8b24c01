"""Remembers that a change failed for a full or read-only disk, until a probe succeeds."""

import time
from collections.abc import Awaitable, Callable

from api.errors import Unavailable, Unwritable

_PROBE_INTERVAL_SECONDS = 1.0


class Writability:
    """Knows whether the database can be written.

    Probes only after a failure: a health check that writes would wake idle disks.
    """

    def __init__(self, probe: Callable[[], Awaitable[None]]) -> None:
        """:param probe: writes something and rolls it back, or raises `Unavailable`."""
        self._probe = probe
        self._failure: str | None = None
        self._next_probe = 0.0

    def record_failure(self, error: Unwritable) -> None:
        """Record that a change failed."""
        self._failure = str(error)

    async def failure(self) -> str | None:
        """Return why the database cannot be written; None if it can. Probes after a failure, at most once a second."""
        if self._failure is not None and time.monotonic() >= self._next_probe:
            self._next_probe = time.monotonic() + _PROBE_INTERVAL_SECONDS
            try:
                await self._probe()
            except Unwritable as error:
                self._failure = str(error)
            except Unavailable:
                pass  # busy or unreachable: the probe says nothing about the disk
            else:
                self._failure = None
        return self._failure
