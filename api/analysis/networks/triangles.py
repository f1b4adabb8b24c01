"""Counts the triangles of a signed network by the signs of their three ties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from api.analysis.arrays import Integers
from api.analysis.networks.signed_network import SignedNetwork
from api.numeric import np

KINDS = ("PPP", "PPN", "PNN", "NNN", "PPA", "PNA", "NNA", "PAA", "NAA", "AAA")
"""The kinds of triangles: P, N and A for positive, negative and ambivalent ties."""
_CHUNK_SIZE = 1_000_000
"""Pairs of ties that one step tests."""


@dataclass(frozen=True, slots=True)
class TriadCounts:
    """Number of triangles of unambiguous ties by the number of positive ties (Cartwright & Harary 1956)."""

    ppp: int
    """Three positive ties: balanced."""
    ppn: int
    """Two positive ties: unbalanced."""
    pnn: int
    """One positive tie: balanced."""
    nnn: int
    """No positive tie: unbalanced."""

    @property
    def total(self) -> int:
        """Number of triangles."""
        return self.ppp + self.ppn + self.pnn + self.nnn

    @property
    def balanced(self) -> int:
        """Number of triangles with an even number of negative ties."""
        return self.ppp + self.pnn


def triangles(network: SignedNetwork) -> Iterator[Integers]:
    """Yield all triangles once, in chunks of shape (n, 3): the indexes of their three ties.

    Each node is combined only with neighbours of higher degree, so that each tie is tested at most as often as the
    square root of twice the number of ties (Chiba & Nishizeki 1985).
    """
    degree = np.bincount(np.concatenate([network.first, network.second]), minlength=network.size)
    rank = np.empty(network.size, dtype=np.int64)
    rank[np.lexsort((np.arange(network.size), degree))] = np.arange(network.size)
    low, high = (end(rank[network.first], rank[network.second]) for end in (np.minimum, np.maximum))
    order = np.lexsort((high, low))
    low, high = low[order], high[order]
    keys, size = low * network.size + high, len(low)
    # The number of later ties from the same node: with each of them a tie may form two sides of a triangle.
    later = np.searchsorted(low, low, side="right") - np.arange(size) - 1
    for start, end in _chunks(later):
        one = np.repeat(np.arange(start, end), later[start:end])
        other = one + 1 + _ranges(later[start:end])
        wanted = high[one] * network.size + high[other]
        place = np.minimum(np.searchsorted(keys, wanted), max(size - 1, 0))
        found = np.flatnonzero(keys[place] == wanted) if size else np.empty(0, dtype=np.int64)
        if len(found):
            yield order[np.column_stack([one[found], other[found], place[found]])]


def _chunks(counts: Integers) -> Iterator[tuple[int, int]]:
    """Yield ranges of `counts` whose sums are about `_CHUNK_SIZE`."""
    total = np.cumsum(counts)
    start = 0
    while start < len(counts):
        before = int(total[start - 1]) if start else 0
        end = max(start + 1, int(np.searchsorted(total, before + _CHUNK_SIZE, side="right")))
        yield start, end
        start = end


def _ranges(counts: Integers) -> Integers:
    """Return the numbers from 0 up to each count, concatenated."""
    ends = np.cumsum(counts)
    return np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - counts, counts)


def triangle_census(network: SignedNetwork) -> Mapping[str, int]:
    """Return the number of triangles of each of `KINDS`, including those with ambivalent ties."""
    counts = np.zeros(16, dtype=np.int64)
    for three in triangles(network):
        signs = network.sign[three]
        kinds = (signs == 1).sum(axis=1) * 4 + (signs == -1).sum(axis=1)
        counts += np.bincount(kinds, minlength=16)
    return {kind: int(counts[kind.count("P") * 4 + kind.count("N")]) for kind in KINDS}


def triad_counts(network: SignedNetwork) -> TriadCounts:
    """Return the number of triangles of unambiguous ties."""
    census = triangle_census(network.unambiguous)
    return TriadCounts(census["PPP"], census["PPN"], census["PNN"], census["NNN"])
