"""Frustration: how many ties are in the way of two camps, with friends in one and enemies in the other.

The least such number is the line index of balance (Harary 1959). To find it is as hard as to cut a network at its
heaviest, so that it is sought in three ways: what decides itself is taken off (`kernel`), a search puts the rest into
camps, and an integer programme proves that it cannot be done better, or does it better, as long as time allows (Aref,
Mason & Wilson 2020).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from api.analysis.arrays import Floats, Integers
from api.analysis.networks.frustrated_cycles import Cycles, frustrated_cycles
from api.analysis.networks.kernel import Kernel, WeightedPart
from api.analysis.networks.partitions import Costs, best_groups
from api.analysis.networks.signed_network import SignedNetwork
from api.analysis.networks.triangles import triangles
from api.numeric import np, optimize, sparse

MOST_TIES = 20_000
"""A part of a network with more is not handed to the integer programme: it would not come to an end."""
MOST_TRIANGLES = 60_000
"""How many frustrated triangles the programmes are told of beforehand."""
_BY_HAND = 2_000_000
"""Of how many triangles it is seen, at most, whether they have a tie of their own to be frustrated."""
_ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class Frustration:
    """How frustrated a network is, by its unambiguous ties."""

    count: int
    """How many ties run against the camps: the least there can be, if `exact`."""
    least: int
    """Fewer there cannot be, whatever the camps: as many as `count`, if `exact`."""
    camps: Integers
    """0 or 1 of each node: of what hangs together, the first node is in camp 0. -1 where it has no such tie."""
    frustrated: Integers
    """The places of the ties that run against the camps, in `network.unambiguous`."""

    @property
    def exact(self) -> bool:
        """Whether it is proved that no two camps do better."""
        return self.count == self.least

    def index(self, ties: int) -> float | None:
        """1 - f / (m / 2), m being the number of ties: 1 where none is frustrated. None without ties."""
        return 1 - self.count / (ties / 2) if ties else None


def frustration(network: SignedNetwork, seconds: float, start: Integers | None = None) -> Frustration:
    """How frustrated a network is.

    :param seconds: how long a proof may be sought; with 0 there is only one where it takes no search.
    :param start: camps to begin with, 0 or 1 of each node, such as those of a network that is much the same.
    """
    ties, until = network.unambiguous, time.monotonic() + seconds
    kernel = Kernel.of(ties)
    sides, least = dict[int, int](), kernel.constant
    # The small ones first: most of them are decided in no time.
    for nodes in sorted(kernel.parts(), key=len):
        part = WeightedPart.of(nodes, kernel.neighbours)
        own, bound = _sides(part, until, None if start is None else start[nodes])
        sides.update(zip(nodes, own.tolist(), strict=True))
        least += bound
    every = kernel.sides(sides)
    camps = _camps(ties, np.array([every[node] for node in range(ties.size)], dtype=np.int64))
    against = np.flatnonzero((camps[ties.first] == camps[ties.second]) != (ties.sign == 1))
    return Frustration(len(against), least, camps, against)


def _camps(network: SignedNetwork, sides: Integers) -> Integers:
    camps = np.full(network.size, -1, dtype=np.int64)
    for nodes in network.components:
        camps[nodes] = (sides[nodes] != sides[nodes[0]]).astype(np.int64)
    return camps


def _sides(part: WeightedPart, until: float, start: Integers | None) -> tuple[Integers, int]:
    """Sides of a part, 1 or -1, and what runs against them at least."""
    sides = _searched(part, start)
    found, least = part.frustration(sides), 0
    if found:
        three = _frustrated_triangles(part)
        least = _disjoint(three, part)
        if least < found and len(part.weight) <= MOST_TIES and until > time.monotonic():
            # Half of the time to bound it, so that the other half may prove it.
            middle = (time.monotonic() + until) / 2
            cycles = frustrated_cycles(part, three[:MOST_TRIANGLES], middle)
            least = max(least, cycles.least)
            if least < found:
                better, bound = _programmed(part, cycles, found, until - time.monotonic())
                sides = sides if better is None else better
                least = max(least, bound)
    return sides, min(least, part.frustration(sides))


def _searched(part: WeightedPart, start: Integers | None) -> Integers:
    weight = np.abs(part.weight).astype(np.float64)
    negative = part.weight < 0
    costs = Costs(len(part.nodes), part.first, part.second, weight * negative, weight * ~negative)
    return 1 - 2 * best_groups(costs, 2, start=start)


# ---------------------------------------------------------------- bounds


def _frustrated_triangles(part: WeightedPart) -> Integers:
    """Triangles of which a tie is frustrated whatever the sides: one or three of their ties are negative."""
    signs = np.sign(part.weight)
    found, seen = [np.empty((0, 3), dtype=np.int64)], 0
    for three in triangles(part.as_network()):
        found.append(three[signs[three].prod(axis=1) < 0])
        seen += len(three)
        if seen > _BY_HAND:
            break
    return np.concatenate(found)


def _disjoint(three: Integers, part: WeightedPart) -> int:
    """How much such triangles come to that take nothing of one another: no less runs against any sides."""
    left: list[int] = np.abs(part.weight).tolist()
    total = 0
    for a, b, c in three.tolist():
        taken = min(left[a], left[b], left[c])
        if taken:
            total += taken
            left[a], left[b], left[c] = left[a] - taken, left[b] - taken, left[c] - taken
    return total


# ---------------------------------------------------------------- the integer programme


def _programmed(part: WeightedPart, cycles: Cycles, found: int, seconds: float) -> tuple[Integers | None, int]:
    """Better sides than those that `found` runs against, if there are any; and what runs against any sides at least.

    A variable for each node says on which side it is, one for each tie whether it is frustrated. A solution must be
    better than what was found: where there is none, that cannot be bettered.
    """
    nodes, ties = len(part.nodes), len(part.weight)
    weight = np.concatenate([np.zeros(nodes), np.abs(part.weight)])
    degree = np.bincount(np.concatenate([part.first, part.second]), minlength=nodes)
    upper = np.ones(nodes + ties)
    upper[int(degree.argmax())] = 0  # either side could be called 0
    better = optimize.LinearConstraint(weight[None, :], -np.inf, found - 1)
    result = optimize.milp(
        weight,
        constraints=[*_rules(part, cycles), better],
        integrality=np.concatenate([np.ones(nodes), np.zeros(ties)]),
        bounds=optimize.Bounds(0, upper),
        options={"time_limit": max(seconds, 0.0)},
    )
    if result.status == _INFEASIBLE:
        return None, found
    sides = None if result.x is None else 1 - 2 * np.rint(result.x[:nodes]).astype(np.int64)
    return sides, _bound(result.mip_dual_bound, found)


_INFEASIBLE = 2
"""How `milp` says that nothing meets all the rules."""


def _bound(value: float | None, found: int) -> int:
    """The least whole number that is not below a bound; 0 where there is none."""
    if value is None or not np.isfinite(value):
        return 0
    return int(np.clip(np.ceil(value - _ROUNDING), 0, found))


def _rules(part: WeightedPart, cycles: Cycles) -> Sequence[optimize.LinearConstraint]:
    """What a solution must meet, as rows of coefficients and what they come to at least."""
    nodes = len(part.nodes)
    plus, minus = (np.flatnonzero(found) for found in (part.weight > 0, part.weight < 0))
    ends = part.first, part.second
    rows: list[tuple[Integers, Floats, float]] = []
    for tie, signs, least in (
        (plus, (-1, 1), 0),  # a friend on the other side
        (plus, (1, -1), 0),
        (minus, (-1, -1), -1),  # an enemy on this one
        (minus, (1, 1), 1),
    ):
        columns = np.column_stack([tie + nodes, ends[0][tie], ends[1][tie]])
        rows.append((columns, np.array([1.0, *signs]), least))
    width = nodes + len(part.weight)
    sides = [_constraint(columns, values, least, width) for columns, values, least in rows if len(columns)]
    met = sparse.hstack([sparse.csr_array((cycles.rows.shape[0], nodes)), cycles.rows])
    # Of each such cycle a tie is frustrated.
    return [*sides, optimize.LinearConstraint(met, 1, np.inf)] if cycles.rows.shape[0] else sides


def _constraint(columns: Integers, values: Floats, least: float, width: int) -> optimize.LinearConstraint:
    rows = np.repeat(np.arange(len(columns)), columns.shape[1])
    data = np.tile(values, len(columns))
    matrix = sparse.csr_array((data, (rows, columns.ravel())), shape=(len(columns), width))
    return optimize.LinearConstraint(matrix, least, np.inf)
