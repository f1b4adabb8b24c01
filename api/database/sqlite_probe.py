"""Finds out whether a SQLite database can be written, without changing it."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from api.database.driver_errors import DISK_FULL, READ_ONLY
from api.errors import Unwritable

PROBE_BYTES = 262_144
"""A disk with less free space than this counts as full: the largest mutations would fail."""
_PROBE_BUSY_MS = 1_000


def check_disk(path: Path) -> None:
    """Let a database file pass if its disk has space and it and its folder may be written; nothing is written.

    :raises Unwritable: if not.
    """
    # The folder too: the write-ahead log and its index are made there.
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        raise Unwritable(READ_ONLY)
    if shutil.disk_usage(path.parent).free < PROBE_BYTES:
        raise Unwritable(DISK_FULL)


def probe_writing(path: Path, busy_ms: int = _PROBE_BUSY_MS) -> None:
    """Write to the database file, and take it back.

    :raises Unwritable, sqlite3.Error: if that fails.
    """
    check_disk(path)
    uri = f"{path.absolute().as_uri()}?mode=rw"
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=0)) as connection:
        # Space within the log says nothing of the disk: empty it first. While others use it, it stays as it is.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute(f"PRAGMA busy_timeout = {busy_ms}")
        connection.execute("PRAGMA cache_size = 10")  # so that what is written goes to the disk before the commit
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute("CREATE TABLE probe (data BLOB)")
            connection.execute("INSERT INTO probe VALUES (zeroblob(?))", [PROBE_BYTES])
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
