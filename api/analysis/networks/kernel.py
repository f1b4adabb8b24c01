"""Kernelization of the frustration problem: reduces a signed network to the part that needs a search.

A node with one tie can always take the side that satisfies the tie. A node with two ties can be replaced by one tie
between its neighbours, with the product of the signs and the lower of the weights. Once the remaining nodes have sides,
the removed nodes get theirs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from api.analysis.arrays import Integers
from api.analysis.networks.signed_network import SignedNetwork
from api.numeric import np

Neighbours = dict[int, dict[int, int]]
"""Node → neighbour → weight: the number of original ties, negative if they are negative."""


@dataclass(eq=False)
class Kernel:
    """The reduced network of a network without ambivalent ties, and the nodes that were removed."""

    neighbours: Neighbours
    constant: int = 0
    """Number of ties that are frustrated whatever the sides of the remaining nodes."""
    _removed: list[tuple[int, dict[int, int]]] = field(default_factory=list)
    """Nodes in the order of removal, with the ties they had then."""

    @classmethod
    def of(cls, network: SignedNetwork) -> "Kernel":
        """Return the kernel of a network."""
        neighbours: Neighbours = {node: {} for node in range(network.size)}
        ends = zip(network.first.tolist(), network.second.tolist(), network.sign.tolist(), strict=True)
        for one, other, sign in ends:
            neighbours[one][other] = neighbours[other][one] = sign
        kernel = cls(neighbours)
        kernel._reduce()
        return kernel

    def components(self) -> list[list[int]]:
        """Return the sorted nodes of each connected component of the reduced network."""
        found: list[list[int]] = []
        seen: set[int] = set()
        for node in self.neighbours:
            if node not in seen:
                found.append(sorted(self._reached(node)))
                seen.update(found[-1])
        return found

    def sides(self, known: dict[int, int]) -> dict[int, int]:
        """Return the side of every node, 1 or -1, from the sides of the remaining nodes."""
        sides = dict(known)
        for node, ties in reversed(self._removed):
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

    def _reduce(self) -> None:
        pending = sorted(self.neighbours, reverse=True)
        while pending:
            node = pending.pop()
            ties = self.neighbours.get(node)
            if ties is None or len(ties) > 2:
                continue
            del self.neighbours[node]
            self._removed.append((node, ties))
            for other in ties:
                del self.neighbours[other][node]
            if len(ties) == 2:
                self._join(*ties.items())
            pending += ties

    def _join(self, one: tuple[int, int], other: tuple[int, int]) -> None:
        """Add the tie that replaces a node with two ties."""
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
class WeightedComponent:
    """A connected component of a kernel, with its nodes renumbered."""

    nodes: Sequence[int]
    first: Integers
    second: Integers
    weight: Integers

    @classmethod
    def of(cls, nodes: Sequence[int], neighbours: Neighbours) -> "WeightedComponent":
        """Return the component of these nodes."""
        place = {node: at for at, node in enumerate(nodes)}
        ties = sorted((place[a], place[b], w) for a in nodes for b, w in neighbours[a].items() if place[a] < place[b])
        columns: Iterable[Integers] = np.array(ties, dtype=np.int64).reshape(-1, 3).T
        return cls(nodes, *columns)

    def frustration(self, sides: Integers) -> int:
        """Return the weight of the ties that contradict these sides, 1 or -1 for each node."""
        against = self.weight * sides[self.first] * sides[self.second] < 0
        return int(np.abs(self.weight[against]).sum())

    def as_network(self) -> SignedNetwork:
        """Return the network of the signs, without weights."""
        positive = (self.weight > 0).astype(np.int64)
        return SignedNetwork(
            len(self.nodes), self.first, self.second, positive, 1 - positive, np.sign(self.weight).astype(np.int64)
        )
