"""Networks of relations: who is tied to whom by which of them, also with members acting as their groups."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any
from uuid import UUID

import numpy as np

from api.analysis.arrays import Integers
from api.analysis.signed_network import SignedNetwork
from api.measures.groups import Groups
from api.measures.kept import Shared
from api.measures.measures import Measures
from api.measures.relations import ChosenRelations, RelationsRead
from api.measures.units import Keys
from api.security.viewer import Viewer
from api.selection.predicates import Predicate


@dataclass(frozen=True, eq=False)
class Network:
    """Ties between actors: one element of each array for each tie, which takes all relations of one direction.

    A tie that is directed runs from `source` to `target`; of one that is not, `source` is the lesser place.
    """

    actors: Keys
    """The keys of the actors that have a tie, sorted: nodes are places in it."""
    source: Integers
    target: Integers
    directed: Integers
    positive: Integers
    """How many alliances it takes together."""
    negative: Integers
    """How many oppositions."""
    relations: Keys
    """The keys of all relations, tie by tie, in order within each."""
    until: Integers
    """Where the relations of each tie end in `relations`."""
    within_groups: int
    """How many relations fell away since both ends act as the same group."""
    several_groups: int
    """How many members stay themselves since they belong to several groups that are not one."""
    made: Shared = field(default_factory=Shared)
    """What was computed of it."""

    @property
    def ties(self) -> int:
        """How many ties there are."""
        return len(self.source)

    def actor(self, node: int) -> UUID:
        """The key of an actor."""
        return UUID(bytes(self.actors[node]).decode())

    def relations_of(self, tie: int) -> list[UUID]:
        """The keys of the relations of a tie."""
        start = int(self.until[tie - 1]) if tie else 0
        return [UUID(key.decode()) for key in self.relations[start : int(self.until[tie])].tolist()]

    @cached_property
    def folded(self) -> SignedNetwork:
        """The same without directions: both signs between two actors make them ambivalent."""
        return SignedNetwork.of(len(self.actors), self.source, self.target, self.positive, self.negative)


async def network(
    measures: Measures,
    viewer: Viewer,
    filter_arguments: Mapping[str, Any],
    predicates: Mapping[str, Predicate],
    *,
    collapse_members: bool = False,
) -> Network:
    """The network of the relations that a filter lets through, as far as `viewer` sees them; kept until they change.

    :param filter_arguments: a filter by the GraphQL names of its fields; `predicates` are what these ask.
    :param collapse_members: whether members act as their groups, see `Groups`.
    :raises BadArgument: where the filter cannot be understood.
    """
    chosen = ChosenRelations(filter_arguments, predicates, with_memberships=collapse_members)
    read = await measures.relations(viewer, chosen)
    day = filter_arguments.get("asOf") if collapse_members else None
    work = partial(_network, read, None if day is None else np.datetime64(day))
    return await read.made.of(("network", day), lambda: measures.worked_out(work))


def _network(read: RelationsRead, day: np.datetime64 | None) -> Network:
    groups = Groups(read)
    source, target = groups.ends(day)
    return of_ends(read, source, target, several_groups=len(groups.several))


def of_ends(read: RelationsRead, source: Integers, target: Integers, *, several_groups: int = 0) -> Network:
    """The network of relations between these ends, places in `read.actors`."""
    kept = np.flatnonzero(source != target)
    nodes, places = np.unique(np.concatenate([source[kept], target[kept]]), return_inverse=True)
    one, other = places.reshape(2, -1).astype(np.int64) if len(kept) else (np.empty(0, np.int64),) * 2
    directed = read.directed[kept].astype(np.int64)
    # Without a direction the ends may change places.
    first, second = np.where(directed, one, np.minimum(one, other)), np.where(directed, other, np.maximum(one, other))
    size = max(len(nodes), 1)
    ties, tie = np.unique((first * size + second) * 2 + directed, return_inverse=True)
    tie = tie.reshape(-1)
    order = np.argsort(tie, kind="stable")
    positive = np.bincount(tie, weights=read.positive[kept], minlength=len(ties)).astype(np.int64)
    every = np.bincount(tie, minlength=len(ties)).astype(np.int64)
    return Network(
        actors=read.actors[nodes],
        source=ties // 2 // size,
        target=ties // 2 % size,
        directed=ties % 2,
        positive=positive,
        negative=every - positive,
        relations=read.keys[kept][order],
        until=np.cumsum(every),
        within_groups=len(source) - len(kept),
        several_groups=several_groups,
    )
