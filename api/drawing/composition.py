"""Puts a picture together, in pixels: how large it is drawn, where its lines and names go."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.analysis.arrays import Floats
from api.drawing.labels import Placed, placed
from api.drawing.network import Network
from api.drawing.style import NAME, RADIUS
from api.drawing.text_metrics import Lines, lines
from api.drawing.tie_lines import Line, bundles
from api.drawing.tie_lines import lines as drawn_lines
from api.numeric import np, spatial

MOST_WIDE = 13.0
"""How wide a line of a name may be, in em."""
MOST_LINES = 3
_NEAREST = 3.2 * RADIUS
"""How far apart the nearest two nodes are at least, centre to centre."""
_USUAL = 74.0
"""How far a node is from its nearest neighbour where it is as usual: so that there is room for names."""
_EACH = 185.0
"""The side of the square that each node has for itself on average."""
_LARGER = 1.18
_MOST_LED = 0.03
"""It is drawn larger while more than this share of the names finds no place beside their nodes."""
_TRIES = 5
_LARGEST = 12_000.0
"""Pixels to a side, beyond which it is not drawn larger."""


@dataclass(frozen=True, eq=False, slots=True)
class Composition:
    """A picture, ready to be written down."""

    nodes: Floats
    """Where each node is, shape (n, 2)."""
    names: Sequence[Lines]
    places: Sequence[Placed]
    lines: Sequence[Line]

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of all that is drawn; zeros where there is nothing."""
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
        """Whether too many names found no place beside their nodes."""
        return sum(place.led for place in self.places) > _MOST_LED * len(self.places)


def composed(network: Network) -> Composition:
    """The picture of `network`, as large as its names need it."""
    places = np.array([(node.x, node.y) for node in network.nodes]).reshape(-1, 2)
    names = [lines(node.name, MOST_WIDE, MOST_LINES) for node in network.nodes]
    scale = _scale(places)
    found = _at(network, places * scale, names)
    for _ in range(_TRIES):
        if not found.crowded or scale * _LARGER > _LARGEST:
            break
        scale *= _LARGER
        found = _at(network, places * scale, names)
    return found


def _scale(places: Floats) -> float:
    """Pixels to the unit square's side, to begin with."""
    if len(places) < 2:
        return 1.0
    nearest = spatial.cKDTree(places).query(places, k=2)[0][:, 1]
    least, usual = max(float(nearest.min()), 1e-4), max(float(np.median(nearest)), 1e-4)
    return float(min(max(_EACH * np.sqrt(len(places)), _NEAREST / least, _USUAL / usual), _LARGEST))


def _at(network: Network, nodes: Floats, names: Sequence[Lines]) -> Composition:
    drawn = drawn_lines(bundles(network.ties), nodes, RADIUS)
    crossed = np.concatenate([line.points(_dots(line)) for line in drawn]) if drawn else np.zeros((0, 2))
    sizes = np.array([(name.width * NAME, name.height * NAME) for name in names]).reshape(-1, 2)
    return Composition(nodes, names, placed(nodes, RADIUS, sizes, crossed), drawn)


def _dots(line: Line) -> int:
    return 2 + int(np.hypot(*(line.end - line.start)) / 6)
