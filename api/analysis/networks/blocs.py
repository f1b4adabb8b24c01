"""Blocs: groups with positive ties inside and negative ties between them (Doreian & Mrvar 1996)."""

from __future__ import annotations

from dataclasses import dataclass

from api.analysis.arrays import Integers
from api.analysis.networks.partitions import Costs, best_groups
from api.analysis.networks.signed_network import SignedNetwork
from api.numeric import np

MAX_BLOCS = 50


@dataclass(frozen=True, eq=False)
class BlocPartition:
    """A partition of the nodes of a network into blocs, by its unambiguous ties."""

    bloc: Integers
    """The bloc of each node, numbered from 0 in the order of their first nodes; -1 for nodes without such a tie."""
    criterion: float
    """2 (alpha n + (1 - alpha) p) for n negative ties inside blocs and p positive ties between blocs.

    The factor is 2 since Doreian and Mrvar count in the matrix, which has each tie in both directions: at alpha 0.5 it
    is the number of inconsistent ties.
    """
    inconsistent: Integers
    """The indexes of the inconsistent ties in `network.unambiguous`."""

    @property
    def number(self) -> int:
        """The number of blocs."""
        return int(self.bloc.max(initial=-1)) + 1


def find_blocs(network: SignedNetwork, max_blocs: int, alpha: float = 0.5, seed: int = 0) -> BlocPartition:
    """Return the best partition into blocs that a search finds.

    :param max_blocs: the maximum number of blocs; there are fewer if more are no better.
    :param alpha: the weight of a negative tie inside a bloc, 0 to 1; a positive tie between blocs has 1 - alpha.
    :param seed: the seed of the search: the same seed finds the same blocs.
    :raises ValueError: if an argument is out of range.
    """
    if not 1 <= max_blocs <= MAX_BLOCS or not 0 <= alpha <= 1:
        raise ValueError(f"max_blocs must be from 1 to {MAX_BLOCS}, and alpha from 0 to 1")
    ties = network.unambiguous
    inside = ties.within(ties.tied)
    together, apart = np.where(inside.sign < 0, alpha, 0.0), np.where(inside.sign > 0, 1 - alpha, 0.0)
    costs = Costs(inside.size, inside.first, inside.second, together, apart)
    found = _renumbered(best_groups(costs, max_blocs, seed))
    bloc = np.full(network.size, -1, dtype=np.int64)
    bloc[ties.tied] = found
    misplaced = np.flatnonzero((bloc[ties.first] == bloc[ties.second]) != (ties.sign > 0))
    return BlocPartition(bloc, 2 * costs.of(found), misplaced)


def _renumbered(groups: Integers) -> Integers:
    """Return the groups, renumbered in the order in which they first occur."""
    _, first, place = np.unique(groups, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[place.reshape(-1)]
