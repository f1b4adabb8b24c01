"""Centrality of the nodes of a signed network, with positive and negative ties counted separately."""

from dataclasses import dataclass

from api.analysis.arrays import Floats, Integers
from api.analysis.networks.balance import MAX_DENSE, NetworkUndefined
from api.analysis.networks.signed_network import SignedNetwork
from api.numeric import linalg, np, sparse_linalg

_NO_SOLUTION = 1e-12
"""Reciprocal condition number below which a system of equations counts as having no unique solution."""
_TOLERANCE = 1e-9
"""Relative difference below which eigenvalues count as equal."""
_MAX_ALL_EIGENVALUES = 200
"""Nodes up to which all eigenvalues are computed; above, only the two largest are."""


@dataclass(frozen=True, eq=False)
class Scores:
    """A score for each node, nan for nodes that do not count; or the reason why scores are undefined."""

    values: Floats | None
    undefined_reason: NetworkUndefined | None = None

    def of(self, node: int) -> float | None:
        """Return the score of a node; None if it has none."""
        score = np.nan if self.values is None else float(self.values[node])
        return None if np.isnan(score) else score


@dataclass(frozen=True, eq=False)
class Degrees:
    """Number of ties of each node, by sign; shape (nodes,)."""

    positive: Integers
    negative: Integers
    ambivalent: Integers


def degrees(network: SignedNetwork) -> Degrees:
    """Return the number of ties of each node, by sign."""
    return Degrees(*(_degree(network, sign) for sign in (1, -1, 0)))


def _degree(network: SignedNetwork, sign: int) -> Integers:
    there = network.sign == sign
    ends = np.concatenate([network.first[there], network.second[there]])
    return np.bincount(ends, minlength=network.size).astype(np.int64)


def pn_index(network: SignedNetwork) -> Scores:
    """Return the PN index (Everett & Borgatti 2014): (I - A / (2n - 2))⁻¹ 1, with A = P - 2N.

    P and N are the matrices of unambiguous positive and negative ties of the n nodes that have any; other nodes have no
    score.
    """
    ties = network.unambiguous
    size = len(ties.tied)
    if not ties.ties or size > MAX_DENSE:
        return Scores(None, NetworkUndefined.TOO_LARGE if ties.ties else NetworkUndefined.NO_TIES)
    inside = ties.within(ties.tied)
    matrix = inside.matrix(np.where(inside.sign > 0, 1, -2)).toarray()
    solved = _solve(np.eye(size) - matrix / (2 * size - 2))
    return Scores(None, NetworkUndefined.SINGULAR) if solved is None else Scores(_spread(network, ties.tied, solved))


def _solve(matrix: Floats) -> Floats | None:
    """Return the solution x of `matrix` x = 1; None if there is no unique solution."""
    factors, pivots, failed = linalg.lapack.dgetrf(matrix)
    condition, _ = linalg.lapack.dgecon(factors, np.abs(matrix).sum(axis=0).max())
    if failed or condition < _NO_SOLUTION:
        return None
    found, _ = linalg.lapack.dgetrs(factors, pivots, np.ones(len(matrix)))
    return np.asarray(found, dtype=np.float64)


def eigenvector(network: SignedNetwork) -> Scores:
    """Return Bonacich and Lloyd's signed eigenvector centrality (2004), of unit length, with a positive largest entry.

    It is the eigenvector of the eigenvalue with the largest absolute value. If several eigenvalues have it, centrality
    is undefined.
    """
    ties = network.unambiguous
    if not ties.ties:
        return Scores(None, NetworkUndefined.NO_TIES)
    inside = ties.within(ties.tied)
    matrix = inside.matrix(inside.sign)
    if inside.size <= _MAX_ALL_EIGENVALUES:
        values, vectors = np.linalg.eigh(matrix.toarray())
    else:
        values, vectors = sparse_linalg.eigsh(matrix, k=2, which="LM", v0=np.ones(inside.size) / np.sqrt(inside.size))
    order = np.argsort(-np.abs(values))
    largest, next_ = np.abs(values[order[:2]])
    if largest - next_ <= _TOLERANCE * largest:
        return Scores(None, NetworkUndefined.NO_DOMINANT)
    vector = vectors[:, order[0]]
    largest_entry = np.flatnonzero(np.abs(vector) >= np.abs(vector).max() - _TOLERANCE)[0]
    return Scores(_spread(network, ties.tied, vector * np.sign(vector[largest_entry])))


def _spread(network: SignedNetwork, nodes: Integers, values: Floats) -> Floats:
    spread = np.full(network.size, np.nan)
    spread[nodes] = values
    return spread
