"""Reads and writes CSV: rows of cells in UTF-8, separated by commas, semicolons or tabs (ADR 0018).

The one reader of CSV: it bounds lines, cells and rows, and its error messages name the line.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from api import limits
from api.exchange.format import Malformed

MAX_LINE_BYTES = limits.IMPORT_LINE.maximum
MAX_ROWS = limits.IMPORT_ROWS.maximum
_MAX_CELL_CHARACTERS = limits.IMPORT_CELL.maximum
_DELIMITERS = ",;\t"
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED_FORMULA = re.compile(r"'+[=+\-@\t\r]")


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A row, and the number of the line on which it begins, counted from 1."""

    place: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A table: the names of its columns, and its rows, which are read lazily."""

    columns: Sequence[str]
    rows: Iterator[CsvRow]
    """Rows of any number of cells, without blank lines."""

    def full_rows(self) -> Iterator[CsvRow]:
        """Return the rows, at most `MAX_ROWS`, checking that each has a cell for each column.

        :raises Malformed: if a row has more or fewer cells, or there are too many rows.
        """
        for number, row in enumerate(self.rows):
            if number >= MAX_ROWS:
                raise Malformed(f"line {row.place}: more than {MAX_ROWS:,} rows; split the file")
            if len(row.cells) != len(self.columns):
                columns = f"the first line names {len(self.columns)} columns"
                raise Malformed(f"line {row.place}: {len(row.cells)} cells, where {columns}")
            yield row

    def places(self, needed: Sequence[str], known: Sequence[str] = ()) -> tuple[dict[str, int], list[str]]:
        """Return the index of each column that is needed or known, and the names of all other columns.

        Names are compared in snake case: `validFrom` and `Valid From` are `valid_from`.

        :raises Malformed: if a needed column is missing, or two columns have one name.
        """
        columns = [_snake_case(name) for name in self.columns]
        twice = next(
            (name for name, snake in zip(self.columns, columns, strict=True) if columns.count(snake) > 1), None
        )
        if twice is not None:
            raise Malformed(f"line 1: there are two columns {twice[:100]!r}")
        missing = [name for name in needed if name not in columns]
        if missing:
            names = ", ".join(self.columns)[:200]
            raise Malformed(f"line 1: there is no column {missing[0]!r}; the columns are: {names}")
        places = {name: columns.index(name) for name in (*needed, *known) if name in columns}
        return places, [name for name in self.columns if _snake_case(name) not in places]


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[ .\-]+", "_", name).lower()


def read_table(path: Path, delimiter: str | None = None, max_line_bytes: int = MAX_LINE_BYTES) -> CsvTable:
    """Read the header of a file; its rows are read lazily.

    If `delimiter` is None, it is the delimiter that is most frequent in the header.

    :raises Malformed: if there is no header; while iterating, at the first row that is no CSV.
    """
    lines = text_lines(path, max_line_bytes)
    first = next(lines, None)
    if first is None:
        raise Malformed("line 1: there is no header: the file is empty")
    delimiter = delimiter or max(_DELIMITERS, key=first.count)
    rows = _rows(_chain(first, lines), delimiter)
    header = next(rows, None)
    columns = [] if header is None or header.place > 1 else [name.strip() for name in header.cells]
    if not any(columns):
        raise Malformed("line 1: there is no header; the first line names the columns")
    return CsvTable(columns, rows)


def _chain(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def text_lines(path: Path, max_bytes: int = MAX_LINE_BYTES) -> Iterator[str]:
    """Return the lines of a text file, reading no more than `max_bytes` of a line.

    :raises Malformed: if a line is longer, is not in UTF-8, or contains NUL.
    """
    with path.open("rb") as file:
        number = 0
        while line := file.readline(max_bytes + 1):
            number += 1
            if len(line) > max_bytes:
                raise Malformed(f"line {number}: longer than {max_bytes:,} bytes")
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError:
                raise Malformed(f"line {number}: not in UTF-8; save the file as UTF-8") from None
            if "\0" in text:
                raise Malformed(f"line {number}: contains a NUL character; save the file as text in UTF-8")
            yield text


def _rows(lines: Iterator[str], delimiter: str) -> Iterator[CsvRow]:
    csv.field_size_limit(_MAX_CELL_CHARACTERS)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        place = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Malformed(f"line {place}: {_syntax_error(str(error))}") from None
        if cells and cells != [""]:
            yield CsvRow(place, cells)


def _syntax_error(error: str) -> str:
    if "field larger" in error:
        return f"a cell has more than {_MAX_CELL_CHARACTERS:,} characters: is a quotation mark before it never closed?"
    if "unexpected end" in error:
        return "the file ends within a quoted cell: it is truncated, or a quotation mark is never closed"
    if "expected after" in error:
        return 'text follows a closing quotation mark: within a quoted cell, " is written as ""'
    return error


def escape_formula(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: an apostrophe precedes text that begins like one."""
    return f"'{text}" if _FORMULA.match(text) else text


def unescape_formula(text: str) -> str:
    """Return the text of a cell that `escape_formula` made."""
    return text[1:] if _ESCAPED_FORMULA.match(text) else text


def csv_bytes(rows: Iterable[Sequence[object]], delimiter: str = ",") -> bytes:
    """Return rows as CSV in UTF-8; None is an empty cell.

    Texts must have been escaped by `escape_formula`: this function cannot, since a number may begin with a minus.
    """
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue().encode()
