"""Stress majorization: positions whose distances are near to target distances."""

from dataclasses import dataclass

from api.analysis.arrays import Floats, Integers
from api.numeric import np

_STEP_SIZE = 0.9
"""Size of a step of Jacobi's method. Below 1, each step lowers the stress, since the Laplacian of the weights is less
than twice its diagonal.
"""
_MAX_STEPS = 300
_TOLERANCE = 2e-3
"""The largest movement in a step at which the iteration ends."""


@dataclass(frozen=True, eq=False, slots=True)
class TargetDistances:
    """Pairs of nodes with their target distances: one element of each array for each pair."""

    first: Integers
    second: Integers
    distance: Floats
    weight: Floats
    """Weights of pairs in the stress."""


def minimize_stress(
    start: Floats, pairs: TargetDistances, anchor: Floats | None = None, strength: float = 0.0
) -> Floats:
    """Return positions of low stress, shape (n, 2).

    Each step minimizes, by one step of Jacobi's method, a quadratic function that is an upper bound of the stress and
    equals it at the current positions (de Leeuw 1977; Gansner, Koren & North 2004).

    Args:
        start: Initial positions, shape (n, 2).
        pairs: Target distances.
        anchor: Positions that nodes are also drawn to, shape (n, 2); nan for nodes without an anchor.
        strength: Strength of anchors, as a multiple of the weight of all pairs of a node.
    """
    size = len(start)
    positions = start.copy()
    own = np.bincount(pairs.first, pairs.weight, size) + np.bincount(pairs.second, pairs.weight, size)
    hold = np.zeros(size) if anchor is None else np.where(np.isnan(anchor[:, 0]), 0.0, strength * own)
    goal = np.zeros_like(start) if anchor is None else np.nan_to_num(anchor)
    total = np.maximum(own + hold, 1e-12)[:, None]
    for _ in range(_MAX_STEPS):
        across, down = (axis[pairs.first] - axis[pairs.second] for axis in positions.T)
        length = np.maximum(np.sqrt(across * across + down * down), 1e-9)
        pull = pairs.weight * (pairs.distance / length - 1)
        force = np.stack([_net_force(pairs, pull * across, size), _net_force(pairs, pull * down, size)], axis=1)
        move = _STEP_SIZE * (force + hold[:, None] * (goal - positions)) / total
        positions += move
        if float(np.abs(move).max()) < _TOLERANCE:
            break
    return positions


def _net_force(pairs: TargetDistances, pull: Floats, size: int) -> Floats:
    """Return the sum of the forces on each node; a pair pulls its two nodes in opposite directions."""
    gathered = np.bincount(pairs.first, pull, size) - np.bincount(pairs.second, pull, size)
    return gathered.astype(np.float64)
