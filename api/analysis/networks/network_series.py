"""A signed network over time: its measures in each period, updated as relations begin and end."""

import time
from collections import defaultdict
from dataclasses import dataclass, field

from api.analysis.arrays import Booleans, Integers
from api.analysis.networks.balance import IndexValue, NetworkUndefined, walk_index
from api.analysis.networks.frustration import FrustrationBounds, frustration
from api.analysis.networks.signed_network import SignedNetwork
from api.analysis.networks.triangles import TriadCounts
from api.numeric import np

MAX_WALK_COST = 5e10
"""Maximum cost of the walk indices: the cubes of the sizes of all connected components, added up."""
MAX_SEARCHED = 100_000
"""Nodes of all networks, added up, for which frustration is computed."""


@dataclass(frozen=True, eq=False)
class Spells:
    """Signed relations with the periods in which they are valid: one element of each array for each spell."""

    nodes: int
    periods: int
    source: Integers
    target: Integers
    positive: Booleans
    first: Integers
    """The first period of the spell, counted from 0."""
    last: Integers
    """The last period of the spell."""

    def within(self, period: int) -> SignedNetwork:
        """Return the network of one period."""
        valid = (self.first <= period) & (self.last >= period) & (self.source != self.target)
        positive = self.positive[valid].astype(np.int64)
        return SignedNetwork.of(self.nodes, self.source[valid], self.target[valid], positive, 1 - positive)


@dataclass(frozen=True, slots=True)
class NetworkState:
    """Measures of a network in one period."""

    relations: int
    """Number of relations, including those within a group."""
    actors: int
    positive: int
    """Number of pairs with positive relations alone."""
    negative: int
    ambivalent: int
    triads: TriadCounts
    walk_index: IndexValue | None = None
    """None if it is not requested."""
    frustration: FrustrationBounds | None = None
    """None if it is not requested, or if the networks have too many nodes."""


def network_states(spells: Spells, *, walks: bool = False, seconds: float | None = None) -> list[NetworkState]:
    """Return the measures of each period.

    :param walks: whether to compute walk indices; if they cost too much, each is `TOO_LARGE`.
    :param seconds: time limit for all proofs of frustration; None to compute no frustration.
    """
    running = _Running(spells.nodes)
    changes = _changes(spells)
    states: list[NetworkState] = []
    distinct: list[int] = []
    for period in range(spells.periods):
        changed = running.apply(changes.get(period, ()))
        states.append(running.state())
        distinct.append(period if changed or not period else distinct[-1])
    measures = _DistinctMeasures(spells, sorted(set(distinct)), walks, seconds)
    return [measures.added_to(state, distinct[period]) for period, state in enumerate(states)]


_Change = tuple[int, int, int, int]
"""Two nodes, the lower first, and the number of relations of each sign that begin (negative if they end)."""


def _changes(spells: Spells) -> dict[int, list[_Change]]:
    """Return period → changes from the period before. Relations of a node with itself only count as relations."""
    found: dict[int, list[_Change]] = defaultdict(list)
    low, high = np.minimum(spells.source, spells.target).tolist(), np.maximum(spells.source, spells.target).tolist()
    ends = zip(low, high, spells.positive.tolist(), spells.first.tolist(), spells.last.tolist(), strict=True)
    for one, other, positive, first, last in ends:
        plus, minus = int(positive), int(not positive)
        found[first].append((one, other, plus, minus))
        found[last + 1].append((one, other, -plus, -minus))
    return found


# ---------------------------------------------------------------- counts, updated by changes


