"""Tables as text: rows of cells, in UTF-8, set apart by commas, semicolons or tabs."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from api import limits
from api.exchange.format import Malformed

MAX_LINE_BYTES = limits.IMPORT_LINE.maximum
"""Bytes in a line."""
MAX_ROWS = limits.IMPORT_ROWS.maximum
_DELIMITERS = ",;\t"
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED_FORMULA = re.compile(r"'+[=+\-@\t\r]")


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A row, and the line on which it begins, counted from 1."""

    place: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A table: the names of its columns, and its rows as they are read."""

    columns: Sequence[str]
    rows: Iterator[CsvRow]

    def places(self, needed: Sequence[str], known: Sequence[str] = ()) -> tuple[dict[str, int], list[str]]:
        """Column → its place, of those that are needed or known; and the names of the others.

        :raises Malformed: where one that is needed is not there.
        """
        columns = [_snake_case(name) for name in self.columns]
        missing = [name for name in needed if name not in columns]
        if missing:
            told = ", ".join(self.columns)[:200]
            raise Malformed(f"line 1: there is no column {missing[0]!r}; the columns are: {told}")
        places = {name: columns.index(name) for name in (*needed, *known) if name in columns}
        return places, [name for name in self.columns if _snake_case(name) not in places]


def _snake_case(name: str) -> str:
    """`validFrom` and `Valid From` are `valid_from`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[ .\-]+", "_", name).lower()


def read_table(path: Path) -> CsvTable:
    """The table in a file, whose first line names the columns.

    :raises Malformed: at once, or when a row is reached that is not as it must be.
    """
    text = text_lines(path)
    first = next(text, "")
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(_chained(first, text), delimiter=delimiter, strict=True)
    header = next(_rows(reader), None)
    columns = [] if header is None else [name.strip() for name in header.cells]
    if not any(columns):
        raise Malformed("line 1: the file is empty; its first line must name the columns")
    alike = [_snake_case(name) for name in columns]
    twice = next((name for name in columns if alike.count(_snake_case(name)) > 1), None)
    if twice is not None:
        raise Malformed(f"line 1: there are two columns {twice[:100]!r}")
    return CsvTable(columns, _checked(reader, len(columns)))


def _chained(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def text_lines(path: Path, most: int = MAX_LINE_BYTES) -> Iterator[str]:
    """The lines of a file of text. No line is read whole that has more than `most` bytes.

    :raises Malformed: at one that is longer, or not in UTF-8.
    """
    with path.open("rb") as file:
        number = 0
        while line := file.readline(most + 1):
            number += 1
            if len(line) > most:
                raise Malformed(f"line {number}: longer than {most:,} bytes")
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError:
                raise Malformed(f"line {number}: not in UTF-8; save the file as UTF-8") from None
            if "\0" in text:
                raise Malformed(f"line {number}: holds a character NUL; save the file as text in UTF-8")
            yield text


def _rows(reader: "csv._reader") -> Iterator[CsvRow]:  # type: ignore[name-defined]
    while True:
        place = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            ends = "the file ends within quotation marks" if "end of data" in str(error) else str(error)
            raise Malformed(f"line {place}: {ends}") from None
        yield CsvRow(place, cells)


def _checked(reader: "csv._reader", width: int) -> Iterator[CsvRow]:  # type: ignore[name-defined]
    for number, row in enumerate(_rows(reader)):
        if number >= MAX_ROWS:
            raise Malformed(f"line {row.place}: more than {MAX_ROWS:,} rows; split the file")
        if not row.cells or row.cells == [""]:
            continue
        if len(row.cells) != width:
            raise Malformed(f"line {row.place}: {len(row.cells)} cells, where the first line names {width} columns")
        yield row


def escape_formula(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: where it begins like one, behind an apostrophe."""
    return f"'{text}" if _FORMULA.match(text) else text


def unescape_formula(text: str) -> str:
    """The cell that `guarded` made `text` of."""
    return text[1:] if _ESCAPED_FORMULA.match(text) else text


def csv_bytes(rows: Iterable[Sequence[object]]) -> bytes:
    """Rows as text; None is an empty cell. Texts must be guarded already: a number may begin with a minus."""
    made = io.StringIO()
    csv.writer(made, lineterminator="\r\n").writerows(rows)
    return made.getvalue().encode()
