"""Lays out a signed network: allies near, opponents apart, and each node near its anchor (ADR 0020).

Each connected component is laid out by itself (see `component`), and the components are packed beside each other. The
layout depends only on the ties and the names of the nodes.

Pictures of several dates follow an *anchor*: a layout of the ties of all dates (Brandes, Indlekofer & Mader 2012). So a
node keeps about its position while ties come and go, independently of the previous picture.
"""

from collections.abc import Sequence
from hashlib import blake2b

from api.analysis.arrays import Floats, Integers
from api.drawing.layout.component import MIN_DISTANCE, Component, SignedEdges, components, separate
from api.drawing.layout.packing import Box, pack
from api.numeric import np

ANCHOR_STRENGTH = 0.4
"""Strength of the anchor of a node, where its ties have strength 1."""
PREVIOUS_STRENGTH = 8.0
"""Strength of the anchor if it is the previous picture."""


def layout(
    ties: SignedEdges, names: Sequence[str], anchor: Floats | None = None, *, is_previous: bool = False
) -> Floats:
    """Return positions in the unit square, shape (n, 2), with y downwards, and one scale for both axes.

    Args:
        ties: Ties between nodes, which are indexes of `names`.
        names: A name for each node, the same in all pictures, which decides directions that the ties leave open.
        anchor: Positions of the nodes in the layout that this one follows, shape (n, 2); nan for nodes not in it.
        is_previous: True if the anchor is the previous picture, from which nodes should hardly move.

    Raises:
        ValueError: If an end of a tie is no index of a name, or the anchor has another size.
    """
    size = len(names)
    if int(np.max(ties.first, initial=-1)) >= size or int(np.max(ties.second, initial=-1)) >= size:
        raise ValueError("a tie leads to a node that has no name")
    if anchor is not None and anchor.shape != (size, 2):
        raise ValueError("the anchor is of another size than the network")
    if not size:
        return np.zeros((0, 2))
    drift = np.array([_direction(name) for name in names])
    parts = [Component.of(ties, nodes) for nodes in components(ties, size)]
    before = None if anchor is None or np.isnan(anchor).all() else anchor
    found = np.zeros((size, 2))
    for part in parts:
        found[part.nodes] = part.arranged(
            drift[part.nodes], _anchors_of(before, part.nodes), PREVIOUS_STRENGTH if is_previous else ANCHOR_STRENGTH
        )
    if before is not None:
        _move_to_anchor(found, parts, before)
    if before is not None and is_previous:
        _add_new_components(found, parts, drift, before)
        return _align_with(found, before)
    _pack(found, parts, drift, before)
    return _unit_square(found)


def _anchors_of(before: Floats | None, nodes: Integers) -> Floats | None:
    """Return the anchors of some nodes; None if none of them has one."""
    if before is None or np.isnan(before[nodes]).all():
        return None
    return before[nodes]


def _direction(name: str) -> tuple[float, float]:
    """Return a point in the square from -1 to 1 that is a hash of the name."""
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    x, y = int.from_bytes(digest[:4]), int.from_bytes(digest[4:])
    return x / 2**31 - 1, y / 2**31 - 1


def _move_to_anchor(found: Floats, parts: Sequence[Component], before: Floats) -> None:
    """Move the components to their anchors, scaled so that the anchors spread as much as the components."""
    known = ~np.isnan(before[:, 0])
    both = [(found[nodes], before[nodes]) for part in parts if len(nodes := part.nodes[known[part.nodes]])]
    here, there = (sum(float(np.linalg.norm(of - of.mean(axis=0))) for of in side) for side in zip(*both, strict=True))
    spread = float(np.ptp(before[known], axis=0).max())
    scale = here / there if there > 0 else np.sqrt(len(found)) / max(spread, 1e-9)
    middle = before[known].mean(axis=0)
    for part in parts:
        nodes = part.nodes[known[part.nodes]]
        if len(nodes):
            found[part.nodes] += (before[nodes].mean(axis=0) - middle) * scale - found[nodes].mean(axis=0)


def _pack(found: Floats, parts: Sequence[Component], drift: Floats, before: Floats | None) -> None:
    """Move the components so that none overlaps another, each as near as possible to its anchors."""
    boxes = [Box.around(found[part.nodes], MIN_DISTANCE) for part in parts]
    area = sum(box.area for box in boxes)
    preferred = np.array([drift[part.nodes[0]] for part in parts]) * 0.35 * np.sqrt(area)
    known = np.array([_anchors_of(before, part.nodes) is not None for part in parts])
    preferred[known] = _contract(np.array([box.centre for box in boxes])[known], area)
    if not known.any():
        preferred[0] = 0.0
    for part, box, centre in zip(parts, boxes, pack(boxes, preferred), strict=True):
        found[part.nodes] += centre - box.centre


def _add_new_components(found: Floats, parts: Sequence[Component], drift: Floats, before: Floats) -> None:
    """Place components without anchors beside all others, which are not moved."""
    new = [part for part in parts if _anchors_of(before, part.nodes) is None]
    old = np.setdiff1d(np.arange(len(found)), [node for part in new for node in part.nodes])
    boxes = [Box.around(found[old], MIN_DISTANCE), *(Box.around(found[part.nodes], MIN_DISTANCE) for part in new)]
    centres = pack(boxes, np.tile(boxes[0].centre, (len(boxes), 1)))
    for part, box, centre in zip(new, boxes[1:], centres[1:], strict=True):
        found[part.nodes] += centre - box.centre
    found[old] = separate(found[old], drift[old])


def _contract(centres: Floats, area: float) -> Floats:
    """Return the centres moved together, if they spread over much more than `area`."""
    if len(centres) < 2:
        return centres
    middle = centres.mean(axis=0)
    spread = float(np.prod(np.ptp(centres, axis=0)))
    found: Floats = middle + (centres - middle) * min(1.0, float(np.sqrt(1.2 * area / max(spread, 1e-9))))
    return found


def _unit_square(positions: Floats) -> Floats:
    """Return the positions moved and scaled to fill the unit square."""
    low, high = positions.min(axis=0), positions.max(axis=0)
    side = float((high - low).max())
    if side == 0:
        return np.full_like(positions, 0.5)
    found: Floats = np.clip(0.5 + (positions - (low + high) / 2) / side, 0.0, 1.0)
    return found


def _align_with(positions: Floats, anchor: Floats) -> Floats:
    """Return the positions moved and scaled to fit the anchor (least squares), then moved into the unit square."""
    known = ~np.isnan(anchor[:, 0])
    if known.sum() < 2:
        return _unit_square(positions)
    here, there = positions[known], anchor[known]
    apart, apart_there = here - here.mean(axis=0), there - there.mean(axis=0)
    scale = float((apart * apart_there).sum() / max(float((apart**2).sum()), 1e-12))
    if scale <= 0:
        return _unit_square(positions)
    found = there.mean(axis=0) + (positions - here.mean(axis=0)) * scale
    return _move_into_unit_square(found)


def _move_into_unit_square(positions: Floats) -> Floats:
    """Return the positions moved as little as possible into the unit square, and scaled down if they are larger."""
    middle = (positions.min(axis=0) + positions.max(axis=0)) / 2
    fitting = middle + (positions - middle) / max(1.0, float(np.ptp(positions, axis=0).max()))
    beyond = np.minimum(fitting.min(axis=0), 0.0) + np.maximum(fitting.max(axis=0) - 1.0, 0.0)
    found: Floats = np.clip(fitting - beyond, 0.0, 1.0)
    return found
