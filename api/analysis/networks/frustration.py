"""Frustration: the minimum number of ties that contradict a partition into two camps.

It is the line index of balance (Harary 1959). To compute it is as hard as the maximum cut of a network, and done in
three steps: `kernel` reduces the network, a search finds camps, and an integer programme proves that they are optimal,
or finds better ones, as far as the time limit allows (Aref, Mason & Wilson 2020).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from api.analysis.arrays import Floats, Integers
from api.analysis.networks.frustrated_cycles import FrustratedCycles, frustrated_cycles
from api.analysis.networks.kernel import Kernel, WeightedComponent
from api.analysis.networks.partitions import Costs, best_groups
from api.analysis.networks.signed_network import SignedNetwork
from api.analysis.networks.triangles import triangles
from api.numeric import np, optimize, sparse

MAX_PROGRAMME_TIES = 20_000
"""Ties of a component up to which the integer programme is run: it would not finish with more."""
MAX_TRIANGLES = 60_000
"""Frustrated triangles that the programmes start with."""
_MAX_TESTED = 2_000_000
"""Triangles that are tested for being frustrated."""
_ROUNDING = 1e-6
"""Numerical error of the solver's bounds."""


@dataclass(frozen=True, eq=False)
class FrustrationBounds:
    """The frustration of a network, by its unambiguous ties: the best camps found, and a lower bound."""

    count: int
    """Number of ties that contradict the camps: the minimum, if `exact`."""
    lower_bound: int
    """Lower bound for any camps; equal to `count`, if `exact`."""
    camps: Integers
    """The camp of each node: 0 or 1, -1 for nodes without such a tie. The first node of each component is in camp 0."""
    frustrated: Integers
    """The indexes of the ties that contradict the camps, in `network.unambiguous`."""

    @property
    def exact(self) -> bool:
        """True if a proof exists that no other camps have a lower frustration."""
        return self.count == self.lower_bound

    def index(self, ties: int) -> float | None:
        """Return the line index 1 - f / (m / 2) for m ties: 1 if no tie is frustrated. None if there are no ties."""
        return 1 - self.count / (ties / 2) if ties else None


def frustration(network: SignedNetwork, seconds: float, start: Integers | None = None) -> FrustrationBounds:
    """Return the frustration of a network.

    :param seconds: time limit for the proof; with 0, optimality is proved only if that takes no search.
    :param start: camps to start from, 0 or 1 for each node, such as those of a similar network.
    """
    ties, until = network.unambiguous, time.monotonic() + seconds
    kernel = Kernel.of(ties)
    sides, lower_bound = dict[int, int](), kernel.constant
    # Small components first: most of them are solved at once.
    for nodes in sorted(kernel.components(), key=len):
        part = WeightedComponent.of(nodes, kernel.neighbours)
        own, bound = _sides(part, until, None if start is None else start[nodes])
        sides.update(zip(nodes, own.tolist(), strict=True))
        lower_bound += bound
    all_sides = kernel.sides(sides)
    camps = _camps(ties, np.array([all_sides[node] for node in range(ties.size)], dtype=np.int64))
    frustrated = np.flatnonzero((camps[ties.first] == camps[ties.second]) != (ties.sign == 1))
    return FrustrationBounds(len(frustrated), lower_bound, camps, frustrated)


def _camps(network: SignedNetwork, sides: Integers) -> Integers:
    camps = np.full(network.size, -1, dtype=np.int64)
    for nodes in network.components:
        camps[nodes] = (sides[nodes] != sides[nodes[0]]).astype(np.int64)
    return camps


def _sides(part: WeightedComponent, until: float, start: Integers | None) -> tuple[Integers, int]:
    """Return the sides of a component, 1 or -1, and a lower bound of its frustration."""
    sides = _search(part, start)
    found, bound = part.frustration(sides), 0
    if found:
        triangles_ = _frustrated_triangles(part)
        bound = _disjoint_weight(triangles_, part)
        if bound < found and len(part.weight) <= MAX_PROGRAMME_TIES and until > time.monotonic():
            # Half of the time is for bounding the frustration, the other half for the proof.
            middle = (time.monotonic() + until) / 2
            cycles = frustrated_cycles(part, triangles_[:MAX_TRIANGLES], middle)
            bound = max(bound, cycles.lower_bound)
            if bound < found:
                better, proved = _solve_programme(part, cycles, found, until - time.monotonic())
                sides = sides if better is None else better
                bound = max(bound, proved)
    return sides, min(bound, part.frustration(sides))


