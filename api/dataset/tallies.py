"""How many stances say what: counted by the database, and the statements they were read in."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Date, Text, cast, func, literal, type_coerce

from api.analysis.agreement.net import Net, net
from api.dataset.stance_units import PROJECT
from api.dataset.units import Connection, Ordered
from api.graphql.parts import Ref
from api.graphql.sql.dialects import placeholder
from api.numeric import np
from api.security.visibility import Visibility, visible
from models import Stance, StanceLabel
from models.base import UNDATED, Uid

_DATE, _ID = 10, 36


@dataclass(frozen=True, slots=True)
class Tally:
    """How many stances bear each label."""

    support: int = 0
    opposition: int = 0
    neutral: int = 0
    mixed: int = 0
    unclear: int = 0

    @property
    def net(self) -> Net:
        """What they come to."""
        return net(self.support, self.opposition, self.neutral + self.mixed + self.unclear)


_PLACES = {
    StanceLabel.SUPPORT: 0,
    StanceLabel.OPPOSE: 1,
    StanceLabel.NEUTRAL: 2,
    StanceLabel.MIXED: 3,
    StanceLabel.UNCLEAR: 4,
}


def tally_of(counts: Mapping[str, int]) -> Tally:
    """The tally of how often each label comes."""
    return Tally(*(counts.get(label.value, 0) for label in _PLACES))


def summed(tallies: Sequence[Tally]) -> Tally:
    """All of them together."""
    columns = zip(*((t.support, t.opposition, t.neutral, t.mixed, t.unclear) for t in tallies), strict=True)
    return Tally(*map(sum, columns)) if tallies else Tally()


# ---------------------------------------------------------------- conditions


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of days, both ends included; an end that is None is open. A span without ends holds undated rows."""

    first: dt.date | None = None
    last: dt.date | None = None

    @property
    def values(self) -> Mapping[str, object]:
        """What it binds."""
        ends = {"first": self.first, "last": self.last}
        return {name: day for name, day in ends.items() if day is not None}

    def conditions(self, day: Any) -> list[Any]:
        """That `day`, a sort column, lies in it."""
        found = [day >= placeholder("first", Date())] if self.first is not None else []
        found += [day <= placeholder("last", Date())] if self.last is not None else []
        return [*found, day > UNDATED] if found else []


def seen_in_project(stance: Any, seen_with: Visibility) -> list[Any]:
    """That a stance is one of the project and may be seen."""
    seen = visible(Stance, stance, seen_with)
    return [stance.project_id == placeholder(PROJECT, Uid()), *([] if seen is None else [seen])]


def label_text(label: Any) -> Any:
    """A label as it is told."""
    return type_coerce(label, Text)


def times(label: Any, wanted: StanceLabel) -> Any:
    """How often `wanted` comes in a group."""
    return func.count().filter(label_text(label) == literal(wanted.value, Text()))


# ---------------------------------------------------------------- statements

Grouped: TypeAlias = Mapping[bytes, "Statements"]
"""Key of a group, so many characters, → the statements in it."""


@dataclass(frozen=True, eq=False)
class Statements:
    """Statements in the order of time, each once: texts of a date and a key."""

    entries: Sequence[bytes]

    @cached_property
    def _ordered(self) -> Ordered:
        entries = np.array(self.entries, dtype=f"S{_DATE + _ID}")
        return Ordered(
            "STATEMENT", (entries.astype(f"S{_DATE}"), np.array([e[_DATE:] for e in self.entries], f"S{_ID}"))
        )

    def page(self, first: int | None, after: str | None) -> Connection[Ref]:
        """A page of them.

        :raises BadArgument: where the arguments cannot be understood.
        """
        ordered = self._ordered
        return ordered.page(
            ordered.span(first, after), lambda at: Ref("Statement", UUID(self.entries[at][_DATE:].decode()))
        )


def statement_entry(group: Sequence[Any], day: Any, statement: Any) -> Any:
    """The text of a statement in a group: `group` are the keys that name it."""
    parts: list[Any] = [cast(part, Text) for part in (*group, day, statement)]
    return reduce(lambda entry, part: entry.op("||")(part), parts)


def grouped(text: bytes | None, keys: int) -> Grouped:
    """The statements in the texts joined by commas that `statement_entry` made, by the `keys` keys of their groups."""
    found: dict[bytes, list[bytes]] = {}
    for entry in sorted(set(text.split(b","))) if text else ():
        found.setdefault(entry[: keys * _ID], []).append(entry[keys * _ID :])
    return {key: Statements(entries) for key, entries in found.items()}


NO_STATEMENTS = Statements(())
