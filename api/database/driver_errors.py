"""Maps the errors of both database drivers to those that a caller is told."""

import sqlite3

from api.errors import OperationError, TimedOut, TooCostly, Unavailable, Unwritable

TIMEOUT_MESSAGE = "the database took longer than the statement timeout allows; ask for less at once"
TOO_MUCH_AT_ONCE = "this is more than the database can answer at once: nest less deeply, or split it up"
UNREACHABLE = "the database cannot be reached"
BUSY = "the database is busy; try again"
LOCKED = "another process keeps the database locked: end that process, or wait for it"
ALL_BUSY = "all connections to the database are busy; try again"
NO_CONNECTIONS = "the database takes no more connections; try again later"
OUT_OF_RESOURCES = "the database is out of resources; try again later"
DISK_FULL = "the database's disk is full: no change can be stored"
READ_ONLY = "the database is read-only: no change can be stored"
IO_ERROR = "the database's files could not be read or written: no change was stored"
DAMAGED = "the database file is damaged, or is no SQLite database"

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
_SQLITE_BOUNDS = ("parser stack overflow", "tables in a join", "tree is too large", "too many columns")
_BY_SQLSTATE: tuple[tuple[str, type[OperationError], str], ...] = (
    ("57014", TimedOut, TIMEOUT_MESSAGE),
    ("54001", TooCostly, TOO_MUCH_AT_ONCE),
    ("54011", TooCostly, TOO_MUCH_AT_ONCE),
    ("54023", TooCostly, TOO_MUCH_AT_ONCE),
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
"""Beginnings of SQLSTATEs; the first that fits counts."""


def sqlite_error(error: sqlite3.Error) -> Exception:
    """Return the error that stands for `error`; `error` itself if it is a fault of the program."""
    # The extended code holds the primary one in its lowest byte.
    found = _BY_SQLITE_CODE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    if found is not None:
        kind, message = found
        return kind(message)
    if any(bound in str(error) for bound in _SQLITE_BOUNDS):
        return TooCostly(TOO_MUCH_AT_ONCE)
    return error


def sqlstate_error(state: str | None) -> OperationError | None:
    """Return the error that stands for an SQLSTATE of Postgres; None if it is a fault of the program."""
    for beginning, kind, message in _BY_SQLSTATE:
        if state is not None and state.startswith(beginning):
            return kind(message)
    return None


def cause_of(error: BaseException) -> str:
    """Return what the driver said, in one line and without the statement and its values."""
    below: BaseException | None = error
    while below is not None:
        error = below
        wrapped = getattr(error, "orig", None)  # SQLAlchemy's errors hold the driver's, which may hold one more
        below = (wrapped.__cause__ or wrapped) if wrapped is not None else None
        if isinstance(error, OperationError):
            below = error.__cause__
    return str(error).strip().partition("\n")[0] or type(error).__name__
