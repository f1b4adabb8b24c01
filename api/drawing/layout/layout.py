"""Where to draw the nodes of a signed network: allies near, opponents apart, and each where it was before.

Each connected part is arranged by itself (see `arrangement`), and they are put beside each other. Everything is
determined by the ties and the names of the nodes.

Pictures of several dates follow an *anchor*, a layout of the ties of all dates (Brandes, Indlekofer & Mader 2012): so
that a node stays about where it is while ties come and go, without knowing the picture before.
"""

from collections.abc import Sequence
from hashlib import blake2b

from api.analysis.arrays import Floats, Integers
from api.drawing.layout.component import MIN_DISTANCE, Component, SignedEdges, components, separate
from api.drawing.layout.packing import Box, pack
from api.numeric import np

ANCHOR_STRENGTH = 0.4
"""How strongly a node is drawn to its anchor, where its ties pull with 1."""
PREVIOUS_STRENGTH = 8.0
"""The same towards the picture before."""


def layout(
    ties: SignedEdges, names: Sequence[str], anchor: Floats | None = None, *, is_previous: bool = False
) -> Floats:
    """Positions in the unit square, shape (n, 2), y downwards as on a screen; both axes have one scale.

    Args:
        ties: Between nodes that are counted as `names` are.
        names: What each node is known by, whichever picture it is in: directions that the ties leave open come of it.
        anchor: Shape (n, 2): where each node lies in the picture that this one follows; nan where it is not in it.
        held: Whether the anchor is the picture just before, which nodes should hardly leave.

    Raises:
        ValueError: where ties lead to nodes without a name, or the anchor is of another size.
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
    """The anchors of some nodes; None where none of them has one."""
    if before is None or np.isnan(before[nodes]).all():
        return None
    return before[nodes]


def _direction(name: str) -> tuple[float, float]:
    """A place in the square from -1 to 1 that is always the same for the same name."""
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    x, y = int.from_bytes(digest[:4]), int.from_bytes(digest[4:])
    return x / 2**31 - 1, y / 2**31 - 1


def _move_to_anchor(found: Floats, parts: Sequence[Component], before: Floats) -> None:
    """Move the parts to where their nodes were, at the scale at which these lay as far apart as they do now."""
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
    """Move the parts so that none overlaps another; each as near as can be to where its nodes were."""
    boxes = [Box.around(found[part.nodes], MIN_DISTANCE) for part in parts]
    area = sum(box.area for box in boxes)
    wanted = np.array([drift[part.nodes[0]] for part in parts]) * 0.35 * np.sqrt(area)
    known = np.array([_anchors_of(before, part.nodes) is not None for part in parts])
    wanted[known] = _contract(np.array([box.centre for box in boxes])[known], area)
    if not known.any():
        wanted[0] = 0.0
    for part, box, centre in zip(parts, boxes, pack(boxes, wanted), strict=True):
        found[part.nodes] += centre - box.centre


def _add_new_components(found: Floats, parts: Sequence[Component], drift: Floats, before: Floats) -> None:
    """Leave parts that were there where they are, however they lie; put new ones beside them."""
    new = [part for part in parts if _anchors_of(before, part.nodes) is None]
    old = np.setdiff1d(np.arange(len(found)), [node for part in new for node in part.nodes])
    boxes = [Box.around(found[old], MIN_DISTANCE), *(Box.around(found[part.nodes], MIN_DISTANCE) for part in new)]
    centres = pack(boxes, np.tile(boxes[0].centre, (len(boxes), 1)))
    for part, box, centre in zip(new, boxes[1:], centres[1:], strict=True):
        found[part.nodes] += centre - box.centre
    found[old] = separate(found[old], drift[old])


def _contract(centres: Floats, area: float) -> Floats:
    """The same nearer to one another, where they are spread over far more than they need."""
    if len(centres) < 2:
        return centres
    middle = centres.mean(axis=0)
    spread = float(np.prod(np.ptp(centres, axis=0)))
    found: Floats = middle + (centres - middle) * min(1.0, float(np.sqrt(1.2 * area / max(spread, 1e-9))))
    return found


def _unit_square(positions: Floats) -> Floats:
    """Moved and scaled into the middle of the unit square, as large as it goes."""
    low, high = positions.min(axis=0), positions.max(axis=0)
    side = float((high - low).max())
    if side == 0:
        return np.full_like(positions, 0.5)
    found: Floats = np.clip(0.5 + (positions - (low + high) / 2) / side, 0.0, 1.0)
    return found


def _align_with(positions: Floats, anchor: Floats) -> Floats:
    """Moved and scaled to lie on the anchor as well as it goes, and into the unit square where it leaves that."""
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
    """Moved into the unit square as little as can be, and made smaller only where it is larger than that."""
    middle = (positions.min(axis=0) + positions.max(axis=0)) / 2
    fitting = middle + (positions - middle) / max(1.0, float(np.ptp(positions, axis=0).max()))
    beyond = np.minimum(fitting.min(axis=0), 0.0) + np.maximum(fitting.max(axis=0) - 1.0, 0.0)
    found: Floats = np.clip(fitting - beyond, 0.0, 1.0)
    return found
