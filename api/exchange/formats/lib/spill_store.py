"""A key-value store in a temporary file: what an export looks up while it streams, without holding it in memory."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from typing import Any

from api.exchange.formats.lib.temporary_files import scratch_folder

_CACHE_SIZE = 2_000
"""Number of values in the cache; most look-ups are of a few actors and topics."""


class SpillStore:
    """A multimap from kind and key to JSON values, in a temporary SQLite file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._number = 0
        self._first = lru_cache(_CACHE_SIZE)(self._looked_up)

    def put(self, kind: str, values: Iterable[tuple[str, Any]]) -> None:
        """Add values, each with its key."""
        self._first.cache_clear()
        self._connection.executemany("INSERT INTO spill VALUES (?, ?, ?, ?)", self._rows(kind, values))

    def _rows(self, kind: str, values: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, str, int, str]]:
        for key, value in values:
            self._number += 1
            yield kind, key, self._number, json.dumps(value, ensure_ascii=False)

    def all(self, kind: str, key: str) -> list[Any]:
        """Return all values of a key, in the order in which they were added."""
        found = self._connection.execute(
            "SELECT value FROM spill WHERE kind = ? AND key = ? ORDER BY number", (kind, key)
        )
        return [json.loads(value) for (value,) in found]

    def get(self, kind: str, key: str | None) -> Any:
        """Return the first value of a key, which must not be changed; None if there is none."""
        return None if key is None else self._first(kind, key)

    def _looked_up(self, kind: str, key: str) -> Any:
        return next(iter(self.all(kind, key)), None)


@contextmanager
def spill_store() -> Iterator[SpillStore]:
    """Return an empty store, which is deleted at the end of the block."""
    with scratch_folder() as folder:
        path = folder / "spill"
        with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as connection:
            for pragma in ("journal_mode=OFF", "synchronous=OFF"):
                connection.execute(f"PRAGMA {pragma}")
            connection.execute("BEGIN")
            connection.execute(
                "CREATE TABLE spill (kind TEXT, key TEXT, number INTEGER, value TEXT, PRIMARY KEY (kind, key, number))"
                " WITHOUT ROWID"
            )
            yield SpillStore(connection)
