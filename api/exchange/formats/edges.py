"""Edge lists: one tie a line, its ends and its sign, as R, Python and spreadsheets hold networks. In and out."""

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
    "What actors are that are not there yet, and of which the file does not say it.",
    tuple(ActorKind),
    ActorKind.ORGANIZATION.value,
    only="import",
)
_NODES = Option(
    "nodes",
    "A second file, of actors: its columns are name and perhaps kind. Those without ties are in it.",
    only="import",
)


_LINES_PER_CHUNK = 100
"""So many lines are written as one piece."""


class Cells:
    """The cells of one line by their columns, blanks around them cut off."""

    def __init__(self, place: int, cells: Sequence[str], places: Mapping[str, int]) -> None:
        self.place, self._cells, self._places = place, cells, places

    def text(self, name: str) -> str:
        """The cell in that column; empty where there is no such column."""
        at = self._places.get(name)
        return "" if at is None else unescape_formula(self._cells[at]).strip()

    def raw(self, name: str) -> str:
        """The same with its blanks."""
        return self._cells[self._places[name]]

    def needed(self, name: str) -> str:
        """The cell in that column.

        :raises BadCell: where it is empty.
        """
        found = self.text(name)
        if not found:
            raise self.wrong(name, "is empty")
        return found

    def word(self, name: str, of: type[V], default: V) -> V:
        """The word of a vocabulary in that column, in capitals or not.

        :raises BadCell: where it is none.
        """
        text = self.text(name).upper().replace(" ", "_")
        if not text:
            return default
        if text not in of.__members__:
            raise self.wrong(name, f"{text[:60]!r} is none of {', '.join(of.__members__)}")
        return of[text]

    def date(self, name: str) -> dt.date | None:
        """The day in that column; None where it is empty.

        :raises BadCell: where it is none.
        """
        text = self.text(name)
        if text in ("", "NA"):
            return None
        try:
            return parse_date(text)
        except InvalidCell as error:
            raise self.wrong(name, str(error)) from None

    def wrong(self, name: str, what: str) -> InvalidCell:
        """What to raise where a cell is not as it must be."""
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
    """An actor that a line named first."""

    where: str
    actor: Actor


def _read_line(cells: Cells, kind: ActorKind, seen: dict[str, _FirstMention]) -> ParseEvents:
    """The tie on a line, after those of its actors that were not met before."""
    try:
        relation, actors = _relation(cells), [_actor(cells, end, kind) for end in _ENDS]
    except InvalidCell as error:
        yield Invalid(cells.place, "relation", str(error), LINE)
        return
    for end, actor in zip(_ENDS, actors, strict=True):
        yield from _mention(cells, end, actor, seen)
    yield Parsed(cells.place, relation, LINE)


def _nodes(path: Path, kind: ActorKind, seen: dict[str, _FirstMention]) -> ParseEvents:
    """The actors of a second file.

    :raises Malformed: telling that it is that file.
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
                said = "" if seen[name].actor == actor else f", as {seen[name].actor.kind}"
                why = f"the node {name[:100]!r} is on {seen[name].where} already{said}"
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
    """The actor at one end of a tie.

    :raises BadCell: if there is no such kind of actor.
    """
    key, named = cells.text(end), cells.text(f"{end}_name")
    return Actor(
        key=key,
        name=named or key,
        kind=cells.word(f"{end}_kind", ActorKind, kind),
        # Only where the name stands apart is the key a slug.
        slug=key if named else None,
        implied=True,
    )


def _mention(cells: Cells, end: str, actor: Actor, seen: dict[str, _FirstMention]) -> Iterator[Parsed | Adjusted]:
    """The actor if no line before named it; a remark if one did, and says something else of it."""
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
    """As the sign says; where there is none, as the kind does; where both are there they must say the same."""
    text = cells.text("sign").lower()
    if text and text not in _SIGNS:
        raise cells.wrong("sign", f"{text[:60]!r} is neither 1 nor -1")
    if not text and not cells.text("kind"):
        raise cells.wrong("sign", "is empty; it must be 1 or -1")
    signed = _SIGNS.get(text, RelationKind.ALLIANCE)
    kind = cells.word("kind", RelationKind, signed)
    if text and kind is not signed:
        raise cells.wrong("kind", f"{kind} is not what the sign {text} says")
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
