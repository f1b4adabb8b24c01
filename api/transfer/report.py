"""What became of the records of a file."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from api import limits

MOST_NOTES = limits.IMPORT_NOTES.maximum
"""So many notes of each sort are kept; all are counted."""


class Fate(Enum):
    """What became of a record."""

    CREATED = "created"
    MATCHED = "matched"
    """It is there already, and was left as it is."""
    DIFFERENT = "different"
    """It is there already and says something else there: what is there was left as it is."""
    SKIPPED = "skipped"
    """The format left something out, or took it other than it stands there."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Note:
    """Why a record was not simply created or matched; `place` is where it stands in its file."""

    place: int
    fate: Fate
    what: str
    """The type of the record, in small letters; empty where the format says something of no record."""
    why: str

    def __str__(self) -> str:
        return self.told("line")

    def told(self, counted: str) -> str:
        """The note, in which places are called what the format counts."""
        return f"{counted} {self.place}: {self.what + ': ' if self.what else ''}{self.why}"


@dataclass(slots=True)
class Report:
    """How many records of each type met which fate, and notes on those that need one."""

    counts: Counter[tuple[str, Fate]] = field(default_factory=Counter)
    notes: dict[Fate, list[Note]] = field(default_factory=dict)
    similar: list[Note] = field(default_factory=list)
    """Hints at created records whose names others have too, but for case: each of them has a fate beside."""
    similar_count: int = 0

    def add(self, what: str, fate: Fate, number: int = 1) -> None:
        """Count records."""
        self.counts[what, fate] += number

    def note(self, place: int, fate: Fate, what: str, why: str) -> None:
        """Count one record, and keep why, unless there are plenty of such notes."""
        self.add(what, fate)
        kept = self.notes.setdefault(fate, [])
        if len(kept) < MOST_NOTES:
            kept.append(Note(place, fate, what, why))

    def hint(self, place: int, what: str, why: str) -> None:
        """Note that a created record may be something that is there already."""
        self.similar_count += 1
        if len(self.similar) < MOST_NOTES:
            self.similar.append(Note(place, Fate.CREATED, what, why))

    def number(self, fate: Fate) -> int:
        """How many met that fate, of whichever type."""
        return sum(n for (_, met), n in self.counts.items() if met is fate)

    def lines(self) -> Iterator[tuple[str, dict[Fate, int]]]:
        """Each type of record that there was, with how many met which fate."""
        for what in dict.fromkeys(what for what, _ in self.counts):
            yield what, {fate: self.counts[what, fate] for fate in Fate}
