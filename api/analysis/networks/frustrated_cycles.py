"""Cycles with an odd number of negative ties: of each, a tie is frustrated whatever the camps.

They are what makes a network frustrated at all (Harary 1953), so that the least weight of ties that meets every one of
them is a lower bound: a linear programme, to which cycles are added that its solution does not meet yet, found as
shortest ways from a node to its double in a network that has every node twice, once for each side (Barahona & Mahjoub
1986).
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from api.analysis.arrays import Floats, Integers
from api.analysis.networks.kernel import WeightedPart
from api.numeric import csgraph, np, optimize, sparse

MOST_NODES = 600
"""How many nodes a part may have for ways to be sought from each of them."""
_ROUNDS = 60
_MET = 1e-4
_ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class Cycles:
    """Frustrated cycles of a part, and what they come to."""

    rows: sparse.csr_array
    """A row for each, a column for each tie: 1 where the tie is in it."""
    least: int
    """No less runs against any sides."""


def frustrated_cycles(part: WeightedPart, three: Integers, until: float) -> Cycles:
    """Frustrated cycles enough for a bound, as far as time allows.

    :param three: frustrated triangles, to begin with.
    :param until: when to end, as `time.monotonic` counts.
    """
    weight = np.abs(part.weight).astype(np.float64)
    rows, least = _rows([np.unique(ties) for ties in three], len(weight)), 0
    for _ in range(_ROUNDS if len(part.nodes) <= MOST_NODES else 0):
        solved = _covered(weight, rows, until - time.monotonic())
        if solved is None:
            break
        least = max(least, int(np.ceil(float(weight @ solved) - _ROUNDING)))
        more = _unmet(part, solved)
        if not more:
            break
        rows = sparse.csr_array(sparse.vstack([rows, _rows(more, len(weight))]))
    return Cycles(rows, least)


def _covered(weight: Floats, rows: sparse.csr_array, seconds: float) -> Floats | None:
    """The least weight of ties, whole or in parts, of which each row has one in all; None where time is over."""
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


def _unmet(part: WeightedPart, solved: Floats) -> list[Integers]:
    """The shortest frustrated cycle through each node, of those that a solution does not meet; each once."""
    size = len(part.nodes)
    there = part.first, part.second + size * (part.weight < 0)
    back = part.first + size, part.second + size * (part.weight > 0)
    ends = np.concatenate([there[0], back[0]]), np.concatenate([there[1], back[1]])
    # A way of no length would be no way.
    lengths = np.tile(np.maximum(solved, 0) + _ROUNDING, 2)
    double = sparse.csr_array((lengths, ends), shape=(2 * size, 2 * size))
    distance, before = csgraph.dijkstra(
        double, directed=False, indices=np.arange(size), return_predecessors=True, limit=1 - _MET
    )
    place = {(int(a), int(b)): tie for tie, (a, b) in enumerate(zip(part.first, part.second, strict=True))}
    found: dict[bytes, Integers] = {}
    for node in np.flatnonzero(distance[np.arange(size), np.arange(size) + size] < 1 - _MET).tolist():
        ties, here = set(), node + size
        while here != node:
            previous = int(before[node, here])
            one, other = sorted((here % size, previous % size))
            ties.add(place[one, other])
            here = previous
        cycle = np.array(sorted(ties), dtype=np.int64)
        found[cycle.tobytes()] = cycle
    return list(found.values())
