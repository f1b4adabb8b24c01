"""Partitions the nodes of a network into groups at minimum cost, by simulated annealing.

Several searches run in parallel, each a column of an array, so that one pass over the nodes serves all of them. Random
numbers are drawn with a seed: the same network gives the same groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from api.analysis.arrays import Floats, Integers
from api.numeric import np

PARALLEL_SEARCHES = 24
"""Searches that run in parallel."""
_PASSES = (10, 60)
"""Minimum and maximum number of passes over all nodes."""
_WORK = 150_000
"""Approximate number of nodes visited in all passes, if that allows the minimum number of passes."""
_MAX_DESCENTS = 30
"""Maximum number of final passes, which make improvements only."""
_HOT, _COLD = 1.0, 0.1
"""First and last temperature, relative to the mean cost of a tie."""


@dataclass(frozen=True, eq=False)
class Costs:
    """Costs of a partition: `together` for each tie within a group, `apart` for each tie between groups."""

    size: int
    first: Integers
    second: Integers
    together: Floats
    apart: Floats

    def of(self, groups: Integers) -> float:
        """Return the cost of a partition: `groups` has the group of each node."""
        same = groups[self.first] == groups[self.second]
        return float(np.where(same, self.together, self.apart).sum())

    @cached_property
    def neighbours(self) -> list[tuple[Integers, Floats]]:
        """For each node, its neighbours, and the additional cost of being in their group."""
        ends = np.concatenate([self.first, self.second])
        others, more = np.concatenate([self.second, self.first]), np.tile(self.together - self.apart, 2)
        order = np.argsort(ends, kind="stable")
        bounds = np.searchsorted(ends[order], np.arange(1, self.size))
        return list(zip(np.split(others[order], bounds), np.split(more[order], bounds), strict=True))


def best_groups(costs: Costs, groups: int, seed: int = 0, start: Integers | None = None) -> Integers:
    """Return the cheapest partition that is found: a number from 0 to `groups` - 1 for each node.

    :param start: a partition to start from, such as that of a similar network; the result costs no more than it does.
    """
    chance = np.random.default_rng(seed)
    found = chance.integers(groups, size=(costs.size, PARALLEL_SEARCHES))
    if start is not None:
        found[:, : PARALLEL_SEARCHES // 2] = start[:, None]
    hot = _HOT if start is None else _HOT / 4
    mean_cost = float(np.abs(costs.together - costs.apart).mean()) if len(costs.first) else 1.0
    passes = int(np.clip(_WORK // max(costs.size, 1), *_PASSES)) // (1 if start is None else 4) + 1
    for temperature in np.geomspace(hot, _COLD, passes) * mean_cost:
        _anneal(costs, found, groups, temperature * chance.gumbel(size=(groups, PARALLEL_SEARCHES, 64)), chance)
    columns = [start] if start is not None else []
    _descend(costs, found, groups)
    columns += list(found.T)
    return min(columns, key=costs.of)


def _anneal(costs: Costs, found: Integers, groups: int, noise: Floats, chance: np.random.Generator) -> None:
    """Let each node choose a group at random, cheaper ones with higher probability (the Gumbel-max trick)."""
    for node in chance.permutation(costs.size).tolist():
        price = _prices(costs, found, groups, node) - noise[:, :, node % 64]
        found[node] = price.argmin(axis=0)


def _descend(costs: Costs, found: Integers, groups: int) -> None:
    """Move nodes to cheaper groups until no move reduces the cost."""
    columns = np.arange(found.shape[1])
    for _ in range(_MAX_DESCENTS):
        moved = False
        for node in range(costs.size):
            price = _prices(costs, found, groups, node)
            best = price.argmin(axis=0)
            better = price[best, columns] < price[found[node], columns] - 1e-9
            if better.any():
                found[node, better] = best[better]
                moved = True
        if not moved:
            return


def _prices(costs: Costs, found: Integers, groups: int, node: int) -> Floats:
    """Return the cost of each group for a node, shape (groups, searches)."""
    others, more = costs.neighbours[node]
    searches = found.shape[1]
    cells = found[others] * searches + np.arange(searches)
    weights = np.broadcast_to(more[:, None], cells.shape)
    price = np.bincount(cells.ravel(), weights.ravel(), minlength=groups * searches)
    return price.astype(np.float64, copy=False).reshape(groups, searches)