def _search(part: WeightedComponent, start: Integers | None) -> Integers:
    weight = np.abs(part.weight).astype(np.float64)
    negative = part.weight < 0
    costs = Costs(len(part.nodes), part.first, part.second, weight * negative, weight * ~negative)
    return 1 - 2 * best_groups(costs, 2, start=start)


# ---------------------------------------------------------------- bounds


def _frustrated_triangles(part: WeightedComponent) -> Integers:
    """Return the triangles with one or three negative ties: one of their ties is frustrated whatever the sides."""
    signs = np.sign(part.weight)
    found, seen = [np.empty((0, 3), dtype=np.int64)], 0
    for chunk in triangles(part.as_network()):
        found.append(chunk[signs[chunk].prod(axis=1) < 0])
        seen += len(chunk)
        if seen > _MAX_TESTED:
            break
    return np.concatenate(found)


def _disjoint_weight(triangles_: Integers, part: WeightedComponent) -> int:
    """Return the total weight of disjoint frustrated triangles, which is a lower bound of the frustration."""
    left: list[int] = np.abs(part.weight).tolist()
    total = 0
    for a, b, c in triangles_.tolist():
        taken = min(left[a], left[b], left[c])
        if taken:
            total += taken
            left[a], left[b], left[c] = left[a] - taken, left[b] - taken, left[c] - taken
    return total


# ---------------------------------------------------------------- the integer programme


def _solve_programme(
    part: WeightedComponent, cycles: FrustratedCycles, found: int, seconds: float
) -> tuple[Integers | None, int]:
    """Return sides with a frustration below `found`, if the programme finds any, and a lower bound.

    There is a variable for the side of each node, and one for whether each tie is frustrated. A solution must be better
    than `found`: if the programme is infeasible, `found` is optimal.
    """
    nodes, ties = len(part.nodes), len(part.weight)
    weight = np.concatenate([np.zeros(nodes), np.abs(part.weight)])
    degree = np.bincount(np.concatenate([part.first, part.second]), minlength=nodes)
    upper = np.ones(nodes + ties)
    upper[int(degree.argmax())] = 0  # fixes which side is called 0
    better = optimize.LinearConstraint(weight[None, :], -np.inf, found - 1)
    result = optimize.milp(
        weight,
        constraints=[*_constraints(part, cycles), better],
        integrality=np.concatenate([np.ones(nodes), np.zeros(ties)]),
        bounds=optimize.Bounds(0, upper),
        options={"time_limit": max(seconds, 0.0)},
    )
    if result.status == _INFEASIBLE:
        return None, found
    sides = None if result.x is None else 1 - 2 * np.rint(result.x[:nodes]).astype(np.int64)
    return sides, _bound(result.mip_dual_bound, found)


_INFEASIBLE = 2
"""The status of `milp` for an infeasible programme."""


def _bound(value: float | None, found: int) -> int:
    """Return a bound rounded up to a whole number; 0 if there is none."""
    if value is None or not np.isfinite(value):
        return 0
    return int(np.clip(np.ceil(value - _ROUNDING), 0, found))


def _constraints(part: WeightedComponent, cycles: FrustratedCycles) -> Sequence[optimize.LinearConstraint]:
    """Return the constraints that a solution must meet."""
    nodes = len(part.nodes)
    plus, minus = (np.flatnonzero(found) for found in (part.weight > 0, part.weight < 0))
    ends = part.first, part.second
    rows: list[tuple[Integers, Floats, float]] = []
    for tie, signs, minimum in (
        (plus, (-1, 1), 0),  # a positive tie between the sides is frustrated
        (plus, (1, -1), 0),
        (minus, (-1, -1), -1),  # a negative tie within a side is frustrated
        (minus, (1, 1), 1),
    ):
        columns = np.column_stack([tie + nodes, ends[0][tie], ends[1][tie]])
        rows.append((columns, np.array([1.0, *signs]), minimum))
    width = nodes + len(part.weight)
    sides = [_constraint(columns, values, minimum, width) for columns, values, minimum in rows if len(columns)]
    covered = sparse.hstack([sparse.csr_array((cycles.rows.shape[0], nodes)), cycles.rows])
    # In each frustrated cycle, a tie is frustrated.
    return [*sides, optimize.LinearConstraint(covered, 1, np.inf)] if cycles.rows.shape[0] else sides


def _constraint(columns: Integers, values: Floats, minimum: float, width: int) -> optimize.LinearConstraint:
    rows = np.repeat(np.arange(len(columns)), columns.shape[1])
    data = np.tile(values, len(columns))
    matrix = sparse.csr_array((data, (rows, columns.ravel())), shape=(len(columns), width))
    return optimize.LinearConstraint(matrix, minimum, np.inf)
