"""The floor: what the same answers cost with nothing around them.

One endpoint an operation, the best SQL for this very answer written by hand, and no token, no limits, no checks, no
log. The SQL stands in `sql/`, to be read and explained.
"""

from pathlib import Path
from typing import Protocol

from bench.operations import Variables

_SQL = Path(__file__).parent / "sql"


class Floor(Protocol):
    """The hand-written endpoints over one database."""

    async def open(self) -> None:
        """Connect."""
        ...

    async def answer(self, name: str, variables: Variables) -> str:
        """The JSON text of the whole answer to the operation `name`."""
        ...

    async def close(self) -> None:
        """End all connections."""
        ...


def statement(folder: str, name: str, **blanks: str) -> str:
    """The hand-written statement `name` for one of the databases, its blanks filled in."""
    lines = (_SQL / folder / f"{name}.sql").read_text().splitlines()
    sql = "\n".join(line for line in lines if not line.startswith("--"))
    for blank, filling in blanks.items():
        sql = sql.replace(f"{{{blank}}}", filling)
    return sql
