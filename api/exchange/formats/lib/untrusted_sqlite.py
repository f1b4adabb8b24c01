"""Reads SQLite files of unknown origin: nothing in them is carried out, and whatever is odd is refused.

The file is opened for reading alone, without its journal. Only plain tables are read: no view, no virtual table and no
generated column gets to say what happens when a row is looked at. Functions that its schema names are not trusted, and
how long one is looked for, and how large a value may be, is bounded.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import NoneType
from typing import Any

from api import limits
from api.exchange.format import Malformed

INTEGER: tuple[type, ...] = (int,)
TEXT: tuple[type, ...] = (str,)
OPTIONAL_INTEGER: tuple[type, ...] = (int, NoneType)
OPTIONAL_TEXT: tuple[type, ...] = (str, NoneType)
ColumnTypes = Mapping[str, tuple[type, ...]]
"""Columns, and what their values may be."""

_MAGIC = b"SQLite format 3\0"
_MAX_VALUE_BYTES = limits.IMPORT_VALUE.maximum
_STEPS_PER_CHECK = 10_000
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: _MAX_VALUE_BYTES,
    sqlite3.SQLITE_LIMIT_COLUMN: 200,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_SAFE_PRAGMAS = ("trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0", "query_only=ON")
_NAMES: Mapping[type, str] = {int: "a whole number", str: "a text", NoneType: "nothing", float: "a fraction"}


class SqliteFile:
    """A file that is open, and of which each table that was asked for is there with its columns."""

    def __init__(self, connection: sqlite3.Connection, patience: int) -> None:
        self._connection = connection
        self._patience = self._left = patience
        connection.set_progress_handler(self._out_of_patience, _STEPS_PER_CHECK)

    def _out_of_patience(self) -> bool:
        self._left -= 1
        return self._left < 0

    def rows(self, query: str, parameters: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a query of ours.

        :raises Malformed: where the file turns out to be damaged, or to take too long.
        """
        self._left = self._patience
        try:
            for row in self._connection.execute(query, parameters):
                yield row
                self._left = self._patience
        except UnicodeDecodeError:
            raise Malformed("the file holds a text that is not UTF-8") from None
        except sqlite3.OperationalError as error:
            if str(error) == "interrupted":
                raise Malformed("it takes too long to look through this file: it is damaged, or made to") from None
            raise Malformed(_damage_message(error)) from None
        except (sqlite3.Error, OverflowError) as error:
            raise Malformed(_damage_message(error)) from None

    def table(self, name: str, columns: ColumnTypes, order: str = "ID") -> Iterator[tuple[Any, ...]]:
        """The rows of a table, each value of a type that its column may have."""
        chosen = ", ".join(f'"{column}"' for column in columns)
        for row in self.rows(f'SELECT {chosen} FROM "{name}" ORDER BY {order}'):
            check_types(name, row, columns)
            yield row

    def names(self) -> set[str]:
        """The names of all tables, in capitals."""
        return {str(name).upper() for (name,) in self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")}

    def require(self, tables: Mapping[str, Sequence[str]]) -> None:
        """Check that these tables are there with these columns, and are plain.

        :raises Malformed: if one is not.
        """
        for table, columns in tables.items():
            _check_table(self, table, columns)

    def one(self, query: str, parameters: Sequence[object] = ()) -> Any:
        """The only value of a query; None where there is no row."""
        return next((row[0] for row in self.rows(query, parameters)), None)


def check_types(name: str, row: Sequence[Any], columns: ColumnTypes) -> None:
    """Hold the values of a row against what they may be; the first of them names the row.

    :raises Malformed: where one is of another type.
    """
    for value, (column, types) in zip(row, columns.items(), strict=True):
        if type(value) not in types:
            wanted = " or ".join(_NAMES[t] for t in types)
            is_ = _NAMES.get(type(value), "binary data")
            raise Malformed(f"{name} {row[0]!r}: {column} must be {wanted}, and is {is_}")


@contextmanager
def open_file(path: Path, tables: Mapping[str, Sequence[str]], patience: int = 200_000) -> Iterator[SqliteFile]:
    """The file at `path`, which must have these tables with these columns.

    `patience` is for how many ten thousands of SQLite's steps the next row is waited for.

    :raises Malformed: where it is no SQLite file, is damaged, or lacks one of them.
    """
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise Malformed("this is no SQLite file: it does not begin as one")
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        for limit, value in _LIMITS.items():
            connection.setlimit(limit, value)
        connection.text_factory = bytes.decode
        found = SqliteFile(connection, patience)
        for pragma in _SAFE_PRAGMAS:
            list(found.rows(f"PRAGMA {pragma}"))
        if (trouble := found.one("PRAGMA quick_check(1)")) != "ok":
            raise Malformed(f"the file is damaged: {' '.join(str(trouble).split())[:200]}")
        found.require(tables)
        yield found


def _check_table(file: SqliteFile, table: str, columns: Sequence[str]) -> None:
    found = [*file.rows("SELECT type, sql FROM sqlite_master WHERE upper(name) = ?", (table,))]
    if not found:
        raise Malformed(f"it has no table {table}")
    ((kind, sql),) = found
    if kind != "table" or not str(sql).upper().startswith("CREATE TABLE"):
        raise Malformed(f"{table} must be a plain table, and is something else")
    there = {str(row[1]).upper(): row[6] for row in file.rows(f'PRAGMA table_xinfo("{table}")')}
    for column in columns:
        if column.upper() not in there:
            raise Malformed(f"the table {table} has no column {column}")
        if there[column.upper()]:
            raise Malformed(f"{table}: the column {column} must hold values, not reckon them")


def _damage_message(error: Exception) -> str:
    return f"the file cannot be read: {' '.join(str(error).split())[:200]}"
