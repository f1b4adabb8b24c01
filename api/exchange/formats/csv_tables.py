"""CSV: one file for each kind of record, recognised by its header."""

import csv
import datetime as dt
import io
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api import limits
from api.exchange.format import (
    LINE,
    Format,
    Invalid,
    Malformed,
    Option,
    Options,
    Parsed,
    ParseEvents,
    RecordSource,
    Skipped,
)
from api.exchange.formats.lib.csv_files import escape_formula, text_lines, unescape_formula
from api.exchange.formats.lib.record_tables import TABLES, InvalidCell, RecordTable
from api.exchange.records import Actor, Annotator, Record, Stance
from models import ActorKind

_MAX_LINE_BYTES = limits.IMPORT_CSV_LINE.maximum
"""Bytes: the longest text there may be, with all its quotation marks doubled."""
_MAX_CELL_CHARACTERS = limits.IMPORT_CELL.maximum
_CHUNK_CHARACTERS = 65_536
_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t"}
_DATES = {"YMD": (1, 2, 3), "MDY": (3, 1, 2), "DMY": (3, 2, 1)}


def _read(path: Path, options: Options) -> ParseEvents:
    csv.field_size_limit(_MAX_CELL_CHARACTERS)
    delimiter = _DELIMITERS[options.get("delimiter", "comma")]
    rows = csv.reader(text_lines(path, _MAX_LINE_BYTES), delimiter=delimiter, strict=True)
    try:
        header = next(rows, None)
        if not header or not any(map(str.strip, header)):
            raise Malformed("line 1: there is no header; the first line names the columns")
        layout = _layout([cell.strip() for cell in header], options)
        if layout.left_out:
            yield Skipped(1, f"columns left out: {', '.join(layout.left_out)}")
        yield from _records(layout, rows, options)
    except csv.Error as error:
        raise Malformed(f"line {rows.line_num}: {_syntax_error(str(error))}") from None


def _syntax_error(error: str) -> str:
    if "field larger" in error:
        return f"a cell has more than {_MAX_CELL_CHARACTERS:,} characters: is a quotation mark before it never closed?"
    if "unexpected end" in error:
        return "the file ends within a quoted cell: it is cut off, or a quotation mark is never closed"
    if "expected after" in error:
        return 'something stands behind a closing quotation mark: within a quoted cell, " is written as ""'
    return error


@dataclass(frozen=True, slots=True)
class _Layout:
    """What a file holds, and where."""

    table: RecordTable
    places: Mapping[str, int]
    """Header, as this format calls it → which cell of a row."""
    width: int
    constants: Mapping[str, str]
    left_out: Sequence[str]


def _layout(header: Sequence[str], options: Options) -> _Layout:
    mapped, constants = _pairs(options, "column"), _pairs(options, "value")
    doubled = sorted({name for name in header if header.count(name) > 1})
    if doubled:
        raise Malformed(f"line 1: there are two columns {doubled[0]!r}")
    for ours, theirs in mapped.items():
        if theirs not in header:
            known = _abbreviated_list(header)
            raise Malformed(f"line 1: there is no column {theirs!r} (--column {ours}={theirs}); there are {known}")
    places = _column_indexes(header, mapped)
    table = _table(list(places), constants, options)
    unknown = [name for name in (*mapped, *constants) if name not in table.headers]
    if unknown:
        raise Malformed(f"{table.name} have no column {unknown[0]!r}; they have {_abbreviated_list(table.headers)}")
    places = {name: place for name, place in places.items() if name in table.headers}
    left_out = [name for place, name in enumerate(header) if place not in places.values()]
    if left_out and not mapped:
        raise Malformed(
            f"line 1: {table.name} have no column {left_out[0]!r}; they have {_abbreviated_list(table.headers)};"
            " --column NAME=HEADER says which column is which, and leaves out all others"
        )
    return _Layout(table, places, len(header), constants, left_out)


def _column_indexes(header: Sequence[str], mapped: Mapping[str, str]) -> dict[str, int]:
    """The place of each column: as `--column` says, else by its own header, unless that has another name now.

    A header may be given to several names. A column whose own name is given to another column is left out.
    """
    places = {name: place for place, name in enumerate(header) if name not in {*mapped, *mapped.values()}}
    return places | {ours: header.index(theirs) for ours, theirs in mapped.items()}


_PAIR_EXAMPLES = {"column": "NAME=HEADER, such as title=headline", "value": "NAME=VALUE, such as language=en"}


def _pairs(options: Options, name: str) -> dict[str, str]:
    """The pairs of an option; a name that is given twice is refused."""
    pairs: dict[str, str] = {}
    for line in options.get(name, "").splitlines():
        ours, equals, theirs = (part.strip() for part in line.partition("="))
        if not equals or not ours:
            raise Malformed(f"--{name} must be {_PAIR_EXAMPLES[name]}")
        if pairs.setdefault(ours, theirs) != theirs:
            raise Malformed(f"--{name} gives {ours!r} twice: {pairs[ours]!r} and {theirs!r}")
    return pairs


