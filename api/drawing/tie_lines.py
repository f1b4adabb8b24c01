"""Routes ties as curves: side by side if two actors have several, and around nodes in between (ADR 0020)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from api.analysis.arrays import Floats
from api.drawing.network import DrawnTie
from api.numeric import np, spatial
from models import RelationKind, RelationStatus

_SPACING = 26.0
"""Distance between the middles of several ties of two actors, in pixels."""
_BENDS = (0.0, 22.0, -22.0, 44.0, -44.0)
"""Deviations from the straight line that are tried to pass nodes, in pixels."""
_MAX_ROUTED = 2_000
"""Number of ties up to which each is routed around nodes; in larger pictures single ties cannot be followed anyway."""
_SAMPLES = 24
_CLEARANCE = 5.0
"""Distance between a tie and a node that it passes, in pixels."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Ties of two actors that are drawn as one line: they have the same sign, certainty and direction."""

    source: int
    target: int
    kind: RelationKind
    status: RelationStatus
    directed: bool
    ties: tuple[DrawnTie, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Line:
    """A quadratic Bézier curve from the edge of one node to the edge of another, in pixels."""

    bundle: Bundle
    start: Floats
    middle: Floats
    """The control point."""
    end: Floats
    bent: bool

    def points(self, number: int = _SAMPLES) -> Floats:
        """Return points along the curve, shape (number, 2)."""
        return _curve(self.start, self.middle, self.end, np.linspace(0, 1, number))


def bundle_ties(ties: Sequence[DrawnTie]) -> list[Bundle]:
    """Group ties to bundles, in a fixed order."""
    found: dict[tuple[int, int, RelationKind, RelationStatus, bool], list[DrawnTie]] = {}
    for tie in ties:
        ends = (tie.source, tie.target) if tie.directed else tuple(sorted((tie.source, tie.target)))
        found.setdefault((ends[0], ends[1], tie.kind, tie.status, tie.directed), []).append(tie)
    return [Bundle(*key, tuple(together)) for key, together in sorted(found.items())]


def route_lines(drawn: Sequence[Bundle], nodes: Floats, radius: float) -> list[Line]:
    """Return a curve for each bundle between `nodes`, shape (n, 2), whose radius is `radius`."""
    beside: dict[tuple[int, int], int] = {}
    number: dict[tuple[int, int], int] = {}
    for bundle in drawn:
        number[_pair(bundle)] = number.get(_pair(bundle), 0) + 1
    tree = spatial.cKDTree(nodes) if 0 < len(drawn) <= _MAX_ROUTED else None
    found = []
    for bundle in drawn:
        pair = _pair(bundle)
        place = beside[pair] = beside.get(pair, -1) + 1
        bends = (
            _BENDS if number[pair] == 1 else tuple(b + (place - (number[pair] - 1) / 2) * _SPACING for b in _BENDS[:3])
        )
        found.append(_line(bundle, nodes, radius, bends, tree))
    return found


def _pair(bundle: Bundle) -> tuple[int, int]:
    return min(bundle.source, bundle.target), max(bundle.source, bundle.target)


_Curve: TypeAlias = tuple[Floats, Floats, Floats]
"""The start, the control point and the end of a curve."""


def _line(bundle: Bundle, nodes: Floats, radius: float, bends: Sequence[float], tree: spatial.cKDTree | None) -> Line:
    low, high = _pair(bundle)
    across = nodes[high] - nodes[low]
    length = max(float(np.hypot(*across)), 1e-6)
    # The normal does not depend on the tie's direction, so that curves of one pair are side by side.
    aside = np.array([-across[1], across[0]]) / length
    start, end = nodes[bundle.source], nodes[bundle.target]
    middle = (start + end) / 2
    curves = [(start, middle + aside * 2 * bend, end) for bend in bends]
    best = 0 if tree is None else _best(curves, tree, radius, {bundle.source, bundle.target})
    trim = min(0.45, (radius + _CLEARANCE) / length)
    return Line(bundle, *_trim_curve(*curves[best], trim, 1 - trim), bent=abs(bends[best]) > 0.01)


def _best(curves: Sequence[_Curve], tree: spatial.cKDTree, radius: float, own: set[int]) -> int:
    """Return the index of the first curve that crosses the fewest nodes."""
    passed: list[int] = []
    for curve in curves:
        passed.append(_count_crossed_nodes(curve, tree, radius, own))
        if not passed[-1]:
            break
    return passed.index(min(passed))


def _count_crossed_nodes(curve: _Curve, tree: spatial.cKDTree, radius: float, own: set[int]) -> int:
    """Return how many nodes other than its ends a curve crosses."""
    points = _curve(*curve, np.linspace(0, 1, _SAMPLES + int(np.hypot(*(curve[2] - curve[0])) / 8)))
    over: set[int] = set()
    for near in tree.query_ball_point(points, radius + _CLEARANCE):
        over.update(near)
    return len(over - own)


def _curve(start: Floats, middle: Floats, end: Floats, at: Floats) -> Floats:
    t = at[:, None]
    found: Floats = (1 - t) ** 2 * start + 2 * t * (1 - t) * middle + t**2 * end
    return found


def _trim_curve(
    start: Floats, middle: Floats, end: Floats, since: float, until: float
) -> tuple[Floats, Floats, Floats]:
    """Return the part of a curve between two of its points (de Casteljau)."""
    first, last = _curve(start, middle, end, np.array([since, until]))
    control = (1 - since) * ((1 - until) * start + until * middle) + since * ((1 - until) * middle + until * end)
    return first, control, last
