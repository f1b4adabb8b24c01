"""Members that act as their groups."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from api.analysis.arrays import Integers
from api.dataset.relations import RelationRows
from api.numeric import np


@dataclass(eq=False)
class Groups:
    """Who acts as whom among the actors of some relations.

    A member acts as its group, and that as its own, up to the outermost one. A membership counts where it holds on a
    day of the period that is looked at. Who belongs to several groups that do not meet in one outermost group acts as
    itself, and so do groups that are one another's members.
    """

    read: RelationRows
    several: set[int] = field(default_factory=set)
    """Members found to belong to several outermost groups."""
    _of: dict[int, list[int]] = field(init=False)
    _known: dict[tuple[int, np.datetime64, np.datetime64], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Gather the memberships of each member."""
        self._of = {}
        for place, member in enumerate(self.read.member.tolist()):
            self._of.setdefault(member, []).append(place)

    @property
    def members(self) -> list[int]:
        """All who belong to a group at any time."""
        return list(self._of)

    def ends(self, day: np.datetime64 | None) -> tuple[Integers, Integers]:
        """As whom the two ends of each relation act: on that day, or else at any time at which the relation holds."""
        return self._all(self.read.source, day), self._all(self.read.target, day)

    def acting(self, actor: int, first: np.datetime64, last: np.datetime64) -> int:
        """As whom an actor acts between two days, both included."""
        if actor not in self._of:
            return actor
        known = self._known.get((actor, first, last))
        if known is None:
            known = self._known[actor, first, last] = self._outermost(actor, first, last)
        return known

    def _all(self, actors: Integers, day: np.datetime64 | None) -> Integers:
        found = actors.copy()
        held = self.read.held
        for at in np.flatnonzero(np.isin(actors, self.members)).tolist():
            period = (held.begins[at], held.ends[at]) if day is None else (day, day)
            found[at] = self.acting(int(actors[at]), *period)
        return found

    def _outermost(self, actor: int, first: np.datetime64, last: np.datetime64) -> int:
        outermost: set[int] = set()
        reached, pending = {actor}, [actor]
        while pending:
            groups = set(self._groups(here := pending.pop(), first, last))
            if not groups and here != actor:
                outermost.add(here)
            pending += groups - reached
            reached |= groups
        if len(outermost) > 1:
            self.several.add(actor)
        return outermost.pop() if len(outermost) == 1 else actor

    def _groups(self, member: int, first: np.datetime64, last: np.datetime64) -> Iterable[int]:
        belonged = self.read.belonged
        for place in self._of.get(member, ()):
            if belonged.begins[place] <= last and belonged.ends[place] >= first:
                yield int(self.read.group[place])
