"""The floor: the minimum cost of the same responses.

One endpoint an operation, the best SQL for this very answer written by hand, and no token, no limits, no checks, no
log. The SQL stands in `sql/`, to be read and explained.
"""

from pathlib import Path
from typing import Protocol

from bench.operations import Variables

_SQL = Path(__file__).parent / "sql"


class Floor(Protocol):
    """The hand-written endpoints for one database."""

    async def open(self) -> None:
        """Open the connections."""
        ...

    async def answer(self, name: str, variables: Variables) -> str:
        """Return the JSON text of the response to the operation `name`."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


def statement(folder: str, name: str, **blanks: str) -> str:
    """Return the hand-written SQL statement `name` for one of the databases."""
    lines = (_SQL / folder / f"{name}.sql").read_text().splitlines()
    sql = "\n".join(line for line in lines if not line.startswith("--"))
    for blank, filling in blanks.items():
        sql = sql.replace(f"{{{blank}}}", filling)
    return sql
