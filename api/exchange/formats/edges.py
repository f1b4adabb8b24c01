"""Edge lists: a tie a line, with its ends and sign, as R, Python and spreadsheets have networks. Import and export."""

import datetime as dt
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from api.exchange.format import (
    LINE,
    Adjusted,
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
from api.exchange.formats.lib.csv_files import csv_bytes, escape_formula, read_table, unescape_formula
from api.exchange.formats.lib.network_options import sign
from api.exchange.formats.lib.record_tables import InvalidCell, parse_date
from api.exchange.records import Actor, Relation
from models import ActorKind, RelationForm, RelationKind, RelationStatus

V = TypeVar("V", bound=StrEnum)

COLUMNS = (
    "source", "target", "sign", "kind", "form", "status", "directed", "valid_from", "valid_to", "summary",
    "source_name", "target_name", "source_kind", "target_kind",
)  # fmt: skip
_ENDS = ("source", "target")
_SIGNS = {
    **dict.fromkeys(("1", "+1", "+", "1.0", "positive"), RelationKind.ALLIANCE),
    **dict.fromkeys(("-1", "-", "\N{MINUS SIGN}1", "\N{MINUS SIGN}", "-1.0", "negative"), RelationKind.OPPOSITION),
}
_BOOLEANS = {**dict.fromkeys(("true", "1", "yes"), True), **dict.fromkeys(("false", "0", "no", ""), False)}
ACTOR_KIND = Option(
    "actorKind",
    "The kind of actors that are created, if the file has none.",
    tuple(ActorKind),
    ActorKind.ORGANIZATION.value,
    only="import",
)
_NODES = Option(
    "nodes",
    "A second file with actors, also those without ties: columns name and, optionally, kind.",
    only="import",
)


_LINES_PER_CHUNK = 100
"""Number of lines in a chunk of an export."""


class Cells:
    """The cells of one line by column, without white space around them."""

    def __init__(self, place: int, cells: Sequence[str], places: Mapping[str, int]) -> None:
        self.place, self._cells, self._places = place, cells, places

    def text(self, name: str) -> str:
        """Return the cell in a column; empty if there is no such column."""
        at = self._places.get(name)
        return "" if at is None else unescape_formula(self._cells[at]).strip()

    def raw(self, name: str) -> str:
        """Return the cell in a column, with white space around it."""
        return self._cells[self._places[name]]

    def needed(self, name: str) -> str:
        """Return the cell in a column.

        :raises InvalidCell: if it is empty.
        """
        found = self.text(name)
        if not found:
            raise self.wrong(name, "is empty")
        return found

    def word(self, name: str, of: type[V], default: V) -> V:
        """Return the member of an enum in a column, whose case does not matter; the default if the cell is empty.

        :raises InvalidCell: if the enum has no such member.
        """
        text = self.text(name).upper().replace(" ", "_")
        if not text:
            return default
        if text not in of.__members__:
            raise self.wrong(name, f"{text[:60]!r} is none of {', '.join(of.__members__)}")
        return of[text]

    def date(self, name: str) -> dt.date | None:
        """Return the date in a column; None if the cell is empty.

        :raises InvalidCell: if the cell is no date.
        """
        text = self.text(name)
        if text in ("", "NA"):
            return None
        try:
            return parse_date(text)
        except InvalidCell as error:
            raise self.wrong(name, str(error)) from None

    def wrong(self, name: str, what: str) -> InvalidCell:
        """Return an error for the cell in a column."""
        return InvalidCell(f"{name}: {what}")


def _read(path: Path, options: Options) -> ParseEvents:
    kind = ActorKind(options.get("actorKind", ActorKind.ORGANIZATION.value))
    seen: dict[str, _FirstMention] = {}
    if "nodes" in options:
        yield from _nodes(Path(options["nodes"]), kind, seen)
    read = read_table(path)
    places, others = read.places(_ENDS, COLUMNS[2:])
    if "sign" not in places and "kind" not in places:
        raise Malformed("line 1: there is no column 'sign' (1 or -1), nor 'kind' (ALLIANCE or OPPOSITION)")
    yield from (Skipped(1, f"the column {name[:100]!r} is not known and was left out") for name in others)
    for row in read.full_rows():
        yield from _read_line(Cells(row.place, row.cells, places), kind, seen)


@dataclass(frozen=True, slots=True)
class _FirstMention:
    """An actor, and the line that named it first."""

    where: str
    actor: Actor


def _read_line(cells: Cells, kind: ActorKind, seen: dict[str, _FirstMention]) -> ParseEvents:
    """Return the records of a line: its actors that no earlier line named, then its relation."""
    try:
        relation, actors = _relation(cells), [_actor(cells, end, kind) for end in _ENDS]
    except InvalidCell as error:
        yield Invalid(cells.place, "relation", str(error), LINE)
        return
    for end, actor in zip(_ENDS, actors, strict=True):
        yield from _mention(cells, end, actor, seen)
    yield Parsed(cells.place, relation, LINE)


def _nodes(path: Path, kind: ActorKind, seen: dict[str, _FirstMention]) -> ParseEvents:
    """Return the actors of the file of nodes.

    :raises Malformed: if the file is broken; the message names it.
    """
    try:
        read = read_table(path)
        places, others = read.places(("name",), ("kind",))
        yield from (Skipped(1, f"the column {name[:100]!r} of the nodes was left out") for name in others)
        for row in read.full_rows():
            cells = Cells(row.place, row.cells, places)
            name = cells.needed("name")
            actor = Actor(key=name, name=name, kind=cells.word("kind", ActorKind, kind), implied=True)
            if name in seen:
                other = "" if seen[name].actor == actor else f", as {seen[name].actor.kind}"
                why = f"the node {name[:100]!r} is on {seen[name].where} already{other}"
                yield Skipped(row.place, why, {"node": 1})
            else:
                seen[name] = _FirstMention(f"line {row.place} of the nodes", actor)
                yield Parsed(row.place, actor, {"node": 1})
    except OSError as error:
        raise Malformed(f"the file of nodes {path} cannot be read: {error.strerror}") from None
    except Malformed as error:
        raise Malformed(f"the file of nodes {path}: {error}") from None
    except InvalidCell as error:
        raise Malformed(f"the file of nodes {path}: line {row.place}: {error}") from None


def _actor(cells: Cells, end: str, kind: ActorKind) -> Actor:
    """Return the actor at one end of a tie.

    :raises InvalidCell: if there is no such kind of actor.
    """
    key, named = cells.text(end), cells.text(f"{end}_name")
    return Actor(
        key=key,
        name=named or key,
        kind=cells.word(f"{end}_kind", ActorKind, kind),
        # The key is a slug only if there is a separate name.
        slug=key if named else None,
        implied=True,
    )


def _mention(cells: Cells, end: str, actor: Actor, seen: dict[str, _FirstMention]) -> Iterator[Parsed | Adjusted]:
    """Return the actor if no line before named it, else notes on values that differ from the earlier line."""
    met = seen.get(actor.key)
    if met is None:
        seen[actor.key] = _FirstMention(f"line {cells.place}", actor)
        yield Parsed(cells.place, actor)
        return
    for column, here, there in (("name", actor.name, met.actor.name), ("kind", actor.kind, met.actor.kind)):
        if cells.text(f"{end}_{column}") and here != there:
            why = f"the file contradicts itself, and {met.where} counts: the {column} of {actor.key[:100]!r}"
            yield Adjusted(cells.place, f"{why} is {there[:100]!r} there, {here[:100]!r} here")


def _relation(cells: Cells) -> Relation:
    source, target = (cells.needed(end) for end in _ENDS)
    if source == target:
        raise cells.wrong("target", f"{target[:60]!r} is the source too; a tie has two ends")
    start, end = cells.date("valid_from"), cells.date("valid_to")
    if start and end and start > end:
        raise cells.wrong("valid_to", f"{end} is before valid_from, {start}")
    return Relation(
        key=f"line {cells.place}",
        source=source,
        target=target,
        kind=_kind(cells),
        form=cells.word("form", RelationForm, RelationForm.OTHER),
        status=cells.word("status", RelationStatus, RelationStatus.CONFIRMED),
        directed=_directed(cells),
        valid_from=start,
        valid_to=end,
        summary=cells.text("summary") or None,
    )


def _kind(cells: Cells) -> RelationKind:
    """Return the kind of a relation by its sign or its kind, which must agree if the line has both."""
    text = cells.text("sign").lower()
    if text and text not in _SIGNS:
        raise cells.wrong("sign", f"{text[:60]!r} is neither 1 nor -1")
    if not text and not cells.text("kind"):
        raise cells.wrong("sign", "is empty; it must be 1 or -1")
    signed = _SIGNS.get(text, RelationKind.ALLIANCE)
    kind = cells.word("kind", RelationKind, signed)
    if text and kind is not signed:
        raise cells.wrong("kind", f"{kind} contradicts the sign {text}")
    return kind


def _directed(cells: Cells) -> bool:
    text = cells.text("directed").lower()
    if text not in _BOOLEANS:
        raise cells.wrong("directed", f"{text[:60]!r} is neither true nor false")
    return _BOOLEANS[text]


async def _write(source: RecordSource, _: Options) -> AsyncIterator[bytes]:
    actors = {actor.key: (actor.name, actor.kind) async for actor in source.actors()}
    rows: list[Sequence[object]] = [COLUMNS]
    async for relation in source.relations():
        rows.append(_line(relation, actors))
        if len(rows) >= _LINES_PER_CHUNK:
            yield csv_bytes(rows)
            rows = []
    yield csv_bytes(rows)


def _line(relation: Relation, actors: Mapping[str, tuple[str, ActorKind]]) -> Sequence[object]:
    (source_name, source_kind), (target_name, target_kind) = actors[relation.source], actors[relation.target]
    return (
        escape_formula(relation.source),
        escape_formula(relation.target),
        sign(relation),
        relation.kind.value,
        relation.form.value,
        relation.status.value,
        str(relation.directed).lower(),
        relation.valid_from,
        relation.valid_to,
        escape_formula(relation.summary or ""),
        escape_formula(source_name),
        escape_formula(target_name),
        source_kind.value,
        target_kind.value,
    )


FORMAT = Format(
    name="edges",
    title="ties as a list of edges with signs",
    extension="csv",
    media_type="text/csv; charset=utf-8",
    read=_read,
    write=_write,
    options=(ACTOR_KIND, _NODES),
)
