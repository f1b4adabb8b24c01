"""CSV: one file for each type of record, which is recognised by the header (ADR 0018)."""

import datetime as dt
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

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
from api.exchange.formats.lib.csv_files import CsvTable, csv_bytes, escape_formula, read_table, unescape_formula
from api.exchange.formats.lib.record_tables import TABLES, InvalidCell, RecordTable
from api.exchange.records import Actor, Annotator, Record, Stance
from models import ActorKind

_MAX_LINE_BYTES = limits.IMPORT_CSV_LINE.maximum
"""The longest text of a document, with all its quotation marks doubled."""
_CHUNK_CHARACTERS = 65_536
"""Number of characters after which an export yields its rows."""
_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t"}
_DATES = {"YMD": (1, 2, 3), "MDY": (3, 1, 2), "DMY": (3, 2, 1)}


def _read(path: Path, options: Options) -> ParseEvents:
    file = read_table(path, _DELIMITERS[options.get("delimiter", "comma")], _MAX_LINE_BYTES)
    layout = _layout(file.columns, options)
    if layout.left_out:
        yield Skipped(1, f"columns left out: {', '.join(layout.left_out)}")
    yield from _records(layout, file, options)


@dataclass(frozen=True, slots=True)
class _Layout:
    """The table that a file contains, and the position of its columns."""

    table: RecordTable
    places: Mapping[str, int]
    """Indexes of cells in a row by header."""
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
    """Return the index of each column: as mapped by `--column`, else by its own header.

    A header may be mapped to several names. A header is not used by its own name if it is mapped to another name, or if
    its name is mapped to another header.
    """
    places = {name: place for place, name in enumerate(header) if name not in {*mapped, *mapped.values()}}
    return places | {ours: header.index(theirs) for ours, theirs in mapped.items()}


_PAIR_EXAMPLES = {"column": "NAME=HEADER, such as title=headline", "value": "NAME=VALUE, such as language=en"}


def _pairs(options: Options, name: str) -> dict[str, str]:
    """Return the pairs of an option.

    :raises Malformed: if a pair has no name or no equals sign, or a name has two values.
    """
    pairs: dict[str, str] = {}
    for line in options.get(name, "").splitlines():
        ours, equals, theirs = (part.strip() for part in line.partition("="))
        if not equals or not ours:
            raise Malformed(f"--{name} must be {_PAIR_EXAMPLES[name]}")
        if pairs.setdefault(ours, theirs) != theirs:
            raise Malformed(f"--{name} has {ours!r} twice: {pairs[ours]!r} and {theirs!r}")
    return pairs


def _table(names: Sequence[str], constants: Mapping[str, str], options: Options) -> RecordTable:
    """Return the table that the options name, or the first table whose required columns are all present.

    :raises Malformed: if a required column is missing.
    """
    present = {*names, *constants}
    if "table" in options:
        table = TABLES[options["table"]]
        if missing := sorted(table.required - present):
            raise Malformed(
                f"line 1: {table.name} need a column {missing[0]!r}; there are {_abbreviated_list(names)}{_hint(names)}"
            )
        return table
    fitting = [table for table in TABLES.values() if table.required <= present]
    # An actor has all columns that a topic requires: the table with the fewest unknown columns is meant.
    fitting.sort(key=lambda table: (len(present - set(table.headers)), -len(table.required)))
    if fitting:
        return fitting[0]
    requirements = "; ".join(
        f"{table.name} need {', '.join(h for h in table.headers if h in table.required)}" for table in TABLES.values()
    )
    raise Malformed(
        f"line 1: these are the columns of no table: {_abbreviated_list(names)}{_hint(names)}. {requirements}"
    )


def _hint(names: Sequence[str]) -> str:
    for word, sign in _DELIMITERS.items():
        if any(sign in name for name in names):
            return f" (are they separated by a {word}? --delimiter {word})"
    return ""


def _abbreviated_list(names: Sequence[str]) -> str:
    items = ", ".join(name if len(name) <= 40 else name[:37] + "..." for name in names[:20])
    return items + (f" and {len(names) - 20} more" if len(names) > 20 else "")


def _records(layout: _Layout, file: CsvTable, options: Options) -> ParseEvents:
    kind = ActorKind(options["new-actors"]) if "new-actors" in options else None
    noun, seen = layout.table.record.__name__.lower(), set[object]()
    for row in file.rows:
        if len(row.cells) != layout.width:
            reason = f"has {len(row.cells)} cells, where the header has {layout.width}"
            yield Invalid(row.place, noun, reason, LINE)
            continue
        try:
            record = layout.table.read(_cells(layout, row.cells, options), f"line {row.place}")
        except InvalidCell as error:
            yield Invalid(row.place, noun, str(error), LINE)
            continue
        for implied in _implied_records(layout.table, record, kind):
            if implied not in seen:
                seen.add(implied)
                yield Parsed(row.place, implied)
        yield Parsed(row.place, record, LINE)


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
    """Return the annotator and, if new actors have a kind, the actors that a record refers to."""
    if isinstance(record, Stance):
        yield Annotator(record.annotator)
    if kind is not None:
        named = (getattr(record, name) for name in table.actors)
        yield from (Actor(key=name, name=name, kind=kind, implied=True) for name in named if name is not None)


async def _write(source: RecordSource, options: Options) -> AsyncIterator[bytes]:
    if "table" not in options:
        raise Malformed(f"say which table: table, one of {', '.join(TABLES)}")
    table = TABLES[options["table"]]
    delimiter = _DELIMITERS[options.get("delimiter", "comma")]
    rows, characters = [table.written], 0
    async for record in getattr(source, table.name)():
        rows.append([escape_formula(cell) for cell in table.cells(record)])
        characters += sum(map(len, rows[-1]))
        if characters >= _CHUNK_CHARACTERS:
            yield csv_bytes(rows, delimiter)
            rows, characters = [], 0
    yield csv_bytes(rows, delimiter)


FORMAT = Format(
    name="csv",
    title="CSV, a table of one kind of record",
    extension="csv",
    media_type="text/csv; charset=utf-8",
    read=_read,
    write=_write,
    options=(
        Option("table", "The type of record; on import recognised by the header by default.", tuple(TABLES)),
        Option("delimiter", "The separator of cells.", tuple(_DELIMITERS), "comma"),
        Option("column", "NAME=HEADER: the file has the column NAME as HEADER.", repeatable=True, only="import"),
        Option(
            "value", "NAME=VALUE: stands in the column NAME where a row has nothing.", repeatable=True, only="import"
        ),
        Option("dates", "The order of dates that are not in the form 2024-11-29.", tuple(_DATES), only="import"),
        Option("new-actors", "Create missing actors, with this kind.", tuple(ActorKind), only="import"),
    ),
)
