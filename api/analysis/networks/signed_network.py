"""Signed networks: who stands with whom and who against, as arrays over ties."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from api.analysis.arrays import Booleans, Floats, Integers, indices
from api.numeric import csgraph, np, npt, sparse


class TieSign(StrEnum):
    """What a tie is, of all that there is between two actors."""

    POSITIVE = "POSITIVE"
    NEGATIVE = "NEGATIVE"
    AMBIVALENT = "AMBIVALENT"

    @classmethod
    def of(cls, sign: int) -> TieSign:
        """The word for 1, -1 and 0."""
        return {1: cls.POSITIVE, -1: cls.NEGATIVE}.get(sign, cls.AMBIVALENT)


class Folding(StrEnum):
    """How the sign of a tie is made of how often each sign occurs."""

    ANY = "ANY"
    """Both signs make it ambivalent, however often each occurs."""
    MAJORITY = "MAJORITY"
    """The sign that occurs more often; ambivalent where both do equally often."""

    def signs(self, positive: Integers, negative: Integers) -> Integers:
        """1, -1, or 0 where it is ambivalent, of each tie; both counts may not be 0."""
        any_of = self is Folding.ANY
        found: Integers = np.sign(positive) - np.sign(negative) if any_of else np.sign(positive - negative)
        return found


@dataclass(frozen=True, eq=False)
class SignedNetwork:
    """Undirected ties between nodes counted from 0: one element of each array for each two that have a tie.

    Ties are in the order of `first`, then `second`, and `first` is always less.
    """

    size: int
    """How many nodes there are."""
    first: Integers
    second: Integers
    positive: Integers
    """How often the positive sign occurs between the two."""
    negative: Integers
    sign: Integers
    """1, -1, or 0 where the tie is ambivalent."""

    @classmethod
    def of(
        cls,
        size: int,
        source: npt.ArrayLike,
        target: npt.ArrayLike,
        positive: npt.ArrayLike,
        negative: npt.ArrayLike,
        folding: Folding = Folding.ANY,
    ) -> SignedNetwork:
        """What directed or undirected ties come to where both directions are taken together (their union).

        :param positive: how often each tie occurs with the positive sign; `negative` with the other.
        :raises ValueError: where a node is out of range or tied to itself, or the arrays are of different lengths.
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
        return cls(size, pairs // max(size, 1), pairs % max(size, 1), plus, minus, folding.signs(plus, minus))

    @property
    def ties(self) -> int:
        """How many pairs have a tie."""
        return len(self.first)

    @cached_property
    def unambiguous(self) -> SignedNetwork:
        """The same without ambivalent ties; nodes keep their numbers."""
        return self.only(self.sign != 0)

    def only(self, kept: Booleans) -> SignedNetwork:
        """The same with those ties alone for which `kept` says so."""
        parts = (self.first, self.second, self.positive, self.negative, self.sign)
        return SignedNetwork(self.size, *(part[kept] for part in parts))

    @cached_property
    def tied(self) -> Integers:
        """The nodes that have a tie, in order."""
        return np.unique(np.concatenate([self.first, self.second]))

    @cached_property
    def components(self) -> list[Integers]:
        """The nodes of each connected part that has a tie, in order; parts by their first nodes."""
        _, part = csgraph.connected_components(self.matrix(np.ones(self.ties)), directed=False)
        part = part[self.tied]
        order = np.argsort(part, kind="stable")
        bounds = np.flatnonzero(np.diff(part[order])) + 1
        found = [self.tied[nodes] for nodes in np.split(order, bounds)] if len(part) else []
        return sorted(found, key=lambda nodes: int(nodes[0]))

    def within(self, nodes: Integers) -> SignedNetwork:
        """The ties among some nodes, which are numbered anew, in their order."""
        inside = self.only(np.isin(self.first, nodes) & np.isin(self.second, nodes))
        first, second = np.searchsorted(nodes, inside.first), np.searchsorted(nodes, inside.second)
        return SignedNetwork(len(nodes), first, second, inside.positive, inside.negative, inside.sign)

    def matrix(self, values: Floats | Integers) -> sparse.csr_array:
        """The symmetric matrix that holds the value of each tie."""
        rows, columns = np.concatenate([self.first, self.second]), np.concatenate([self.second, self.first])
        doubled = np.concatenate([values, values]).astype(np.float64)
        return sparse.csr_array((doubled, (rows, columns)), shape=(self.size, self.size))


def _sums(counts: npt.ArrayLike, place: Integers, size: int) -> Integers:
    return np.bincount(place, weights=np.asarray(counts, dtype=np.float64), minlength=size).astype(np.int64)
