"""Triangles of a signed network, by the signs of their three ties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from api.analysis.arrays import Integers
from api.analysis.networks.signed_network import SignedNetwork
from api.numeric import np

KINDS = ("PPP", "PPN", "PNN", "NNN", "PPA", "PNA", "NNA", "PAA", "NAA", "AAA")
"""What triangles there are: P, N and A for positive, negative and ambivalent ties."""
_AT_ONCE = 1_000_000
"""How many pairs of ties at one node are looked at together."""


@dataclass(frozen=True, slots=True)
class Triads:
    """Triangles of unambiguous ties, by how many are positive: Heider's triads (Cartwright & Harary 1956)."""

    ppp: int
    """All positive: balanced."""
    ppn: int
    """Two positive: unbalanced."""
    pnn: int
    """One positive: balanced."""
    nnn: int
    """None positive: unbalanced."""

    @property
    def total(self) -> int:
        """How many there are."""
        return self.ppp + self.ppn + self.pnn + self.nnn

    @property
    def balanced(self) -> int:
        """How many have an even number of negative ties."""
        return self.ppp + self.pnn


def triangles(network: SignedNetwork) -> Iterator[Integers]:
    """All triangles, once each, in pieces of shape (n, 3): the places of their three ties.

    Each node is joined to its neighbours of higher degree alone, so that a tie is looked at as often as the square root
    of twice the number of ties, at most (Chiba & Nishizeki 1985).
    """
    degree = np.bincount(np.concatenate([network.first, network.second]), minlength=network.size)
    rank = np.empty(network.size, dtype=np.int64)
    rank[np.lexsort((np.arange(network.size), degree))] = np.arange(network.size)
    low, high = (end(rank[network.first], rank[network.second]) for end in (np.minimum, np.maximum))
    order = np.lexsort((high, low))
    low, high = low[order], high[order]
    keys, size = low * network.size + high, len(low)
    # Of each tie, how many behind it leave the same node: with each of them it may be two sides of a triangle.
    behind = np.searchsorted(low, low, side="right") - np.arange(size) - 1
    for start, end in _portions(behind):
        one = np.repeat(np.arange(start, end), behind[start:end])
        other = one + 1 + _counted(behind[start:end])
        wanted = high[one] * network.size + high[other]
        place = np.minimum(np.searchsorted(keys, wanted), max(size - 1, 0))
        found = np.flatnonzero(keys[place] == wanted) if size else np.empty(0, dtype=np.int64)
        if len(found):
            yield order[np.column_stack([one[found], other[found], place[found]])]


def _portions(counts: Integers) -> Iterator[tuple[int, int]]:
    """Stretches of `counts`, of which each comes to about `_AT_ONCE`."""
    total = np.cumsum(counts)
    start = 0
    while start < len(counts):
        before = int(total[start - 1]) if start else 0
        end = max(start + 1, int(np.searchsorted(total, before + _AT_ONCE, side="right")))
        yield start, end
        start = end


def _counted(counts: Integers) -> Integers:
    """0, 1, … up to each count, one stretch after the other."""
    ends = np.cumsum(counts)
    return np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - counts, counts)


def triangle_census(network: SignedNetwork) -> Mapping[str, int]:
    """How many triangles there are of each of `KINDS`, ambivalent ties among them."""
    counts = np.zeros(16, dtype=np.int64)
    for three in triangles(network):
        signs = network.sign[three]
        kinds = (signs == 1).sum(axis=1) * 4 + (signs == -1).sum(axis=1)
        counts += np.bincount(kinds, minlength=16)
    return {kind: int(counts[kind.count("P") * 4 + kind.count("N")]) for kind in KINDS}


def triads(network: SignedNetwork) -> Triads:
    """The triangles of unambiguous ties."""
    census = triangle_census(network.unambiguous)
    return Triads(census["PPP"], census["PPN"], census["PNN"], census["NNN"])
