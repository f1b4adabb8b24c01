"""The report of an import: the result of each record of a file, with reasons (ADR 0021)."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from api import limits
from api.exchange.format import NO_ITEMS, Items

MAX_NOTES = limits.IMPORT_NOTES.maximum
"""Number of different notes of each result that are stored; all are counted."""
_MAX_PLACES = 5
"""Number of places that one note names."""


class RecordResult(Enum):
    """The result of importing a record, or the sort of a remark on a record."""

    CREATED = "created"
    MATCHED = "matched"
    """The database has an equal row, which was not changed."""
    DIFFERENT = "different"
    """The database has the row with other values, which were not changed."""
    SKIPPED = "skipped"
    """The format does not import it."""
    REFUSED = "refused"
    NOTED = "note"
    """A remark on a record that has a result of its own, such as how a value was changed."""
    SIMILAR = "similar"
    """A remark that a created record may duplicate an existing row."""


@dataclass(slots=True)
class Note:
    """The reason why records were not simply created or matched; one note holds all places with the same reason."""

    fate: RecordResult
    noun: str
    """The type of the record, in lower case; empty if the note is about no record."""
    reason: str
    places: list[int] = field(default_factory=list)
    """The first places in the file."""
    number: int = 0
    """How many records have this note."""
    has_more: bool = False
    """True if there are more places than `places`."""

    def add(self, place: int) -> None:
        """Count another record, at this place."""
        self.number += 1
        if place in self.places:
            return
        self.has_more = len(self.places) == _MAX_PLACES
        if not self.has_more:
            self.places.append(place)

    def __str__(self) -> str:
        return self.text("line")

    def text(self, counted: str) -> str:
        """Return the note with its places, which `counted` names: `line`, `task`."""
        where = f"{counted} {', '.join(map(str, self.places))}{', …' if self.has_more else ''}"
        if self.number > 1:
            where += f" ({self.number:,} times)"
        return f"{where}: {self.noun + ': ' if self.noun else ''}{self.reason}"


@dataclass(slots=True)
class Report:
    """Counts of records by type and result, with a note for each record that needs a reason."""

    counts: Counter[tuple[str, RecordResult]] = field(default_factory=Counter)
    items: Counter[tuple[str, RecordResult]] = field(default_factory=Counter)
    """Counts of source items by kind and result: these add up to the contents of the file."""
    stored: dict[RecordResult, dict[tuple[str, str], Note]] = field(default_factory=dict)
    every_note: list[tuple[int, RecordResult, str, str]] | None = None
    """Each note by itself: its place, result, noun and reason; None if they are not requested."""

    def add(self, what: str, fate: RecordResult, number: int = 1, items: Items = NO_ITEMS) -> None:
        """Count records, and the source items that they account for."""
        self.counts[what, fate] += number
        for kind, several in items.items():
            self.items[kind, fate] += several

    def note(self, place: int, fate: RecordResult, what: str, why: str, items: Items = NO_ITEMS) -> None:
        """Count a record and store the reason, unless `MAX_NOTES` notes are stored for this result."""
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
        """Store a remark on a record, which does not count as its result."""
        self.note(place, RecordResult.NOTED, what, why)

    def hint(self, place: int, what: str, why: str) -> None:
        """Store a remark that a created record may duplicate an existing row."""
        self.note(place, RecordResult.SIMILAR, what, why)

    def notes(self, fate: RecordResult) -> list[Note]:
        """Return the stored notes of a result, in the order of the file."""
        return list(self.stored.get(fate, {}).values())

    def number(self, fate: RecordResult) -> int:
        """Return how many records of all types have this result."""
        return sum(n for (_, met), n in self.counts.items() if met is fate)

    def lines(self) -> Iterator[tuple[str, dict[RecordResult, int]]]:
        """Return each type of record with its counts by result."""
        return _by_kind(self.counts)

    def source_lines(self) -> Iterator[tuple[str, dict[RecordResult, int]]]:
        """Return each kind of source item with its counts by result."""
        return _by_kind(self.items)


def _by_kind(counts: Counter[tuple[str, RecordResult]]) -> Iterator[tuple[str, dict[RecordResult, int]]]:
    for kind in dict.fromkeys(kind for kind, _ in counts):
        yield kind, {fate: counts[kind, fate] for fate in RecordResult}
