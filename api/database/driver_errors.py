"""Maps the errors of both database drivers to errors with a code and a message for the client."""

import sqlite3

from api.errors import OperationError, TimedOut, TooCostly, Unavailable, Unwritable

TIMEOUT_MESSAGE = "the query took longer than the statement timeout; request less in one operation"
TOO_LARGE = "the operation is too large for the database; nest fewer levels, or split the operation up"
UNREACHABLE = "the database cannot be reached"
BUSY = "the database is busy; try again"
LOCKED = "another process has locked the database: end that process, or wait for it"
ALL_BUSY = "all connections to the database are busy; try again"
NO_CONNECTIONS = "the database takes no more connections; try again later"
OUT_OF_RESOURCES = "the database is out of resources; try again later"
DISK_FULL = "the database's disk is full: no change can be stored"
READ_ONLY = "the database is read-only: no change can be stored"
IO_ERROR = "the database's files could not be read or written: no change was stored"
DAMAGED = "the database file is damaged or no SQLite database"

_BY_SQLITE_CODE: dict[int, tuple[type[OperationError], str]] = {
    sqlite3.SQLITE_PERM: (Unwritable, READ_ONLY),
    sqlite3.SQLITE_BUSY: (Unavailable, BUSY),
    sqlite3.SQLITE_LOCKED: (Unavailable, BUSY),
    sqlite3.SQLITE_READONLY: (Unwritable, READ_ONLY),
    sqlite3.SQLITE_INTERRUPT: (TimedOut, TIMEOUT_MESSAGE),
    sqlite3.SQLITE_IOERR: (Unwritable, IO_ERROR),
    sqlite3.SQLITE_CORRUPT: (Unavailable, DAMAGED),
    sqlite3.SQLITE_FULL: (Unwritable, DISK_FULL),
    sqlite3.SQLITE_CANTOPEN: (Unavailable, UNREACHABLE),
    sqlite3.SQLITE_PROTOCOL: (Unavailable, BUSY),
    sqlite3.SQLITE_NOTADB: (Unavailable, DAMAGED),
}
_SQLITE_LIMITS = ("parser stack overflow", "tables in a join", "tree is too large", "too many columns")
_BY_SQLSTATE: tuple[tuple[str, type[OperationError], str], ...] = (
    ("57014", TimedOut, TIMEOUT_MESSAGE),
    ("54001", TooCostly, TOO_LARGE),
    ("54011", TooCostly, TOO_LARGE),
    ("54023", TooCostly, TOO_LARGE),
    ("55P03", Unavailable, BUSY),
    ("53100", Unwritable, DISK_FULL),
    ("53300", Unavailable, NO_CONNECTIONS),
    ("53", Unavailable, OUT_OF_RESOURCES),
    ("25006", Unwritable, READ_ONLY),
    ("58030", Unwritable, IO_ERROR),
    ("08", Unavailable, UNREACHABLE),
    ("28", Unavailable, UNREACHABLE),
    ("3D", Unavailable, UNREACHABLE),
    ("57P", Unavailable, UNREACHABLE),
)
"""Prefixes of SQLSTATEs; the first match counts."""


def sqlite_error(error: sqlite3.Error) -> Exception:
    """Return the error to raise for `error`; `error` itself if the program is at fault."""
    # The lowest byte of an extended code is the primary code.
    found = _BY_SQLITE_CODE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    if found is not None:
        kind, message = found
        return kind(message)
    if any(limit in str(error) for limit in _SQLITE_LIMITS):
        return TooCostly(TOO_LARGE)
    return error


def sqlstate_error(state: str | None) -> OperationError | None:
    """Return the error to raise for an SQLSTATE of Postgres; None if the program is at fault."""
    for beginning, kind, message in _BY_SQLSTATE:
        if state is not None and state.startswith(beginning):
            return kind(message)
    return None


def cause_of(error: BaseException) -> str:
    """Return the driver's message in one line, without the statement and its values."""
    below: BaseException | None = error
    while below is not None:
        error = below
        wrapped = getattr(error, "orig", None)  # SQLAlchemy wraps the driver's error, which may wrap another
        below = (wrapped.__cause__ or wrapped) if wrapped is not None else None
        if isinstance(error, OperationError):
            below = error.__cause__
    return str(error).strip().partition("\n")[0] or type(error).__name__
