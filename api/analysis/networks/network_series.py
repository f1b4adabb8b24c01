"""A signed network over time: its figures in each period, in one pass over what comes and goes."""

import time
from collections import defaultdict
from dataclasses import dataclass, field

from api.analysis.arrays import Booleans, Integers
from api.analysis.networks.balance import NetworkFigure, NetworkUndefined, walk_index
from api.analysis.networks.frustration import Frustration, frustration
from api.analysis.networks.signed_network import SignedNetwork
from api.analysis.networks.triangles import Triads
from api.numeric import np

MOST_WALKED = 5e10
"""How many numbers the eigenvalues of all its networks may be made of, the cube of how many nodes hang together."""
MOST_SEARCHED = 100_000
"""How many nodes all its networks may have together, for frustration to be sought in each."""


@dataclass(frozen=True, eq=False)
class Spells:
    """Signed relations and when they hold: one element of each array for each spell of one of them."""

    nodes: int
    periods: int
    source: Integers
    target: Integers
    positive: Booleans
    first: Integers
    """The first period in which it holds, counted from 0."""
    last: Integers
    """The last one."""

    def within(self, period: int) -> SignedNetwork:
        """The network of one period."""
        holds = (self.first <= period) & (self.last >= period) & (self.source != self.target)
        positive = self.positive[holds].astype(np.int64)
        return SignedNetwork.of(self.nodes, self.source[holds], self.target[holds], positive, 1 - positive)


@dataclass(frozen=True, slots=True)
class PeriodFigures:
    """What a network is like in one period."""

    relations: int
    """How many relations hold in it, those within a group too."""
    actors: int
    positive: int
    """How many pairs are tied positively alone."""
    negative: int
    ambivalent: int
    triads: Triads
    walk_index: NetworkFigure | None = None
    """None where it was not asked for."""
    frustration: Frustration | None = None
    """None where it was not asked for, and where there are more nodes than it is sought in."""


def series(spells: Spells, *, walks: bool = False, seconds: float | None = None) -> list[PeriodFigures]:
    """The figures of each period, in order.

    :param walks: whether walk indices are wanted; where these take too much, each is `TOO_LARGE`.
    :param seconds: how long proofs of frustration may be sought in all; None where it is not wanted.
    """
    running = _Running(spells.nodes)
    changes = _changes(spells)
    counted: list[PeriodFigures] = []
    distinct: list[int] = []
    for period in range(spells.periods):
        changed = running.apply(changes.get(period, ()))
        counted.append(running.figures())
        distinct.append(period if changed or not period else distinct[-1])
    measured = _Measured(spells, sorted(set(distinct)), walks, seconds)
    return [measured.with_figures(figures, distinct[period]) for period, figures in enumerate(counted)]


_Change = tuple[int, int, int, int]
"""Two nodes, the lesser first, and how many relations of each sign come (or go, if it is less than 0)."""


def _changes(spells: Spells) -> dict[int, list[_Change]]:
    """Period → what is other in it than in the one before; ties between a node and itself count as relations alone."""
    found: dict[int, list[_Change]] = defaultdict(list)
    low, high = np.minimum(spells.source, spells.target).tolist(), np.maximum(spells.source, spells.target).tolist()
    ends = zip(low, high, spells.positive.tolist(), spells.first.tolist(), spells.last.tolist(), strict=True)
    for one, other, positive, first, last in ends:
        plus, minus = int(positive), int(not positive)
        found[first].append((one, other, plus, minus))
        found[last + 1].append((one, other, -plus, -minus))
    return found


# ---------------------------------------------------------------- what is counted as it comes and goes


@dataclass(eq=False)
class _Running:
    """A network that changes: counts and triangles are kept as ties come, go and change their signs."""

    nodes: int
    relations: int = 0
    between: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    """How many relations of each sign there are between two nodes."""
    neighbours: dict[int, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    """The signs of unambiguous ties."""
    degree: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    """How many ties a node has, ambivalent ones too."""
    signs: dict[int, int] = field(default_factory=lambda: {1: 0, -1: 0, 0: 0})
    triads: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    """How many triangles have no, one, two, three negative ties."""
    tied: int = 0

    def apply(self, changes: "list[_Change] | tuple[()]") -> bool:
        """Let relations come and go; says whether any tie is another than before."""
        moved: dict[tuple[int, int], list[int]] = {}
        for one, other, plus, minus in changes:
            self.relations += plus + minus
            if one != other:
                change = moved.setdefault((one, other), [0, 0])
                change[0] += plus
                change[1] += minus
        return sum(self._move(pair, *change) for pair, change in moved.items()) > 0

    def figures(self) -> PeriodFigures:
        """What it is like now."""
        return PeriodFigures(
            self.relations, self.tied, self.signs[1], self.signs[-1], self.signs[0], Triads(*self.triads)
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
        """Count the triangles that a tie of that sign closes, or opens."""
        few, many = sorted((self.neighbours[node] for node in pair), key=len)
        for third, here in few.items():
            there = many.get(third)
            if there is not None:
                self.triads[(sign < 0) + (here < 0) + (there < 0)] += by


def _sign(positive: int, negative: int) -> int | None:
    return (positive > 0) - (negative > 0) if positive or negative else None


# ---------------------------------------------------------------- what is measured anew where a tie has changed


class _Measured:
    """The figures that are made anew for each network that differs from the one before."""

    def __init__(self, spells: Spells, distinct: list[int], walks: bool, seconds: float | None) -> None:
        networks = {period: spells.within(period) for period in distinct} if walks or seconds is not None else {}
        self.walks: dict[int, NetworkFigure] = {}
        self.frustrations: dict[int, Frustration] = {}
        if walks:
            self._walk(networks)
        if seconds is not None and sum(len(n.tied) for n in networks.values()) <= MOST_SEARCHED:
            self._search(networks, seconds)

    def with_figures(self, figures: PeriodFigures, period: int) -> PeriodFigures:
        """The same with what is made anew, as it is in `period`."""
        counted = (figures.relations, figures.actors, figures.positive, figures.negative, figures.ambivalent)
        return PeriodFigures(*counted, figures.triads, self.walks.get(period), self.frustrations.get(period))

    def _walk(self, networks: dict[int, SignedNetwork]) -> None:
        work = sum(float(len(part)) ** 3 for n in networks.values() for part in n.unambiguous.components)
        for period, network in networks.items():
            large = NetworkFigure.none(NetworkUndefined.TOO_LARGE)
            self.walks[period] = walk_index(network) if work <= MOST_WALKED else large

    def _search(self, networks: dict[int, SignedNetwork], seconds: float) -> None:
        until = time.monotonic() + seconds
        camps: Integers | None = None
        for period, network in networks.items():
            found = frustration(network, max(0.0, until - time.monotonic()), camps)
            camps = np.maximum(found.camps, 0)
            self.frustrations[period] = found
