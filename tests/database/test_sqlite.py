"""SQLite runs short queries on the event loop and long ones in threads."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from api.database.reader import Row
from api.database.sqlite import SqliteReader
from api.settings import load

SQL = "SELECT who()"
LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT who(), max(i) FROM n"


def waited(seconds: float) -> int:
    time.sleep(seconds)
    return 1


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database with the functions `who()`, the calling thread, and `wait(seconds)`, which waits and returns 1."""
    path = tmp_path / "some.db"
    sqlite3.connect(path).close()
    opened = SqliteReader._open

    def opening(reader: SqliteReader) -> sqlite3.Connection:
        connection = opened(reader)
        connection.create_function("who", 0, threading.get_ident)
        connection.create_function("wait", 1, waited)
        return connection

    monkeypatch.setattr(SqliteReader, "_open", opening)
    return path


def asked(path: Path, *statements: str) -> list[bool]:
    """Return for each statement whether it ran on the event loop."""

    async def ask() -> list[bool]:
        reader = SqliteReader(path, load({"STANCEGRAPH_STATEMENT_TIMEOUT_MS": "60000"}))
        try:
            return [(await reader.rows(sql, ()))[0][0] == threading.get_ident() for sql in statements]
        finally:
            await reader.close()

    return asyncio.run(ask())


def test_what_is_short_is_done_in_the_loop(path: Path) -> None:
    assert asked(path, SQL, SQL) == [True, True]


def test_what_is_long_is_done_in_a_thread(path: Path) -> None:
    assert asked(path, LONG) == [False]


def test_strikes_of_a_slow_query_decay(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_inline, left = SqliteReader._run_inline, [3]

    def interrupted(reader: SqliteReader, *given: Any) -> Sequence[Row]:
        if left[0]:
            left[0] -= 1
            raise sqlite3.OperationalError("interrupted")
        return run_inline(reader, *given)

    monkeypatch.setattr(SqliteReader, "_run_inline", interrupted)
    here = asked(path, *[SQL] * 50)
    assert not any(here[:4])
    assert here[-1]


def test_what_waits_is_not_long(path: Path) -> None:
    """Other threads or processes may use the CPU meanwhile."""
    waiting = LONG.replace("SELECT 1 ", "SELECT wait(0.002) ").replace("300000", "300")
    assert asked(path, waiting) == [True]
    assert asked(path, waiting.replace("0.002", "0.2")) == [False]
