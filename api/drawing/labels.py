"""Label placement: names beside their nodes, over no node and no other name, across as few ties as possible (ADR 0020).

As on maps (Imhof 1975; Christensen, Marks & Shieber 1995), each label has candidate positions in order of preference,
and labels in crowded places are placed first. A label without a free position nearby is placed farther out, with a
leader line to its node.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.analysis.arrays import Floats, Integers
from api.numeric import np

_GAP = 5.0
"""Between a node and its name, in pixels."""
_MARGIN = 2.0
"""Around each name, in pixels."""
_CELL_SIZE = 6.0
"""Size of the grid cells in which points of ties are counted, in pixels."""
_DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1), (0.8, -0.8), (0.8, 0.8), (-0.8, -0.8), (-0.8, 0.8))
"""Directions of a name from its node: right, left, below, above, and between these."""
_MAX_NEAR_RING = 1
"""The last ring of candidate positions without a leader line."""
_RANK_COST = 0.2
"""The cost of each rank in the order of preference, in points of ties under the name."""
_RING_GROWTH = 40
"""The number of rings after which the distance between rings has doubled."""


@dataclass(frozen=True, eq=False, slots=True)
class LabelBox:
    """The box of a placed name, and whether it has a leader line."""

    left: float
    top: float
    width: float
    height: float
    side: float
    """Negative if the name is left of its node, positive if it is right, 0 if it is above or below."""
    led: bool

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.top + self.height


def place_labels(nodes: Floats, radius: float, sizes: Floats, crossed: Floats) -> Sequence[LabelBox]:
    """Place each name so that its box overlaps no other box and no node.

    Args:
        nodes: Positions of the nodes, shape (n, 2), in pixels.
        radius: Radius of a node.
        sizes: Width and height of each name, shape (n, 2).
        crossed: Points along the ties, shape (p, 2), of which few should be under a name.
    """
    beneath = _TieDensity.of(crossed)
    taken = _OccupiedBoxes(np.concatenate([nodes - radius, nodes + radius], axis=1))
    found: dict[int, LabelBox] = {}
    for number in _hardest_first(nodes, sizes):
        found[number] = _place(nodes[number], radius, sizes[number], taken, beneath)
        best = found[number]
        taken.add(best.left, best.top, best.right, best.bottom)
    return [found[number] for number in range(len(nodes))]


def _hardest_first(nodes: Floats, sizes: Floats) -> Sequence[int]:
    """Return the nodes, those in the most crowded places first."""
    if len(nodes) < 2:
        return range(len(nodes))
    apart = np.abs(nodes[:, None] - nodes[None])
    near = ((apart[..., 0] < sizes[:, None, 0] * 1.3) & (apart[..., 1] < sizes[:, None, 1] * 2.5)).sum(axis=1)
    order: list[int] = np.lexsort((np.arange(len(nodes)), -sizes[:, 0], -near)).tolist()
    return order


def _place(node: Floats, radius: float, size: Floats, taken: _OccupiedBoxes, beneath: _TieDensity) -> LabelBox:
    ring = 0
    while True:
        # Near candidates are compared together, at a cost for each rank; far rings are tried one after the other.
        rings = range(_MAX_NEAR_RING + 1) if ring == 0 else (ring,)
        choices = [_choices(node, radius, size, each) for each in rings]
        boxes, side = (np.concatenate(parts) for parts in zip(*choices, strict=True))
        free = taken.free(boxes)
        if free.any():
            cost = beneath.under(boxes) + np.arange(len(boxes)) * _RANK_COST
            best = int(np.where(free, cost, np.inf).argmin())
            left, top, *_ = (float(edge) for edge in boxes[best])
            return LabelBox(left, top, float(size[0]), float(size[1]), float(side[best]), ring > 0)
        ring = max(ring, _MAX_NEAR_RING) + 1


def _choices(node: Floats, radius: float, size: Floats, ring: int) -> tuple[Floats, Floats]:
    """Return candidate boxes of a ring, shape (c, 4) as left, top, right and bottom, and the side of each."""
    if ring == 0:
        ways = np.array(_DIRECTIONS)
    else:
        turn = np.arange(0, 2 * np.pi, 2 * np.pi / 24)
        ways = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    reach = radius + _GAP + ring * 7.0 * (1 + ring / _RING_GROWTH)
    x, y = (ways * reach).T
    # The edge that faces the node is `reach` from it; above and below, the name is centred.
    sideways = np.clip(ways[:, 0] * 1.6, -1, 1)
    upright = np.clip(ways[:, 1] * 1.6, -1, 1)
    left = node[0] + x + (sideways - 1) / 2 * size[0]
    top = node[1] + y + (upright - 1) / 2 * size[1]
    return np.stack([left, top, left + size[0], top + size[1]], axis=1), np.round(sideways)


class _OccupiedBoxes:
    """Boxes that new names must not overlap."""

    def __init__(self, boxes: Floats) -> None:
        self._boxes = np.zeros((len(boxes) * 2 + 1, 4))
        self._boxes[: len(boxes)] = boxes
        self._number = len(boxes)

    def add(self, *box: float) -> None:
        """Add a box."""
        self._boxes[self._number] = box
        self._number += 1

    def free(self, boxes: Floats) -> np.ndarray:
        """Return a mask of the boxes that overlap no occupied box, with a margin."""
        left, top, right, bottom = self._boxes[: self._number].T
        meets = (
            (boxes[:, None, 0] < right + _MARGIN)
            & (boxes[:, None, 2] > left - _MARGIN)
            & (boxes[:, None, 1] < bottom + _MARGIN)
            & (boxes[:, None, 3] > top - _MARGIN)
        )
        free: np.ndarray = ~meets.any(axis=1)
        return free


@dataclass(frozen=True, eq=False, slots=True)
class _TieDensity:
    """Counts points of ties in boxes by a summed-area table, so that each box takes four look-ups."""

    origin: Floats
    sums: Integers

    @classmethod
    def of(cls, points: Floats) -> _TieDensity:
        if not len(points):
            return cls(np.zeros(2), np.zeros((1, 1), dtype=np.int64))
        origin = points.min(axis=0)
        cells = ((points - origin) / _CELL_SIZE).astype(np.int64)
        counts = np.zeros(cells.max(axis=0) + 2, dtype=np.int64)
        np.add.at(counts, (cells[:, 0] + 1, cells[:, 1] + 1), 1)
        return cls(origin, counts.cumsum(axis=0).cumsum(axis=1))

    def under(self, boxes: Floats) -> Integers:
        """Return the number of points in each of `boxes`, rounded to cells."""
        most = np.array(self.sums.shape) - 1
        low = np.clip(np.round((boxes[:, :2] - self.origin) / _CELL_SIZE).astype(np.int64), 0, most)
        high = np.clip(np.round((boxes[:, 2:] - self.origin) / _CELL_SIZE).astype(np.int64), 0, most)
        found: Integers = (
            self.sums[high[:, 0], high[:, 1]]
            - self.sums[low[:, 0], high[:, 1]]
            - self.sums[high[:, 0], low[:, 1]]
            + self.sums[low[:, 0], low[:, 1]]
        )
        return found