def _table(names: Sequence[str], constants: Mapping[str, str], options: Options) -> RecordTable:
    """The table whose required columns are all there."""
    have = {*names, *constants}
    if "table" in options:
        table = TABLES[options["table"]]
        if missing := sorted(table.required - have):
            raise Malformed(
                f"line 1: {table.name} need a column {missing[0]!r}; there are {_abbreviated_list(names)}{_hint(names)}"
            )
        return table
    fitting = [table for table in TABLES.values() if table.required <= have]
    # An actor has all that a topic needs: what leaves the fewest columns unknown is meant.
    fitting.sort(key=lambda table: (len(have - set(table.headers)), -len(table.required)))
    if fitting:
        return fitting[0]
    needs = "; ".join(
        f"{table.name} need {', '.join(h for h in table.headers if h in table.required)}" for table in TABLES.values()
    )
    raise Malformed(f"line 1: these are the columns of no table: {_abbreviated_list(names)}{_hint(names)}. {needs}")


def _hint(names: Sequence[str]) -> str:
    for word, sign in _DELIMITERS.items():
        if any(sign in name for name in names):
            return f" (are they separated by a {word}? --delimiter {word})"
    return ""


def _abbreviated_list(names: Sequence[str]) -> str:
    shown = ", ".join(name if len(name) <= 40 else name[:37] + "..." for name in names[:20])
    return shown + (f" and {len(names) - 20} more" if len(names) > 20 else "")


def _records(layout: _Layout, rows: Any, options: Options) -> ParseEvents:
    kind = ActorKind(options["new-actors"]) if "new-actors" in options else None
    what, seen = layout.table.record.__name__.lower(), set[object]()
    place = rows.line_num + 1
    for row in rows:
        here, place = place, rows.line_num + 1
        if not row:
            continue
        if len(row) != layout.width:
            yield Invalid(here, what, f"has {len(row)} cells, where the header has {layout.width}", LINE)
            continue
        try:
            record = layout.table.read(_cells(layout, row, options), f"line {here}")
        except InvalidCell as error:
            yield Invalid(here, what, str(error), LINE)
            continue
        for mentioned in _implied_records(layout.table, record, kind):
            if mentioned not in seen:
                seen.add(mentioned)
                yield Parsed(here, mentioned)
        yield Parsed(here, record, LINE)


def _cells(layout: _Layout, row: Sequence[str], options: Options) -> Mapping[str, str]:
    cells = {**layout.constants, **{name: unescape_formula(row[at]) for name, at in layout.places.items() if row[at]}}
    if "dates" in options:
        for column in layout.table.columns:
            if column.show is dt.date.isoformat and column.header in cells:
                cells[column.header] = _iso(column.header, cells[column.header], options["dates"])
    return cells


def _iso(header: str, cell: str, order: str) -> str:
    match = re.fullmatch(r"\s*([0-9]{1,4})[-/. ]([0-9]{1,2})[-/. ]([0-9]{1,4})\s*", cell)
    year, month, day = ("", "", "") if match is None else (match[place] for place in _DATES[order])
    try:
        if len(year) == 4:
            return dt.date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        pass
    raise InvalidCell(f"{header}: must be a date ({order}) such as {_DATE_EXAMPLES[order]}, not {cell[:60]!r}")


_DATE_EXAMPLES = {"YMD": "2024/11/29", "MDY": "11/29/2024", "DMY": "29.11.2024"}


def _implied_records(table: RecordTable, record: Record, kind: ActorKind | None) -> Iterator[Actor | Annotator]:
    """Whom a record names and who may not be there: annotators; actors, where it is said of what kind they are."""
    if isinstance(record, Stance):
        yield Annotator(record.annotator)
    if kind is not None:
        named = (getattr(record, name) for name in table.actors)
        yield from (Actor(key=name, name=name, kind=kind, implied=True) for name in named if name is not None)


async def _write(source: RecordSource, options: Options) -> AsyncIterator[bytes]:
    if "table" not in options:
        raise Malformed(f"say which table: table, one of {', '.join(TABLES)}")
    table = TABLES[options["table"]]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=_DELIMITERS[options.get("delimiter", "comma")], lineterminator="\r\n")
    writer.writerow(table.written)
    async for record in getattr(source, table.name)():
        writer.writerow(map(escape_formula, table.cells(record)))
        if text.tell() >= _CHUNK_CHARACTERS:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


FORMAT = Format(
    name="csv",
    title="CSV, a table of one kind of record",
    extension="csv",
    media_type="text/csv; charset=utf-8",
    read=_read,
    write=_write,
    options=(
        Option("table", "Which kind of record; told by the header where left out on import.", tuple(TABLES)),
        Option("delimiter", "What stands between cells.", tuple(_DELIMITERS), "comma"),
        Option("column", "NAME=HEADER: the column NAME is called HEADER in the file.", many=True, only="import"),
        Option("value", "NAME=VALUE: stands in the column NAME where a row has nothing.", many=True, only="import"),
        Option("dates", "The order of dates that are not as 2024-11-29.", tuple(_DATES), only="import"),
        Option("new-actors", "Enter actors that are not there as of this kind.", tuple(ActorKind), only="import"),
    ),
)
