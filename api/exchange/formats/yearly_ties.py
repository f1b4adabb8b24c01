"""Yearly ties, as conflict data sets code them: a line for each year in which a tie was valid. Import only.

A tie of consecutive years is one relation, from 1 January of the first year to 31 December of the last year. A tie in
the last year of the file ends then too, since the file says nothing about the time after.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from api.exchange.format import LINE, Adjusted, Format, Invalid, Options, Parsed, ParseEvents, Skipped
from api.exchange.formats.edges import ACTOR_KIND, Cells
from api.exchange.formats.lib.csv_files import read_table
from api.exchange.formats.lib.record_tables import InvalidCell
from api.exchange.records import Actor, Relation
from models import ActorKind, RelationForm, RelationKind

_TYPES = {
    "supportive": (RelationKind.ALLIANCE, False),
    "opposing": (RelationKind.OPPOSITION, False),
    "opposingdirected": (RelationKind.OPPOSITION, True),
}
"""The kind of relation of each type of tie, and whether it is directed."""


@dataclass(frozen=True, slots=True, order=True)
class _Tie:
    """The identity of a tie over several years; an undirected tie has its ends in alphabetical order."""

    source: str
    target: str
    type: str


@dataclass(slots=True)
class _FileContents:
    """The actors and ties of a file, in order, with the line of each year of each tie."""

    actors: dict[str, int] = field(default_factory=dict)
    ties: dict[_Tie, dict[int, int]] = field(default_factory=dict)
    trimmed: set[str] = field(default_factory=set)


def _read(path: Path, options: Options) -> ParseEvents:
    kind = ActorKind(options.get("actorKind", ActorKind.ORGANIZATION.value))
    read = read_table(path)
    places, others = read.places(("year", "source", "target", "type"))
    yield from (Skipped(1, f"the column {name[:100]!r} is not known and was left out") for name in others)
    found = _FileContents()
    for row in read.full_rows():
        try:
            yield from _read_line(Cells(row.place, row.cells, places), found)
        except InvalidCell as error:
            yield Invalid(row.place, "relation", str(error), LINE)
    for name, place in found.actors.items():
        yield Parsed(place, Actor(key=name, name=name, kind=kind, implied=True))
    for tie, years in found.ties.items():
        yield from _drop_mutual_years(tie, years, found)
        yield from _spells(tie, years)


def _read_line(cells: Cells, found: _FileContents) -> Iterator[Skipped | Adjusted]:
    """Add the tie of a line; return the notes on what is skipped or adjusted."""
    year, type_ = _year(cells), cells.needed("type").lower()
    if type_ not in _TYPES:
        raise cells.wrong("type", f"{type_[:60]!r} is none of {', '.join(_TYPES)}")
    source, target = cells.needed("source"), cells.needed("target")
    if source == target:
        raise cells.wrong("target", f"{target[:60]!r} is the source too; a tie has two ends")
    for end in ("source", "target"):
        yield from _note_trimmed(cells, end, found)
        found.actors.setdefault(cells.text(end), cells.place)
    _, directed = _TYPES[type_]
    ends = (source, target) if directed else tuple(sorted((source, target)))
    years = found.ties.setdefault(_Tie(ends[0], ends[1], type_), {})
    if year in years:
        yield Skipped(cells.place, f"line {years[year]} has the same tie of {year}", LINE)
    years.setdefault(year, cells.place)


def _note_trimmed(cells: Cells, end: str, found: _FileContents) -> Iterator[Adjusted]:
    raw = cells.raw(end)
    if raw != raw.strip() and raw not in found.trimmed:
        found.trimmed.add(raw)
        yield Adjusted(cells.place, f"{raw[:100]!r} is imported as {raw.strip()[:100]!r}, here and below")


def _year(cells: Cells) -> int:
    text = cells.needed("year")
    if not (text.isascii() and text.isdigit() and len(text) == 4 and int(text) > 0):
        raise cells.wrong("year", f"must be a year such as 1946, not {text[:60]!r}")
    return int(text)


def _drop_mutual_years(tie: _Tie, years: dict[int, int], found: _FileContents) -> Iterator[Skipped]:
    """Drop the years in which a directed opposition is also mutual."""
    ends = sorted((tie.source, tie.target))
    both_ways = found.ties.get(_Tie(ends[0], ends[1], "opposing"), {}) if tie.type == "opposingdirected" else {}
    for year in sorted(years.keys() & both_ways.keys()):
        yield Skipped(years.pop(year), f"it is mutual in {year} on line {both_ways[year]}", LINE)


def _spells(tie: _Tie, years: dict[int, int]) -> Iterator[Parsed]:
    """Return a relation for each run of consecutive years."""
    in_order = sorted(years)
    first = in_order[0] if in_order else 0
    for year, following in pairwise([*in_order, 10_001]):
        if following > year + 1:
            yield Parsed(years[first], _relation(tie, first, year), {"line": year - first + 1})
            first = following


def _relation(tie: _Tie, first: int, last: int) -> Relation:
    kind, directed = _TYPES[tie.type]
    return Relation(
        key=f"{tie.type} {tie.source} {tie.target} {first}",
        source=tie.source,
        target=tie.target,
        kind=kind,
        form=RelationForm.OTHER,
        directed=directed,
        valid_from=dt.date(first, 1, 1),
        valid_to=dt.date(last, 12, 31),
    )


FORMAT = Format(
    name="yearly-ties",
    title="ties by the year, joined into spells",
    extension="csv",
    media_type="text/csv; charset=utf-8",
    read=_read,
    options=(ACTOR_KIND,),
)
