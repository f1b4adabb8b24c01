"""Resolves members to the groups that they act as."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from api.analysis.arrays import Integers
from api.dataset.relations import RelationRows
from api.numeric import np


@dataclass(eq=False)
class Groups:
    """Resolves the actors of some relations to their outermost groups.

    A member acts as its group, which acts as its own group, up to the outermost one. A membership counts if it is valid
    on a day of the period in question. An actor acts as itself if it belongs to several outermost groups, or if groups
    are members of each other.
    """

    rows: RelationRows
    ambiguous: set[int] = field(default_factory=set)
    """Members that were found to belong to several outermost groups."""
    _memberships: dict[int, list[int]] = field(init=False)
    """Member → indexes of its memberships."""
    _resolved: dict[tuple[int, np.datetime64, np.datetime64], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Collect the memberships of each member."""
        self._memberships = {}
        for place, member in enumerate(self.rows.member.tolist()):
            self._memberships.setdefault(member, []).append(place)

    @property
    def members(self) -> list[int]:
        """All actors that belong to a group at any time."""
        return list(self._memberships)

    def resolve_ends(self, day: np.datetime64 | None) -> tuple[Integers, Integers]:
        """Return the group or actor that each end of a relation acts as, on `day` or while the relation is valid."""
        return self._resolve_all(self.rows.source, day), self._resolve_all(self.rows.target, day)

    def resolve(self, actor: int, first: np.datetime64, last: np.datetime64) -> int:
        """Return the group that an actor acts as between two days, both included; the actor itself if there is none."""
        if actor not in self._memberships:
            return actor
        group = self._resolved.get((actor, first, last))
        if group is None:
            group = self._resolved[actor, first, last] = self._outermost(actor, first, last)
        return group

    def _resolve_all(self, actors: Integers, day: np.datetime64 | None) -> Integers:
        resolved = actors.copy()
        validity = self.rows.validity
        for at in np.flatnonzero(np.isin(actors, self.members)).tolist():
            period = (validity.begins[at], validity.ends[at]) if day is None else (day, day)
            resolved[at] = self.resolve(int(actors[at]), *period)
        return resolved

    def _outermost(self, actor: int, first: np.datetime64, last: np.datetime64) -> int:
        outermost: set[int] = set()
        reached, pending = {actor}, [actor]
        while pending:
            groups = set(self._groups(current := pending.pop(), first, last))
            if not groups and current != actor:
                outermost.add(current)
            pending += groups - reached
            reached |= groups
        if len(outermost) > 1:
            self.ambiguous.add(actor)
        return outermost.pop() if len(outermost) == 1 else actor

    def _groups(self, member: int, first: np.datetime64, last: np.datetime64) -> Iterable[int]:
        validity = self.rows.membership_validity
        for place in self._memberships.get(member, ()):
            if validity.begins[place] <= last and validity.ends[place] >= first:
                yield int(self.rows.group[place])
