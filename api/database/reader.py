"""The interface of readers: they run compiled SQL and return plain rows. Counts the statements of an operation."""

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Dialect

from api.errors import Unavailable


class PoolExhausted(Unavailable):
    """All connections of the pool stayed in use until the timeout; the database itself answers."""


@dataclass(slots=True)
class StatementCount:
    """Number of SQL statements that one operation has sent to the database."""

    statements: int = 0


statement_count: ContextVar[StatementCount | None] = ContextVar("statement_count", default=None)
"""The count of the current operation; statements of anything else are not counted."""


def count_statement() -> None:
    """Count one statement of the current operation."""
    counter = statement_count.get()
    if counter is not None:
        counter.statements += 1


Row = Sequence[Any]
"""A row of the driver. Text is the UTF-8 bytes that the database sent."""


class Reader(Protocol):
    """Runs compiled, read-only SQL and returns plain rows."""

    dialect: Dialect

    async def rows(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        """Return all rows of a query. Its positional parameters must have the driver's types.

        :raises TimedOut: after the statement timeout.
        :raises Unavailable: if no connection can be opened or becomes free.
        """
        ...

    async def lookup(self, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
        """As `rows`, but not counted and with text as `str`: for lookups by key, such as of a token."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...