@dataclass(eq=False)
class _Running:
    """A network whose counts are updated as ties begin, end and change their signs."""

    nodes: int
    relations: int = 0
    between: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    """Two nodes → the number of relations of each sign between them."""
    neighbours: dict[int, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    """Node → neighbour → sign of the tie, for unambiguous ties."""
    degree: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    """Node → number of ties, including ambivalent ones."""
    signs: dict[int, int] = field(default_factory=lambda: {1: 0, -1: 0, 0: 0})
    triads: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    """Number of triangles with zero, one, two, three negative ties."""
    tied: int = 0

    def apply(self, changes: "list[_Change] | tuple[()]") -> bool:
        """Apply changes of relations; return True if any tie has changed."""
        moved: dict[tuple[int, int], list[int]] = {}
        for one, other, plus, minus in changes:
            self.relations += plus + minus
            if one != other:
                change = moved.setdefault((one, other), [0, 0])
                change[0] += plus
                change[1] += minus
        return sum(self._move(pair, *change) for pair, change in moved.items()) > 0

    def state(self) -> NetworkState:
        """Return the counts of the network."""
        return NetworkState(
            self.relations, self.tied, self.signs[1], self.signs[-1], self.signs[0], TriadCounts(*self.triads)
        )

    def _move(self, pair: tuple[int, int], plus: int, minus: int) -> bool:
        counts = self.between.setdefault(pair, [0, 0])
        before = _sign(*counts)
        counts[0] += plus
        counts[1] += minus
        after = _sign(*counts)
        if after is None:
            del self.between[pair]
        if before == after:
            return False
        self._turn(pair, before, after)
        return True

    def _turn(self, pair: tuple[int, int], before: int | None, after: int | None) -> None:
        one, other = pair
        if before is not None:
            self.signs[before] -= 1
        if after is not None:
            self.signs[after] += 1
        self._count(pair, (after is not None) - (before is not None))
        if before:
            del self.neighbours[one][other], self.neighbours[other][one]
            self._close(pair, before, -1)
        if after:
            self._close(pair, after, 1)
            self.neighbours[one][other] = self.neighbours[other][one] = after

    def _count(self, pair: tuple[int, int], by: int) -> None:
        for node in pair:
            was = self.degree[node] > 0
            self.degree[node] += by
            self.tied += (self.degree[node] > 0) - was

    def _close(self, pair: tuple[int, int], sign: int, by: int) -> None:
        """Update the number of triangles for a tie with the sign `sign` that begins (`by` is 1) or ends (-1)."""
        few, many = sorted((self.neighbours[node] for node in pair), key=len)
        for third, here in few.items():
            there = many.get(third)
            if there is not None:
                self.triads[(sign < 0) + (here < 0) + (there < 0)] += by


def _sign(positive: int, negative: int) -> int | None:
    return (positive > 0) - (negative > 0) if positive or negative else None


# ---------------------------------------------------------------- measures of each distinct network


class _DistinctMeasures:
    """Measures that are computed again for each network that differs from the one before."""

    def __init__(self, spells: Spells, distinct: list[int], walks: bool, seconds: float | None) -> None:
        networks = {period: spells.within(period) for period in distinct} if walks or seconds is not None else {}
        self.walks: dict[int, IndexValue] = {}
        self.frustrations: dict[int, FrustrationBounds] = {}
        if walks:
            self._walk(networks)
        if seconds is not None and sum(len(n.tied) for n in networks.values()) <= MAX_SEARCHED:
            self._search(networks, seconds)

    def added_to(self, state: NetworkState, period: int) -> NetworkState:
        """Return the state with the measures of the network of `period`."""
        counts = (state.relations, state.actors, state.positive, state.negative, state.ambivalent)
        return NetworkState(*counts, state.triads, self.walks.get(period), self.frustrations.get(period))

    def _walk(self, networks: dict[int, SignedNetwork]) -> None:
        cost = sum(float(len(part)) ** 3 for n in networks.values() for part in n.unambiguous.components)
        for period, network in networks.items():
            large = IndexValue.undefined(NetworkUndefined.TOO_LARGE)
            self.walks[period] = walk_index(network) if cost <= MAX_WALK_COST else large

    def _search(self, networks: dict[int, SignedNetwork], seconds: float) -> None:
        until = time.monotonic() + seconds
        camps: Integers | None = None
        for period, network in networks.items():
            found = frustration(network, max(0.0, until - time.monotonic()), camps)
            camps = np.maximum(found.camps, 0)
            self.frustrations[period] = found
