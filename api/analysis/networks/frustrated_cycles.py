"""Frustrated cycles: those with an odd number of negative ties, which give a lower bound of the frustration.

In each of them a tie is frustrated whatever the camps (Harary 1953), so that the minimum weight of ties that covers all
of them is a lower bound. It is found by a linear programme with cutting planes: cycles that its solution does not cover
are added. They are shortest paths from a node to its copy, in a network with a copy of each node for the other side
(Barahona & Mahjoub 1986).
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from api.analysis.arrays import Floats, Integers
from api.analysis.networks.kernel import WeightedComponent
from api.numeric import csgraph, np, optimize, sparse

MAX_NODES = 600
"""Nodes of a component up to which shortest paths from each node are computed."""
_MAX_ROUNDS = 60
_COVER_TOLERANCE = 1e-4
_ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class FrustratedCycles:
    """Frustrated cycles of a component, and the lower bound that follows from them."""

    rows: sparse.csr_array
    """A row for each cycle, a column for each tie: 1 if the tie is in the cycle."""
    lower_bound: int
    """Lower bound of the frustration."""


def frustrated_cycles(part: WeightedComponent, start: Integers, until: float) -> FrustratedCycles:
    """Return frustrated cycles and the bound that follows from them, as far as time allows.

    :param start: frustrated triangles to start from.
    :param until: when to stop, as `time.monotonic` counts.
    """
    weight = np.abs(part.weight).astype(np.float64)
    rows, lower_bound = _rows([np.unique(ties) for ties in start], len(weight)), 0
    for _ in range(_MAX_ROUNDS if len(part.nodes) <= MAX_NODES else 0):
        solved = _minimum_cover(weight, rows, until - time.monotonic())
        if solved is None:
            break
        lower_bound = max(lower_bound, int(np.ceil(float(weight @ solved) - _ROUNDING)))
        more = _uncovered(part, solved)
        if not more:
            break
        rows = sparse.csr_array(sparse.vstack([rows, _rows(more, len(weight))]))
    return FrustratedCycles(rows, lower_bound)


def _minimum_cover(weight: Floats, rows: sparse.csr_array, seconds: float) -> Floats | None:
    """Return the minimum fractional weight of ties that covers each row; None if the time limit is reached."""
    if not rows.shape[0]:
        return np.zeros(len(weight))
    limit = {"time_limit": max(seconds, 0.0)}
    found = optimize.linprog(
        weight, A_ub=-rows, b_ub=-np.ones(rows.shape[0]), bounds=(0, 1), method="highs", options=limit
    )
    return np.asarray(found.x, dtype=np.float64) if found.status == 0 else None


def _rows(cycles: list[Integers], width: int) -> sparse.csr_array:
    lengths = [len(cycle) for cycle in cycles]
    columns = np.concatenate(cycles) if cycles else np.empty(0, dtype=np.int64)
    rows = np.repeat(np.arange(len(cycles)), lengths)
    return sparse.csr_array((np.ones(len(columns)), (rows, columns)), shape=(len(cycles), width))


def _uncovered(part: WeightedComponent, solved: Floats) -> list[Integers]:
    """Return the shortest frustrated cycle through each node, if the solution does not cover it; each cycle once."""
    size = len(part.nodes)
    there = part.first, part.second + size * (part.weight < 0)
    back = part.first + size, part.second + size * (part.weight > 0)
    ends = np.concatenate([there[0], back[0]]), np.concatenate([there[1], back[1]])
    # The solver takes a length of 0 as no edge.
    lengths = np.tile(np.maximum(solved, 0) + _ROUNDING, 2)
    double = sparse.csr_array((lengths, ends), shape=(2 * size, 2 * size))
    distance, before = csgraph.dijkstra(
        double, directed=False, indices=np.arange(size), return_predecessors=True, limit=1 - _COVER_TOLERANCE
    )
    place = {(int(a), int(b)): tie for tie, (a, b) in enumerate(zip(part.first, part.second, strict=True))}
    found: dict[bytes, Integers] = {}
    for node in np.flatnonzero(distance[np.arange(size), np.arange(size) + size] < 1 - _COVER_TOLERANCE).tolist():
        ties, here = set(), node + size
        while here != node:
            previous = int(before[node, here])
            one, other = sorted((here % size, previous % size))
            ties.add(place[one, other])
            here = previous
        cycle = np.array(sorted(ties), dtype=np.int64)
        found[cycle.tobytes()] = cycle
    return list(found.values())
