"""What reads: a statement with its parameters goes in, plain rows come out; each is counted."""

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Dialect

from api.errors import Unavailable


class AllBusy(Unavailable):
    """The database is there, but all connections that may be opened to it stayed in use."""


@dataclass(slots=True)
class Tally:
    """How many statements were sent to the database on behalf of one operation."""

    statements: int = 0


tally: ContextVar[Tally | None] = ContextVar("tally", default=None)
"""Where the current operation counts its statements; nothing is counted where it is not set."""


def count_statement() -> None:
    """Count one statement on behalf of the current operation."""
    counter = tally.get()
    if counter is not None:
        counter.statements += 1


Row = Sequence[Any]
"""What a driver gives, but that text is still the UTF-8 bytes that the database sent."""


class Reader(Protocol):
    """Runs compiled, read-only statements and gives back plain rows."""

    dialect: Dialect

    async def rows(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        """All rows of a statement whose positional parameters are already in the driver's own types.

        :raises TimedOut: after the statement timeout.
        :raises Unavailable: where no connection is to be had.
        """
        ...

    async def glance(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        """As `rows`, but not counted and with text as `str`: to look up by key who is asking."""
        ...

    async def close(self) -> None:
        """Give all connections back to the system."""
        ...
