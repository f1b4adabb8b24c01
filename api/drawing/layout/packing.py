"""Packs boxes without overlap, each as near as possible to its preferred position."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from api.analysis.arrays import Floats
from api.numeric import np

_STEP = 0.35
"""Distance between candidate positions."""
_HORIZONTAL_FACTOR = 1.5
"""Factor by which horizontal distances count less than vertical ones, since pictures are wider than high."""
_BATCH_SIZE = 512


@dataclass(frozen=True, slots=True)
class Box:
    """A box in the plane: its centre, and half of its width and height."""

    x: float
    y: float
    half_width: float
    half_height: float

    @classmethod
    def around(cls, positions: Floats, margin: float) -> "Box":
        """Return the bounding box of positions, with a margin on each side."""
        low, high = positions.min(axis=0), positions.max(axis=0)
        x, y = (low + high) / 2
        width, height = (high - low) / 2 + margin
        return cls(float(x), float(y), float(width), float(height))

    @property
    def centre(self) -> Floats:
        """The centre, shape (2,)."""
        return np.array([self.x, self.y])

    @property
    def area(self) -> float:
        """The area."""
        return 4 * self.half_width * self.half_height


def pack(boxes: Sequence[Box], preferred: Floats) -> Floats:
    """Return centres of the boxes, shape (n, 2), so that no two boxes overlap.

    Boxes are placed in order, each at the free position nearest to its preferred centre.
    """
    centres = np.zeros((len(boxes), 2))
    halves = np.array([(box.half_width, box.half_height) for box in boxes]).reshape(-1, 2)
    for number, place in enumerate(preferred):
        centres[number] = _nearest_free_place(place, centres[:number], halves[:number] + halves[number])
    return centres


def _nearest_free_place(preferred: Floats, centres: Floats, reach: Floats) -> Floats:
    """Return the position nearest to `preferred` that is farther than `reach` from all centres."""
    radius = 8
    while True:
        places = np.concatenate([preferred[None], preferred + _lattice(radius)])
        for some in range(0, len(places), _BATCH_SIZE):
            tried = places[some : some + _BATCH_SIZE]
            apart = np.abs(tried[:, None] - centres[None]) + 1e-9
            free = np.all(np.any(apart >= reach[None], axis=2), axis=1)
            if free.any():
                found: Floats = tried[int(free.argmax())]
                return found
        radius *= 2


@cache
def _lattice(radius: int) -> Floats:
    """Return lattice points around the origin, the nearest first."""
    steps = np.arange(-radius, radius + 1)
    x, y = (axis.ravel() * _STEP for axis in np.meshgrid(steps, steps, indexing="ij"))
    distance = (x / _HORIZONTAL_FACTOR) ** 2 + y**2
    order = np.lexsort((y, x, np.round(distance, 9)))
    places: Floats = np.stack([x[order], y[order]], axis=1)
    return places
