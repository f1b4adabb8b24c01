"""What became of the records of a file."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from api import limits
from api.exchange.format import NO_ITEMS, Items

MAX_NOTES = limits.IMPORT_NOTES.maximum
"""Number of different notes of each fate that are stored; all are counted."""
_MAX_PLACES = 5
"""Number of places that one note names."""


class RecordResult(Enum):
    """What became of a record."""

    CREATED = "created"
    MATCHED = "matched"
    """It is there already, and was left as it is."""
    DIFFERENT = "different"
    """It is there already and says something else there: what is there was left as it is."""
    SKIPPED = "skipped"
    """The format leaves it out."""
    REFUSED = "refused"
    NOTED = "note"
    """Not the fate of a record: a remark on one that has another fate, such as how it was read."""
    SIMILAR = "similar"
    """No fate either: a remark that a created record may be something that is there already."""


@dataclass(slots=True)
class Note:
    """Why records were not simply created or matched; the same reason at several places is one note."""

    fate: RecordResult
    what: str
    """The type of the record, in small letters; empty where the format says something of no record."""
    why: str
    places: list[int] = field(default_factory=list)
    """The first places in the file."""
    number: int = 0
    """How many times it was noted."""
    has_more: bool = False
    """True if there are places beyond these."""

    def add(self, place: int) -> None:
        """Count it once more."""
        self.number += 1
        if place in self.places:
            return
        self.has_more = len(self.places) == _MAX_PLACES
        if not self.has_more:
            self.places.append(place)

    def __str__(self) -> str:
        return self.told("line")

    def told(self, counted: str) -> str:
        """The note, in which places are called what the format counts."""
        where = f"{counted} {', '.join(map(str, self.places))}{', …' if self.has_more else ''}"
        if self.number > 1:
            where += f" ({self.number:,} times)"
        return f"{where}: {self.what + ': ' if self.what else ''}{self.why}"


@dataclass(slots=True)
class Report:
    """How many records of each type met which fate, with a note for each that needs one."""

    counts: Counter[tuple[str, RecordResult]] = field(default_factory=Counter)
    items: Counter[tuple[str, RecordResult]] = field(default_factory=Counter)
    """The same of the source records, by their kind: these add up to what the file holds."""
    stored: dict[RecordResult, dict[tuple[str, str], Note]] = field(default_factory=dict)
    every_note: list[tuple[int, RecordResult, str, str]] | None = None
    """Each note by itself, with its place, its fate, what and why; None if nobody asks for them."""

    def add(self, what: str, fate: RecordResult, number: int = 1, items: Items = NO_ITEMS) -> None:
        """Count records, and the source records that they account for."""
        self.counts[what, fate] += number
        for kind, several in items.items():
            self.items[kind, fate] += several

    def note(self, place: int, fate: RecordResult, what: str, why: str, items: Items = NO_ITEMS) -> None:
        """Count one record, and store why, unless there are plenty of such notes."""
        self.add(what, fate, items=items)
        if self.every_note is not None:
            self.every_note.append((place, fate, what, why))
        stored = self.stored.setdefault(fate, {})
        note = stored.get((what, why))
        if note is None and len(stored) < MAX_NOTES:
            note = stored[what, why] = Note(fate, what, why)
        if note is not None:
            note.add(place)

    def remark(self, place: int, what: str, why: str) -> None:
        """Store a remark on a record, whatever becomes of it."""
        self.note(place, RecordResult.NOTED, what, why)

    def hint(self, place: int, what: str, why: str) -> None:
        """Store a remark that a created record may be something that is there already."""
        self.note(place, RecordResult.SIMILAR, what, why)

    def notes(self, fate: RecordResult) -> list[Note]:
        """The notes of a fate that are stored, in the order in which they came."""
        return list(self.stored.get(fate, {}).values())

    def number(self, fate: RecordResult) -> int:
        """How many met that fate, of whichever type."""
        return sum(n for (_, met), n in self.counts.items() if met is fate)

    def lines(self) -> Iterator[tuple[str, dict[RecordResult, int]]]:
        """Each type of record that there was, with how many met which fate."""
        return _by_kind(self.counts)

    def source_lines(self) -> Iterator[tuple[str, dict[RecordResult, int]]]:
        """Each kind of source record that there was, with how many met which fate."""
        return _by_kind(self.items)


def _by_kind(counts: Counter[tuple[str, RecordResult]]) -> Iterator[tuple[str, dict[RecordResult, int]]]:
    for kind in dict.fromkeys(kind for kind, _ in counts):
        yield kind, {fate: counts[kind, fate] for fate in RecordResult}
