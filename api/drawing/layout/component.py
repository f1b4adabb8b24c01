"""Lays out one connected component of a signed network (ADR 0020).

The target distance of two nodes depends on the shortest chain of ties between them. A chain is friendly if its number
of oppositions is even, as in the balance of Cartwright & Harary (1956): an enemy's enemy is drawn as a friend.
Positions are found by stress majorization (Gansner, Koren & North 2004) from initial positions by classical scaling,
with few pivots for large components (Brandes & Pich 2006; Ortmann, Klimenta & Brandes 2017).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from api.analysis.arrays import Floats, Integers, indices
from api.drawing.layout.stress import TargetDistances, minimize_stress
from api.numeric import csgraph, np, npt, sparse, spatial

MAX_ALL_PAIRS = 300
"""Number of nodes up to which all pairs have target distances; beyond, only ties and pairs with a pivot."""
PIVOTS = 64
ALLY_DISTANCE, FRIENDLY_STEP = 1.0, 0.6
"""Target distance of allies, and what each further step of a friendly chain adds."""
OPPONENT_DISTANCE, HOSTILE_STEP = 2.6, 0.4
"""Target distance of opponents, and what each further step of a hostile chain adds."""
MAX_CHAIN = 9
"""Maximum length of a chain; longer chains count as this long."""
MIN_DISTANCE = 0.6
"""Minimum distance of two nodes, where the target distance of allies is 1."""
AREA_FACTOR = 2.5
"""Minimum area of a layout, as a multiple of the area that its nodes take at the minimum distance."""


@dataclass(frozen=True, eq=False, slots=True)
class SignedEdges:
    """The signed edges of a network: an element of each array for each edge. Two nodes may have edges of both signs."""

    first: Integers
    """Shape (N,): the node at one end, counted from 0."""
    second: Integers
    """Shape (N,): the node at the other end."""
    sign: Integers
    """Shape (N,): 1 for an alliance, -1 for an opposition."""

    @classmethod
    def of(cls, first: npt.ArrayLike, second: npt.ArrayLike, sign: npt.ArrayLike) -> SignedEdges:
        """Return edges from three sequences of one length, without loops, which draw nothing.

        Raises:
            ValueError: If the sequences differ in length, ends are no indices, or signs are other than 1 and -1.
        """
        one, other, signs = indices(first, "first"), indices(second, "second"), np.asarray(sign, dtype=np.int64)
        if not len(one) == len(other) == len(signs):
            raise ValueError("first, second and sign differ in length")
        if not np.isin(signs, (-1, 1)).all():
            raise ValueError("sign: neither 1 nor -1")
        real = one != other
        return cls(one[real], other[real], signs[real])


def components(ties: SignedEdges, size: int) -> list[Integers]:
    """Return the nodes of each connected component, the largest component first."""
    graph = sparse.coo_array((np.ones(len(ties.first)), (ties.first, ties.second)), shape=(size, size))
    _, label = csgraph.connected_components(graph, directed=False)
    order = np.argsort(label, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    return sorted(parts, key=lambda nodes: (-len(nodes), int(nodes[0])))


@dataclass(frozen=True, eq=False)
class Component:
    """A connected component of the network, with its nodes numbered from 0."""

    nodes: Integers
    ties: SignedEdges

    @classmethod
    def of(cls, ties: SignedEdges, nodes: Integers) -> Component:
        """Return the component of `nodes`, which have no ties with other nodes."""
        inside = np.isin(ties.first, nodes)
        place = np.zeros(int(nodes.max()) + 1, dtype=np.int64)
        place[nodes] = np.arange(len(nodes))
        return cls(nodes, SignedEdges(place[ties.first[inside]], place[ties.second[inside]], ties.sign[inside]))

    def arranged(self, drift: Floats, before: Floats | None, strength: float) -> Floats:
        """Return positions around the origin, scaled so that the median distance to the nearest neighbour is 1.

        `drift` is a direction for each node, which decides what the ties leave open; `before` are the nodes' anchors.
        """
        if len(self.nodes) == 1:
            return np.zeros((1, 2))
        anchor = None if before is None else self._scaled(before)
        start = _initial_positions(self._to_sources, drift) if anchor is None else self._from(anchor, drift)
        found = separate(minimize_stress(start, self.pairs, anchor, strength), drift)
        nearest = spatial.cKDTree(found).query(found, k=2)[0][:, 1]
        found -= found.mean(axis=0)
        found /= max(float(np.median(nearest)), 1e-9)
        return found

    def _scaled(self, before: Floats) -> Floats:
        """Return the anchors, at the scale that minimizes the stress."""
        known = ~np.isnan(before[:, 0])
        both = known[self.pairs.first] & known[self.pairs.second]
        first, second = self.pairs.first[both], self.pairs.second[both]
        length = np.linalg.norm(before[first] - before[second], axis=1)
        weight = self.pairs.weight[both]
        squared = float((weight * length**2).sum())
        scale = float((weight * self.pairs.distance[both] * length).sum()) / squared if squared > 0 else 1.0
        found: Floats = (before - before[known].mean(axis=0)) * scale
        return found

    def _from(self, before: Floats, drift: Floats) -> Floats:
        """Return the anchors, with nodes without an anchor beside the nodes that they have ties with."""
        known = ~np.isnan(before[:, 0])
        found = np.where(known[:, None], before, 0.0)
        for _ in range(len(before)):
            if known.all():
                break
            total, count = np.zeros_like(found), np.zeros(len(found))
            for one, other in ((self.ties.first, self.ties.second), (self.ties.second, self.ties.first)):
                anchored = known[other]
                np.add.at(total, one[anchored], found[other[anchored]])
                np.add.at(count, one[anchored], 1)
            new = ~known & (count > 0)
            found[new] = total[new] / count[new, None] + drift[new]
            known = known | new
        return found

    def _pivots(self) -> Integers:
        """Return nodes far from each other: first the node with most ties, then the node farthest from all before."""
        degree = np.bincount(np.concatenate([self.ties.first, self.ties.second]), minlength=len(self.nodes))
        chosen = [int(degree.argmax())]
        nearest = np.full(len(self.nodes), np.inf)
        while len(chosen) < PIVOTS:
            nearest = np.minimum(nearest, self._wanted(np.array(chosen[-1:]))[:, 0])
            nearest[chosen] = -1
            # Among the farthest nodes, the node with most ties.
            chosen.append(int((nearest + degree / (degree.max() + 1) / 10).argmax()))
        return np.array(chosen)

    def _wanted(self, sources: Integers) -> Floats:
        """Return the target distance of each node from each source, shape (n, s)."""
        size, count = len(self.nodes), len(sources)
        length = _chain_lengths(self.ties, size, sources)
        friendly, hostile = length[:size], length[size:]
        near = ALLY_DISTANCE + FRIENDLY_STEP * (friendly - 1)
        far = OPPONENT_DISTANCE + HOSTILE_STEP * (hostile - 1)
        target = np.where(friendly < hostile, near, np.where(hostile < friendly, far, (near + far) / 2))
        target[sources, np.arange(count)] = 0.0
        return target

    @cached_property
    def _sources(self) -> Integers:
        """The nodes with target distances to all others."""
        return np.arange(len(self.nodes)) if len(self.nodes) <= MAX_ALL_PAIRS else self._pivots()

    @cached_property
    def _to_sources(self) -> Floats:
        return self._wanted(self._sources)

    @cached_property
    def pairs(self) -> TargetDistances:
        """The target distances of the component."""
        size, pivots, targets = len(self.nodes), self._sources, self._to_sources
        if len(pivots) == size:
            first, second = np.triu_indices(size, 1)
            distance = targets[first, second]
            return TargetDistances(first, second, distance, distance**-2.0)
        to_pivots = np.indices(targets.shape).reshape(2, -1)
        first, second, distance = to_pivots[0], pivots[to_pivots[1]], targets.ravel()
        # A pivot represents all nodes around it.
        weight = np.full(len(first), size / len(pivots) / 2) * np.where(distance > 0, distance, 1.0) ** -2.0
        real = first != second
        tied = _tied_pairs(self.ties)
        return TargetDistances(
            np.concatenate([first[real], tied.first]),
            np.concatenate([second[real], tied.second]),
            np.concatenate([distance[real], tied.distance]),
            np.concatenate([weight[real], tied.weight]),
        )


def _tied_pairs(ties: SignedEdges) -> TargetDistances:
    """Return the target distances of pairs with ties."""
    low, high = np.minimum(ties.first, ties.second), np.maximum(ties.first, ties.second)
    size = int(high.max()) + 1
    pair, place = np.unique(low * size + high, return_inverse=True)
    allied = np.bincount(place, ties.sign > 0, len(pair)) > 0
    opposed = np.bincount(place, ties.sign < 0, len(pair)) > 0
    distance = np.where(
        allied & opposed, (ALLY_DISTANCE + OPPONENT_DISTANCE) / 2, np.where(allied, ALLY_DISTANCE, OPPONENT_DISTANCE)
    )
    return TargetDistances(pair // size, pair % size, distance, distance**-2.0)


def _chain_lengths(ties: SignedEdges, size: int, sources: Integers) -> Floats:
    """Return the lengths of the shortest friendly, then hostile chains from each source to each node, shape (2n, s).

    Breadth-first search from all sources together, in a graph with two copies of each node: friendly and hostile. An
    alliance leads to a node of the same copy, an opposition to a node of the other copy.
    """
    hostile = np.where(ties.sign < 0, size, 0)
    heads = np.concatenate([ties.first, ties.second, ties.first + size, ties.second + size])
    tails = np.concatenate([ties.second + hostile, ties.first + hostile])
    tails = np.concatenate([tails, (tails + size) % (2 * size)])
    steps = sparse.coo_array((np.ones(len(heads), np.float32), (heads, tails)), shape=(2 * size, 2 * size)).tocsr()
    length = np.full((2 * size, len(sources)), float(MAX_CHAIN))
    reached = np.zeros(length.shape, dtype=bool)
    front = np.zeros(length.shape, dtype=np.float32)
    front[sources, np.arange(len(sources))] = 1
    for step in range(1, MAX_CHAIN):
        reached |= front > 0
        front = np.where(reached, np.float32(0), steps @ front)
        if not front.any():
            break
        length[front > 0] = step
    return length


def _initial_positions(targets: Floats, drift: Floats) -> Floats:
    """Return the coordinates on the two principal axes of classical scaling, the longer axis horizontal.

    Power iteration starts from `drift`, which decides the direction of axes, and axes that the ties leave open.
    """
    square = targets**2
    centred = -0.5 * (square - square.mean(axis=0) - square.mean(axis=1, keepdims=True) + square.mean())
    axes = drift - drift.mean(axis=0)
    for _ in range(60):
        axes, upper = np.linalg.qr(centred @ (centred.T @ axes))
        axes = axes * np.where(np.diag(upper) < 0, -1.0, 1.0)
    spread = np.linalg.norm(centred.T @ axes, axis=0) / np.sqrt(targets.shape[1])
    found: Floats = axes * np.sqrt(spread * np.sqrt(len(targets))) + drift * 0.05
    return found


def separate(positions: Floats, drift: Floats) -> Floats:
    """Return the positions with nodes pushed apart, so that hardly two are nearer than `MIN_DISTANCE`."""
    found = _scale_to_fit(positions)
    for turn in range(60):
        pairs = spatial.cKDTree(found).query_pairs(MIN_DISTANCE * 0.999, output_type="ndarray")
        if not len(pairs):
            break
        first, second = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))].T
        apart = found[first] - found[second]
        distance = np.linalg.norm(apart, axis=1)
        lost = distance < 1e-6
        apart[lost] = (drift[first] - drift[second])[lost]
        length = np.maximum(np.linalg.norm(apart, axis=1), 1e-9)
        push = apart / length[:, None] * ((MIN_DISTANCE - distance) * (0.5 if turn < 30 else 0.55))[:, None]
        np.add.at(found, first, push)
        np.add.at(found, second, -push)
    return found


def _scale_to_fit(positions: Floats) -> Floats:
    """Return the positions, scaled up if their area is too small for all nodes."""
    room = float(np.prod(np.maximum(np.ptp(positions, axis=0), MIN_DISTANCE)))
    found: Floats = positions * max(1.0, float(np.sqrt(AREA_FACTOR * len(positions) * MIN_DISTANCE**2 / room)))
    return found
