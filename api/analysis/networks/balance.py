"""Balance of a signed network: by its triangles, and by all closed walks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from api.analysis.networks.signed_network import SignedNetwork
from api.analysis.networks.triangles import TriadCounts
from api.numeric import np

MAX_DENSE = 2_500
"""Nodes of a connected component for measures that need all eigenvalues of a matrix, or its inverse."""


class NetworkUndefined(StrEnum):
    """Why a measure of a network is undefined."""

    NO_TIES = "NO_TIES"
    """There is no unambiguous tie."""
    NO_TRIANGLES = "NO_TRIANGLES"
    """There is no triangle of unambiguous ties."""
    SINGULAR = "SINGULAR"
    """The system of equations has no unique solution."""
    NO_DOMINANT = "NO_DOMINANT"
    """No single eigenvalue has the largest absolute value."""
    TOO_LARGE = "TOO_LARGE"
    """A connected component is too large."""


@dataclass(frozen=True, slots=True)
class IndexValue:
    """The value of an index, or the reason why it is undefined."""

    value: float | None
    undefined_reason: NetworkUndefined | None = None

    @classmethod
    def undefined(cls, reason: NetworkUndefined) -> IndexValue:
        """Return an undefined index."""
        return cls(None, reason)


def triangle_index(found: TriadCounts) -> IndexValue:
    """Return the share of triangles that are balanced (Cartwright & Harary 1956)."""
    if not found.total:
        return IndexValue.undefined(NetworkUndefined.NO_TRIANGLES)
    return IndexValue(found.balanced / found.total)


def walk_index(network: SignedNetwork) -> IndexValue:
    """Return trace(exp(A)) / trace(exp(|A|)), where A is 1, -1 and 0 for unambiguous ties (Estrada & Benzi 2014).

    All closed walks count, shorter ones more: the index is 1 if no closed walk has an odd number of negative ties.
    Nodes without an unambiguous tie do not count.
    """
    ties = network.unambiguous
    if not ties.ties:
        return IndexValue.undefined(NetworkUndefined.NO_TIES)
    if max(len(part) for part in ties.components) > MAX_DENSE:
        return IndexValue.undefined(NetworkUndefined.TOO_LARGE)
    matrices = [part.matrix(part.sign).toarray() for part in map(ties.within, ties.components)]
    signed = np.concatenate([np.linalg.eigvalsh(matrix) for matrix in matrices])
    unsigned = np.concatenate([np.linalg.eigvalsh(np.abs(matrix)) for matrix in matrices])
    # exp of the eigenvalues themselves would overflow if a thousand actors are all tied.
    greatest = unsigned.max()
    return IndexValue(float(np.exp(signed - greatest).sum() / np.exp(unsigned - greatest).sum()))
