"""Checks whether a SQLite database can be written, without changing it."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from api.database.driver_errors import DISK_FULL, READ_ONLY
from api.errors import Unwritable

PROBE_BYTES = 262_144
"""A disk with less free space counts as full: the largest mutations would fail."""
_PROBE_BUSY_MS = 1_000


def check_disk(path: Path) -> None:
    """Check that file and folder of a database may be written and that the disk has space; writes nothing.

    :raises Unwritable: if the disk is full or read-only.
    """
    # The folder too: SQLite makes the write-ahead log and its index in it.
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        raise Unwritable(READ_ONLY)
    if shutil.disk_usage(path.parent).free < PROBE_BYTES:
        raise Unwritable(DISK_FULL)


def probe_writing(path: Path, busy_ms: int = _PROBE_BUSY_MS) -> None:
    """Write to the database file and roll back.

    :raises Unwritable, sqlite3.Error: if the database cannot be written.
    """
    check_disk(path)
    uri = f"{path.absolute().as_uri()}?mode=rw"
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=0)) as connection:
        # The probe might fit into free pages of the log: truncate the log first. If others use the log, it stays.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute(f"PRAGMA busy_timeout = {busy_ms}")
        connection.execute("PRAGMA cache_size = 10")  # writes go to the disk before the commit
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute("CREATE TABLE probe (data BLOB)")
            connection.execute("INSERT INTO probe VALUES (zeroblob(?))", [PROBE_BYTES])
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
