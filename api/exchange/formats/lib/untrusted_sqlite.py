"""Reads untrusted SQLite files: no code in them is run, and whatever is unusual is refused (ADR 0019).

The file is opened read-only, without its journal. Only plain tables are read: views, virtual tables and generated
columns could run functions when a row is read. Functions in the schema are not trusted. The number of steps to the next
row and the size of values are limited.
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
"""The permitted types of values by column."""

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
    """An open file whose required tables and columns exist."""

    def __init__(self, connection: sqlite3.Connection, patience: int) -> None:
        self._connection = connection
        self._patience = self._left = patience
        connection.set_progress_handler(self._out_of_patience, _STEPS_PER_CHECK)

    def _out_of_patience(self) -> bool:
        self._left -= 1
        return self._left < 0

    def rows(self, query: str, parameters: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """Return the rows of a query.

        :raises Malformed: if the file is damaged, or a row takes too long.
        """
        self._left = self._patience
        try:
            for row in self._connection.execute(query, parameters):
                yield row
                self._left = self._patience
        except UnicodeDecodeError:
            raise Malformed("the file contains text that is not in UTF-8") from None
        except sqlite3.OperationalError as error:
            if str(error) == "interrupted":
                raise Malformed("reading the file takes too long: it is damaged, or was made to attack") from None
            raise Malformed(_damage_message(error)) from None
        except (sqlite3.Error, OverflowError) as error:
            raise Malformed(_damage_message(error)) from None

    def table(self, name: str, columns: ColumnTypes, order: str = "ID") -> Iterator[tuple[Any, ...]]:
        """Return the rows of a table, after checking the types of their values."""
        chosen = ", ".join(f'"{column}"' for column in columns)
        for row in self.rows(f'SELECT {chosen} FROM "{name}" ORDER BY {order}'):
            check_types(name, row, columns)
            yield row

    def names(self) -> set[str]:
        """Return the names of all tables, in upper case."""
        return {str(name).upper() for (name,) in self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")}

    def require(self, tables: Mapping[str, Sequence[str]]) -> None:
        """Check that these tables exist with these columns, and are plain tables.

        :raises Malformed: if a table or column is missing, or is not plain.
        """
        for table, columns in tables.items():
            _check_table(self, table, columns)

    def one(self, query: str, parameters: Sequence[object] = ()) -> Any:
        """Return the first value of a query; None if there is no row."""
        return next((row[0] for row in self.rows(query, parameters)), None)


def check_types(name: str, row: Sequence[Any], columns: ColumnTypes) -> None:
    """Check the types of the values of a row; the first value identifies the row in error messages.

    :raises Malformed: if a value is of another type.
    """
    for value, (column, types) in zip(row, columns.items(), strict=True):
        if type(value) not in types:
            expected = " or ".join(_NAMES[t] for t in types)
            found = _NAMES.get(type(value), "binary data")
            raise Malformed(f"{name} {row[0]!r}: {column} must be {expected}, and is {found}")


@contextmanager
def open_file(path: Path, tables: Mapping[str, Sequence[str]], patience: int = 200_000) -> Iterator[SqliteFile]:
    """Open the file at `path`, which must have these tables with these columns.

    `patience` is the maximum number of SQLite's steps to the next row, in units of 10,000.

    :raises Malformed: if it is no SQLite file, is damaged, or lacks a table or column.
    """
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise Malformed("this is not an SQLite file")
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
        raise Malformed(f"the file has no table {table}")
    ((kind, sql),) = found
    if kind != "table" or not str(sql).upper().startswith("CREATE TABLE"):
        raise Malformed(f"{table} must be a plain table, and is not")
    there = {str(row[1]).upper(): row[6] for row in file.rows(f'PRAGMA table_xinfo("{table}")')}
    for column in columns:
        if column.upper() not in there:
            raise Malformed(f"the table {table} has no column {column}")
        if there[column.upper()]:
            raise Malformed(f"{table}: the column {column} must not be generated")


def _damage_message(error: Exception) -> str:
    return f"the file cannot be read: {' '.join(str(error).split())[:200]}"
