"""How central the nodes of a signed network are, with friends and enemies counted apart."""

from dataclasses import dataclass

from api.analysis.arrays import Floats, Integers
from api.analysis.networks.balance import MOST_DENSE, NetworkUndefined
from api.analysis.networks.signed_network import SignedNetwork
from api.numeric import linalg, np, sparse_linalg

_NO_SOLUTION = 1e-12
"""Below this reciprocal condition, a system of equations is taken to have no single solution."""
_ALIKE = 1e-9
"""Eigenvalues that differ by less, of their size, are taken to be the same."""
_SMALL = 200
"""Up to so many nodes all eigenvalues are found, above it the two largest alone."""


@dataclass(frozen=True, eq=False)
class Scores:
    """A score of each node, or why there is none of any; nan where a node has no part in it."""

    values: Floats | None
    undefined_reason: NetworkUndefined | None = None

    def of(self, node: int) -> float | None:
        """That of one node; None where it has none."""
        score = np.nan if self.values is None else float(self.values[node])
        return None if np.isnan(score) else score


@dataclass(frozen=True, eq=False)
class Degrees:
    """How many ties of each sign each node has, shape (nodes,)."""

    positive: Integers
    negative: Integers
    ambivalent: Integers


def degrees(network: SignedNetwork) -> Degrees:
    """How many ties of each sign each node has."""
    return Degrees(*(_degree(network, sign) for sign in (1, -1, 0)))


def _degree(network: SignedNetwork, sign: int) -> Integers:
    there = network.sign == sign
    ends = np.concatenate([network.first[there], network.second[there]])
    return np.bincount(ends, minlength=network.size).astype(np.int64)


def pn_index(network: SignedNetwork) -> Scores:
    """The PN index (Everett & Borgatti 2014): (I - A / (2n - 2))⁻¹ 1, with A = P - 2N.

    P and N hold unambiguous positive and negative ties of the n nodes that have one; others have no score.
    """
    ties = network.unambiguous
    size = len(ties.tied)
    if not ties.ties or size > MOST_DENSE:
        return Scores(None, NetworkUndefined.TOO_LARGE if ties.ties else NetworkUndefined.NO_TIES)
    inside = ties.within(ties.tied)
    matrix = inside.matrix(np.where(inside.sign > 0, 1, -2)).toarray()
    solved = _solved(np.eye(size) - matrix / (2 * size - 2))
    return Scores(None, NetworkUndefined.SINGULAR) if solved is None else Scores(_spread(network, ties.tied, solved))


def _solved(matrix: Floats) -> Floats | None:
    """What the matrix makes 1 of every node; None where that is not one thing."""
    factors, pivots, failed = linalg.lapack.dgetrf(matrix)
    condition, _ = linalg.lapack.dgecon(factors, np.abs(matrix).sum(axis=0).max())
    if failed or condition < _NO_SOLUTION:
        return None
    found, _ = linalg.lapack.dgetrs(factors, pivots, np.ones(len(matrix)))
    return np.asarray(found, dtype=np.float64)


def eigenvector(network: SignedNetwork) -> Scores:
    """Bonacich and Lloyd's signed eigenvector centrality (2004): of unit length, the largest entry positive.

    It is that of the eigenvalue which is largest by its size; where it is not so alone, there is none.
    """
    ties = network.unambiguous
    if not ties.ties:
        return Scores(None, NetworkUndefined.NO_TIES)
    inside = ties.within(ties.tied)
    matrix = inside.matrix(inside.sign)
    if inside.size <= _SMALL:
        values, vectors = np.linalg.eigh(matrix.toarray())
    else:
        values, vectors = sparse_linalg.eigsh(matrix, k=2, which="LM", v0=np.ones(inside.size) / np.sqrt(inside.size))
    order = np.argsort(-np.abs(values))
    largest, next_ = np.abs(values[order[:2]])
    if largest - next_ <= _ALIKE * largest:
        return Scores(None, NetworkUndefined.NO_DOMINANT)
    vector = vectors[:, order[0]]
    most = np.flatnonzero(np.abs(vector) >= np.abs(vector).max() - _ALIKE)[0]
    return Scores(_spread(network, ties.tied, vector * np.sign(vector[most])))


def _spread(network: SignedNetwork, nodes: Integers, values: Floats) -> Floats:
    spread = np.full(network.size, np.nan)
    spread[nodes] = values
    return spread
