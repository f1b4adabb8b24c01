"""Puts the nodes of a network into groups so that as few ties as possible run against them: a search by annealing.

Many searches go on side by side, each a column of an array, so that one pass over the nodes serves them all. What is
drawn begins with a seed: the same network gives the same groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from api.analysis.arrays import Floats, Integers
from api.numeric import np

SIDE_BY_SIDE = 24
"""How many searches go on at once."""
_PASSES = (10, 60)
"""How often all nodes are gone through, at least and at most."""
_WORK = 150_000
"""About how many nodes are looked at in all, where that leaves the least number of passes."""
_SETTLING = 30
"""How often they may be gone through in the end, until nothing gets better."""
_HOT, _COLD = 1.0, 0.1
"""Temperatures, in parts of the mean cost of a tie."""


@dataclass(frozen=True, eq=False)
class Costs:
    """What groups cost: `together` for each tie whose ends are in one group, `apart` for each other."""

    size: int
    first: Integers
    second: Integers
    together: Floats
    apart: Floats

    def of(self, groups: Integers) -> float:
        """What these groups cost: one element for each node."""
        same = groups[self.first] == groups[self.second]
        return float(np.where(same, self.together, self.apart).sum())

    @cached_property
    def neighbours(self) -> list[tuple[Integers, Floats]]:
        """Of each node, whom it is tied to, and what it costs more to be in their group than not to be."""
        ends = np.concatenate([self.first, self.second])
        others, more = np.concatenate([self.second, self.first]), np.tile(self.together - self.apart, 2)
        order = np.argsort(ends, kind="stable")
        bounds = np.searchsorted(ends[order], np.arange(1, self.size))
        return list(zip(np.split(others[order], bounds), np.split(more[order], bounds), strict=True))


def best_groups(costs: Costs, groups: int, seed: int = 0, start: Integers | None = None) -> Integers:
    """The groups that were found to cost least: of each node a number from 0 to `groups` - 1, some may not occur.

    :param start: groups to begin with, such as those of a network that is much the same: they are not lost.
    """
    chance = np.random.default_rng(seed)
    found = chance.integers(groups, size=(costs.size, SIDE_BY_SIDE))
    if start is not None:
        found[:, : SIDE_BY_SIDE // 2] = start[:, None]
    hot = _HOT if start is None else _HOT / 4
    mean = float(np.abs(costs.together - costs.apart).mean()) if len(costs.first) else 1.0
    passes = int(np.clip(_WORK // max(costs.size, 1), *_PASSES)) // (1 if start is None else 4) + 1
    for temperature in np.geomspace(hot, _COLD, passes) * mean:
        _go_through(costs, found, groups, temperature * chance.gumbel(size=(groups, SIDE_BY_SIDE, 64)), chance)
    columns = [start] if start is not None else []
    _settle(costs, found, groups)
    columns += list(found.T)
    return min(columns, key=costs.of)


def _go_through(costs: Costs, found: Integers, groups: int, noise: Floats, chance: np.random.Generator) -> None:
    """Let each node choose its group anew: the cheaper the likelier (the Gumbel-max trick)."""
    for node in chance.permutation(costs.size).tolist():
        price = _prices(costs, found, groups, node) - noise[:, :, node % 64]
        found[node] = price.argmin(axis=0)


def _settle(costs: Costs, found: Integers, groups: int) -> None:
    """Move nodes for as long as that makes it cheaper."""
    columns = np.arange(found.shape[1])
    for _ in range(_SETTLING):
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
    """What each group would cost the node, shape (groups, searches)."""
    others, more = costs.neighbours[node]
    searches = found.shape[1]
    cells = found[others] * searches + np.arange(searches)
    weights = np.broadcast_to(more[:, None], cells.shape)
    price = np.bincount(cells.ravel(), weights.ravel(), minlength=groups * searches)
    return price.astype(np.float64, copy=False).reshape(groups, searches)
