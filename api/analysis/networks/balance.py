"""How balanced a signed network is: by its triangles, and by all closed walks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from api.analysis.networks.signed_network import SignedNetwork
from api.analysis.networks.triangles import Triads
from api.numeric import np

MOST_DENSE = 2_500
"""How many nodes may hang together for figures that need all eigenvalues of a matrix, or its inverse."""


class NetworkUndefined(StrEnum):
    """Why a network has no such figure."""

    NO_TIES = "NO_TIES"
    """There is no unambiguous tie."""
    NO_TRIANGLES = "NO_TRIANGLES"
    """No three actors are all tied to one another."""
    SINGULAR = "SINGULAR"
    """The system of equations behind it has no single solution."""
    NO_DOMINANT = "NO_DOMINANT"
    """No eigenvalue is the greatest by its size alone."""
    TOO_LARGE = "TOO_LARGE"
    """More actors hang together than can be reckoned with."""


@dataclass(frozen=True, slots=True)
class NetworkFigure:
    """A figure, or why there is none."""

    value: float | None
    undefined_reason: NetworkUndefined | None = None

    @classmethod
    def none(cls, reason: NetworkUndefined) -> NetworkFigure:
        """No figure."""
        return cls(None, reason)


def triangle_index(found: Triads) -> NetworkFigure:
    """The share of triangles that are balanced (Cartwright & Harary 1956): 1 where all are."""
    if not found.total:
        return NetworkFigure.none(NetworkUndefined.NO_TRIANGLES)
    return NetworkFigure(found.balanced / found.total)


def walk_index(network: SignedNetwork) -> NetworkFigure:
    """trace(exp(A)) / trace(exp(|A|)), A being 1, -1 and 0 for unambiguous ties (Estrada & Benzi 2014).

    All closed walks count, shorter ones more: 1 where none runs over an odd number of negative ties. Nodes without an
    unambiguous tie have no part in it.
    """
    ties = network.unambiguous
    if not ties.ties:
        return NetworkFigure.none(NetworkUndefined.NO_TIES)
    if max(len(part) for part in ties.components) > MOST_DENSE:
        return NetworkFigure.none(NetworkUndefined.TOO_LARGE)
    matrices = [part.matrix(part.sign).toarray() for part in map(ties.within, ties.components)]
    signed = np.concatenate([np.linalg.eigvalsh(matrix) for matrix in matrices])
    unsigned = np.concatenate([np.linalg.eigvalsh(np.abs(matrix)) for matrix in matrices])
    # exp of the eigenvalues themselves has no room in a float where a thousand actors are all tied.
    greatest = unsigned.max()
    return NetworkFigure(float(np.exp(signed - greatest).sum() / np.exp(unsigned - greatest).sum()))
