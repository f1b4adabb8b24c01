"""Reads columns as arrays: SQL concatenates the rows of a query into one text, which numpy splits by fixed widths.

Creating objects for hundreds of thousands of rows would block the event loop. One text is passed to a thread without
a copy, and blocks the event loop no longer than any other answer. ADR 0015.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from sqlalchemy import Select, Text, cast, func, literal_column, select

from api.analysis.arrays import Days, Integers, Records, RowKeys
from api.graphql.sql.dialects import DialectText, Expression
from api.numeric import np
from models.base import Base, table_of

KEY, DAY, NUMBER = 36, 10, 8
"""Widths, in characters: of a key (a UUID), a day in ISO 8601, and a row number."""
_SEPARATOR = b","


# ---------------------------------------------------------------- SQL


def concat(*texts: Expression) -> Expression:
    """Return the concatenation of columns, each as text."""
    parts: list[Expression] = [cast(text, Text) for text in texts]
    return reduce(lambda text, part: text.op("||", return_type=Text())(part), parts)


def digits(number: Expression, width: int = NUMBER) -> Expression:
    """Return a number below 10 to the power of `width`, padded with zeros to `width` digits."""
    return func.substr(cast(literal_column(str(10**width)) + number, Text), 2)


def numbered(model: type[Base]) -> Any:
    """Return a subquery of all rows of a table: their keys, and their numbers from 1 in the order of the keys."""
    row = table_of(model).alias()
    return select(row.c.id, func.row_number().over(order_by=row.c.id).label("number")).subquery()


def numbered_keys(dialect: DialectText, model: type[Base]) -> Expression:
    """Return the text of all keys of a table, in the order in which `numbered` numbers them."""
    row = table_of(model).alias()
    keys = dialect.ordered(select(row.c.id).order_by(row.c.id)).subquery()
    return select(dialect.joined(dialect.plain(keys.c.id), [keys.c.id])).scalar_subquery()


def joined_entries(dialect: DialectText, entry: Expression, rows: Select[Any], key: Expression) -> Expression:
    """Return the text of `entry` of all rows, in the order of `key`."""
    entries = dialect.ordered(rows.add_columns(key.label("id"), entry.label("entry")), key).subquery()
    return select(dialect.joined(entries.c.entry, [entries.c.id])).scalar_subquery()


# ---------------------------------------------------------------- arrays


class Layout:
    """Names and widths of the columns in the entries of a text, where commas separate the entries."""

    def __init__(self, **widths: int) -> None:
        self._widths = widths

    def parse(self, text: bytes | None) -> Records:
        """Return the entries of a text as a structured array with a field for each column."""
        fields = [(name, f"S{width}") for name, width in self._widths.items()]
        entries = text + _SEPARATOR if text else b""
        return np.frombuffer(entries, dtype=np.dtype([*fields, ("separator", "S1")]))


def parse_keys(text: bytes | None, width: int = KEY) -> RowKeys:
    """Return the keys in a text as an array of byte strings of `width` characters."""
    keys: RowKeys = Layout(key=width).parse(text)["key"].copy()
    return keys


def key_at(text: bytes | None, number: int) -> str:
    """Return one key of the text of `numbered_keys`, by its number."""
    start = (number - 1) * (KEY + len(_SEPARATOR))
    return (text or b"")[start : start + KEY].decode()


def parse_numbers(column: RowKeys) -> Integers:
    """Return the numbers in a column of decimal digits."""
    return _decimal(_characters(column))


def parse_days(column: RowKeys) -> Days:
    """Return the days in a column of ISO 8601 dates."""
    characters = _characters(column)
    year, month, day = (_decimal(characters[:, start:end]) for start, end in ((0, 4), (5, 7), (8, DAY)))
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days: Days = months.astype("datetime64[D]") + (day - 1).astype("timedelta64[D]")
    return days


def parse_halves(column: RowKeys) -> RowKeys:
    """Return UUIDs in a column as two unsigned integers of 64 bits each, shape (n, 2): they sort faster than texts."""
    written = np.ascontiguousarray(column.astype(f"S{KEY}")).tobytes()
    halves = np.frombuffer(bytes.fromhex(written.replace(b"-", b"").decode()), dtype=">u8")
    return halves.reshape(-1, 2).astype(np.uint64)


def _characters(column: RowKeys) -> Integers:
    """Return the values of the digits in a column, shape (n, width)."""
    width = column.dtype.itemsize
    return np.ascontiguousarray(column).view(np.uint8).reshape(-1, width).astype(np.int64) - ord("0")


def _decimal(values: Integers) -> Integers:
    numbers: Integers = values @ (10 ** np.arange(values.shape[1] - 1, -1, -1))
    return numbers


def as_version(position: int, settled: int) -> int | None:
    """Return the position of the last change as a version; None if an earlier change may still be committed.

    The two are selected by `change_watermark.version_columns`.
    """
    return position if position < settled else None


def unique_keys(*columns: RowKeys) -> tuple[RowKeys, Sequence[Integers]]:
    """Return the distinct keys of some columns, sorted, and for each column the indexes of its keys among them."""
    keys, places = np.unique(np.concatenate(columns), return_inverse=True)
    ends = np.cumsum([len(column) for column in columns[:-1]])
    return keys, [part.astype(np.int64) for part in np.split(places.reshape(-1), ends)]
