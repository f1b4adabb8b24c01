"""Composes a picture in pixels: chooses its scale, and places lines and names (ADR 0020)."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.analysis.arrays import Floats
from api.drawing.labels import LabelBox, place_labels
from api.drawing.network import DrawnNetwork
from api.drawing.style import NAME, RADIUS
from api.drawing.text_metrics import WrappedText, wrap
from api.drawing.tie_lines import Line, bundle_ties
from api.drawing.tie_lines import route_lines as drawn_lines
from api.numeric import np, spatial

MAX_NAME_WIDTH = 13.0
"""Maximum width of a line of a name, in em."""
MAX_NAME_LINES = 3
_MIN_DISTANCE = 3.2 * RADIUS
"""Minimum distance of two nodes, from centre to centre."""
_MEDIAN_DISTANCE = 74.0
"""Minimum of the median distance to the nearest neighbour, so that there is room for names."""
_SIDE_PER_NODE = 185.0
"""The side of the square for each node, on average."""
_GROWTH = 1.18
_MAX_LED_SHARE = 0.03
"""Maximum share of names that are not beside their nodes; above it, the picture is drawn larger by `_GROWTH`."""
_MAX_TRIES = 5
_MAX_SIDE = 12_000.0
"""Maximum size of a side in pixels, up to which the picture is drawn larger."""


@dataclass(frozen=True, eq=False, slots=True)
class Composition:
    """A picture whose parts all have positions."""

    nodes: Floats
    """Positions of the nodes, shape (n, 2)."""
    names: Sequence[WrappedText]
    places: Sequence[LabelBox]
    lines: Sequence[Line]

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of all parts; zeros if there are none."""
        boxes = [(p.left, p.top, p.right, p.bottom) for p in self.places]
        boxes += [(x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS) for x, y in self.nodes.tolist()]
        for line in self.lines:
            points = line.points(8)
            boxes.append((*points.min(axis=0).tolist(), *points.max(axis=0).tolist()))
        if not boxes:
            return (0.0, 0.0, 0.0, 0.0)
        all_of = np.array(boxes)
        left, top = all_of[:, :2].min(axis=0).tolist()
        right, bottom = all_of[:, 2:].max(axis=0).tolist()
        return left, top, right, bottom

    @property
    def crowded(self) -> bool:
        """True if too many names are not beside their nodes."""
        return sum(place.led for place in self.places) > _MAX_LED_SHARE * len(self.places)


def compose(network: DrawnNetwork) -> Composition:
    """Compose the picture of `network`, as large as its names require."""
    places = np.array([(node.x, node.y) for node in network.nodes]).reshape(-1, 2)
    names = [wrap(node.name, MAX_NAME_WIDTH, MAX_NAME_LINES) for node in network.nodes]
    scale = _scale(places)
    found = _compose_at(network, places * scale, names)
    for _ in range(_MAX_TRIES):
        if not found.crowded or scale * _GROWTH > _MAX_SIDE:
            break
        scale *= _GROWTH
        found = _compose_at(network, places * scale, names)
    return found


def _scale(places: Floats) -> float:
    """Return the first scale to try, in pixels per side of the unit square."""
    if len(places) < 2:
        return 1.0
    nearest = spatial.cKDTree(places).query(places, k=2)[0][:, 1]
    least, usual = max(float(nearest.min()), 1e-4), max(float(np.median(nearest)), 1e-4)
    return float(
        min(max(_SIDE_PER_NODE * np.sqrt(len(places)), _MIN_DISTANCE / least, _MEDIAN_DISTANCE / usual), _MAX_SIDE)
    )


def _compose_at(network: DrawnNetwork, nodes: Floats, names: Sequence[WrappedText]) -> Composition:
    drawn = drawn_lines(bundle_ties(network.ties), nodes, RADIUS)
    crossed = np.concatenate([line.points(_sample_count(line)) for line in drawn]) if drawn else np.zeros((0, 2))
    sizes = np.array([(name.width * NAME, name.height * NAME) for name in names]).reshape(-1, 2)
    return Composition(nodes, names, place_labels(nodes, RADIUS, sizes, crossed), drawn)


def _sample_count(line: Line) -> int:
    return 2 + int(np.hypot(*(line.end - line.start)) / 6)
