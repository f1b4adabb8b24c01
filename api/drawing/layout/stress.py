"""Stress: how far distances in a picture are from those that are wanted."""

from dataclasses import dataclass

from api.analysis.arrays import Floats, Integers
from api.numeric import np

_STEP_SIZE = 0.9
"""Below 1, each step lowers the stress: the Laplacian of the weights lies below twice its diagonal."""
_MAX_STEPS = 300
_TOLERANCE = 2e-3
"""Nobody moves farther than this in a step: it is done."""


@dataclass(frozen=True, eq=False, slots=True)
class TargetDistances:
    """Pairs of nodes, and how far apart each two are to lie: one element of each array for each pair."""

    first: Integers
    second: Integers
    distance: Floats
    weight: Floats
    """How much it matters."""

    def stress(self, positions: Floats) -> float:
        """Σ w (|x - y| - d)² over all pairs."""
        length = np.linalg.norm(positions[self.first] - positions[self.second], axis=1)
        return float((self.weight * (length - self.distance) ** 2).sum())


def minimize_stress(
    start: Floats, pairs: TargetDistances, anchor: Floats | None = None, strength: float = 0.0
) -> Floats:
    """Positions of low stress, found from `start`, shape (n, 2).

    Each step minimises, by one step of Jacobi's method, a quadratic function that lies above the stress and touches it
    where the nodes are (de Leeuw 1977; Gansner, Koren & North 2004).

    Args:
        start: Where it begins, shape (n, 2).
        pairs: How far apart nodes are to lie.
        anchor: Where each node is drawn to besides; nan where it is not.
        strength: How strongly, as a multiple of the weight of all its pairs.
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
    """What all pairs do to each node, where each pair pulls its two nodes against each other."""
    gathered = np.bincount(pairs.first, pull, size) - np.bincount(pairs.second, pull, size)
    return gathered.astype(np.float64)
