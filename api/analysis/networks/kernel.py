"""The part of a signed network that can be frustrated in earnest: what is left when all that decides itself is gone.

A node with one tie can always side as the tie wants. A node with two stands between its neighbours like a single tie
of the product of both signs, and the weight of the lesser one. What is taken off is put back once the rest has sides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from api.analysis.arrays import Integers
from api.analysis.networks.signed_network import SignedNetwork
from api.numeric import np

Neighbours = dict[int, dict[int, int]]
"""Node → neighbour → weight: how many ties it stands for, negative where these are."""


@dataclass(eq=False)
class Kernel:
    """What is left of a network without ambivalent ties, and what was taken off it."""

    neighbours: Neighbours
    constant: int = 0
    """How many ties are frustrated whatever the sides of what is left."""
    _taken: list[tuple[int, dict[int, int]]] = field(default_factory=list)
    """Nodes and the ties they had when they were taken off, in that order."""

    @classmethod
    def of(cls, network: SignedNetwork) -> "Kernel":
        """The kernel of a network."""
        neighbours: Neighbours = {node: {} for node in range(network.size)}
        ends = zip(network.first.tolist(), network.second.tolist(), network.sign.tolist(), strict=True)
        for one, other, sign in ends:
            neighbours[one][other] = neighbours[other][one] = sign
        kernel = cls(neighbours)
        kernel._take_off()
        return kernel

    def parts(self) -> list[list[int]]:
        """The nodes of each connected part of what is left, in order."""
        found: list[list[int]] = []
        seen: set[int] = set()
        for node in self.neighbours:
            if node not in seen:
                found.append(sorted(self._reached(node)))
                seen.update(found[-1])
        return found

    def sides(self, known: dict[int, int]) -> dict[int, int]:
        """The side, 1 or -1, of every node, those of what is left being known."""
        sides = dict(known)
        for node, ties in reversed(self._taken):
            pull = sum(weight * sides[other] for other, weight in ties.items())
            sides[node] = -1 if pull < 0 else 1
        return sides

    def _reached(self, start: int) -> set[int]:
        reached, pending = {start}, [start]
        while pending:
            new = self.neighbours[pending.pop()].keys() - reached
            reached |= new
            pending += new
        return reached

    def _take_off(self) -> None:
        pending = sorted(self.neighbours, reverse=True)
        while pending:
            node = pending.pop()
            ties = self.neighbours.get(node)
            if ties is None or len(ties) > 2:
                continue
            del self.neighbours[node]
            self._taken.append((node, ties))
            for other in ties:
                del self.neighbours[other][node]
            if len(ties) == 2:
                self._join(*ties.items())
            pending += ties

    def _join(self, one: tuple[int, int], other: tuple[int, int]) -> None:
        """Put a tie in the place of a node with two."""
        (left, here), (right, there) = one, other
        weight = min(abs(here), abs(there)) * (1 if here * there > 0 else -1)
        before = self.neighbours[left].get(right, 0)
        if before * weight < 0:
            self.constant += min(abs(before), abs(weight))
        if before + weight:
            self.neighbours[left][right] = self.neighbours[right][left] = before + weight
        else:
            self.neighbours[left].pop(right, None)
            self.neighbours[right].pop(left, None)


@dataclass(frozen=True, eq=False)
class WeightedPart:
    """A connected part of a kernel; its nodes are numbered anew."""

    nodes: Sequence[int]
    first: Integers
    second: Integers
    weight: Integers

    @classmethod
    def of(cls, nodes: Sequence[int], neighbours: Neighbours) -> "WeightedPart":
        """The part that these nodes are."""
        place = {node: at for at, node in enumerate(nodes)}
        ties = sorted((place[a], place[b], w) for a in nodes for b, w in neighbours[a].items() if place[a] < place[b])
        columns: Iterable[Integers] = np.array(ties, dtype=np.int64).reshape(-1, 3).T
        return cls(nodes, *columns)

    def frustration(self, sides: Integers) -> int:
        """How much runs against these sides, 1 or -1 of each node."""
        against = self.weight * sides[self.first] * sides[self.second] < 0
        return int(np.abs(self.weight[against]).sum())

    def as_network(self) -> SignedNetwork:
        """The same by its signs alone."""
        positive = (self.weight > 0).astype(np.int64)
        return SignedNetwork(
            len(self.nodes), self.first, self.second, positive, 1 - positive, np.sign(self.weight).astype(np.int64)
        )
