"""Remembers that the database could not be written, until a probe shows that it can."""

import time
from collections.abc import Awaitable, Callable

from api.errors import Unavailable, Unwritable

_BETWEEN_PROBES_SECONDS = 1.0


class Writability:
    """Whether the database can be written, as far as this process knows.

    Nothing is written to find out as long as all goes well: a health check that writes would wake idle disks, and
    hide that the file system is nearly full.
    """

    def __init__(self, probe: Callable[[], Awaitable[None]]) -> None:
        """`probe` writes something and takes it back, or raises `Unavailable`."""
        self._probe = probe
        self._failure: str | None = None
        self._next_probe = 0.0

    def note(self, error: Unwritable) -> None:
        """Note that a change failed."""
        self._failure = str(error)

    async def failure(self) -> str | None:
        """Return why nothing can be written; None if all is well. After a failure it probes, at most once a second."""
        if self._failure is not None and time.monotonic() >= self._next_probe:
            self._next_probe = time.monotonic() + _BETWEEN_PROBES_SECONDS
            try:
                await self._probe()
            except Unwritable as error:
                self._failure = str(error)
            except Unavailable:
                pass  # busy or gone: nothing new is known of the disk
            else:
                self._failure = None
        return self._failure
