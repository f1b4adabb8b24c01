"""Signed networks: positive and negative ties between nodes, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from api.analysis.arrays import Booleans, Floats, Integers, indices
from api.numeric import csgraph, np, npt, sparse


class TieSign(StrEnum):
    """The sign of a tie: of all relations between two actors, or of all stances."""

    POSITIVE = "POSITIVE"
    NEGATIVE = "NEGATIVE"
    AMBIVALENT = "AMBIVALENT"

    @classmethod
    def of(cls, sign: int) -> TieSign:
        """Return the name of a sign: 1, -1 or 0."""
        return {1: cls.POSITIVE, -1: cls.NEGATIVE}.get(sign, cls.AMBIVALENT)


class SignRule(StrEnum):
    """How the sign of a tie follows from the number of times that each sign occurs."""

    ANY = "ANY"
    """A tie with both signs is ambivalent, however often each occurs."""
    MAJORITY = "MAJORITY"
    """The more frequent sign; ambivalent if both are equally frequent."""

    def signs(self, positive: Integers, negative: Integers) -> Integers:
        """Return the sign of each tie: 1, -1, or 0 if it is ambivalent. Not both counts may be 0."""
        any_of = self is SignRule.ANY
        found: Integers = np.sign(positive) - np.sign(negative) if any_of else np.sign(positive - negative)
        return found


@dataclass(frozen=True, eq=False)
class SignedNetwork:
    """Undirected ties between nodes, which are numbers from 0: one element of each array for each tie.

    Ties are sorted by `first`, then by `second`; `first` is always the lower node.
    """

    size: int
    """The number of nodes."""
    first: Integers
    second: Integers
    positive: Integers
    """The number of times that the positive sign occurs between the two nodes."""
    negative: Integers
    sign: Integers
    """1, -1, or 0 if the tie is ambivalent."""

    @classmethod
    def of(
        cls,
        size: int,
        source: npt.ArrayLike,
        target: npt.ArrayLike,
        positive: npt.ArrayLike,
        negative: npt.ArrayLike,
        sign_rule: SignRule = SignRule.ANY,
    ) -> SignedNetwork:
        """Return the network of directed or undirected ties, with both directions between two nodes combined.

        :param positive: the number of times that each tie occurs with the positive sign; `negative` with the other.
        :raises ValueError: if a node is out of range or tied to itself, or the arrays differ in length.
        """
        one, other = indices(source, "source"), indices(target, "target")
        if not len(one) == len(other) == len(np.asarray(positive)) == len(np.asarray(negative)):
            raise ValueError("ties: arrays of different lengths")
        if len(one) and max(one.max(), other.max()) >= size:
            raise ValueError("ties: a node is out of range")
        if (one == other).any():
            raise ValueError("ties: a node is tied to itself")
        pair = np.minimum(one, other) * size + np.maximum(one, other)
        pairs, place = np.unique(pair, return_inverse=True)
        plus, minus = (_sums(counts, place.reshape(-1), len(pairs)) for counts in (positive, negative))
        there = (plus + minus) > 0
        plus, minus, pairs = plus[there], minus[there], pairs[there]
        return cls(size, pairs // max(size, 1), pairs % max(size, 1), plus, minus, sign_rule.signs(plus, minus))

    @property
    def ties(self) -> int:
        """The number of ties."""
        return len(self.first)

    @cached_property
    def unambiguous(self) -> SignedNetwork:
        """The network without ambivalent ties, with the same nodes."""
        return self.only(self.sign != 0)

    def only(self, mask: Booleans) -> SignedNetwork:
        """Return the network of the ties whose element of `mask` is true, with the same nodes."""
        parts = (self.first, self.second, self.positive, self.negative, self.sign)
        return SignedNetwork(self.size, *(part[mask] for part in parts))

    @cached_property
    def tied(self) -> Integers:
        """The nodes that have a tie, sorted."""
        return np.unique(np.concatenate([self.first, self.second]))

    @cached_property
    def components(self) -> list[Integers]:
        """The sorted nodes of each connected component that has a tie; components are sorted by their first node."""
        _, part = csgraph.connected_components(self.matrix(np.ones(self.ties)), directed=False)
        part = part[self.tied]
        order = np.argsort(part, kind="stable")
        bounds = np.flatnonzero(np.diff(part[order])) + 1
        found = [self.tied[nodes] for nodes in np.split(order, bounds)] if len(part) else []
        return sorted(found, key=lambda nodes: int(nodes[0]))

    def within(self, nodes: Integers) -> SignedNetwork:
        """Return the network of the ties among some nodes, which are renumbered from 0 in their order."""
        inside = self.only(np.isin(self.first, nodes) & np.isin(self.second, nodes))
        first, second = np.searchsorted(nodes, inside.first), np.searchsorted(nodes, inside.second)
        return SignedNetwork(len(nodes), first, second, inside.positive, inside.negative, inside.sign)

    def matrix(self, values: Floats | Integers) -> sparse.csr_array:
        """Return the symmetric matrix with a value for each tie."""
        rows, columns = np.concatenate([self.first, self.second]), np.concatenate([self.second, self.first])
        doubled = np.concatenate([values, values]).astype(np.float64)
        return sparse.csr_array((doubled, (rows, columns)), shape=(self.size, self.size))


def _sums(counts: npt.ArrayLike, place: Integers, size: int) -> Integers:
    return np.bincount(place, weights=np.asarray(counts, dtype=np.float64), minlength=size).astype(np.int64)
