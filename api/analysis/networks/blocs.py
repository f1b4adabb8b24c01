"""Blocs: groups with positive ties inside and negative ties between them (Doreian & Mrvar 1996)."""

from __future__ import annotations

from dataclasses import dataclass

from api.analysis.arrays import Integers
from api.analysis.networks.partitions import Costs, best_groups
from api.analysis.networks.signed_network import SignedNetwork
from api.numeric import np

MOST_BLOCS = 50


@dataclass(frozen=True, eq=False)
class Blocs:
    """A generalised block model of a network, by its unambiguous ties."""

    bloc: Integers
    """Of each node the number of its bloc, counted from 0, in the order of their first nodes; -1 without such a tie."""
    criterion: float
    """2 (alpha n + (1 - alpha) p), n negative ties being inside a bloc and p positive ones between blocs.

    Twice, since Doreian and Mrvar count in the matrix, where each tie stands in both directions: at alpha 0.5 it is the
    number of ties that are out of place.
    """
    misplaced: Integers
    """The places of these ties, in `network.unambiguous`."""

    @property
    def number(self) -> int:
        """How many blocs there are."""
        return int(self.bloc.max(initial=-1)) + 1


def blocs(network: SignedNetwork, most: int, alpha: float = 0.5, seed: int = 0) -> Blocs:
    """The best partition into blocs that is found.

    :param most: how many blocs there may be; fewer, where more do not make it better.
    :param alpha: from 0 to 1: how much a negative tie inside a bloc weighs against a positive one between blocs.
    :param seed: what the search begins with: the same seed finds the same.
    :raises ValueError: where an argument is out of range.
    """
    if not 1 <= most <= MOST_BLOCS or not 0 <= alpha <= 1:
        raise ValueError("blocs: from 1 to 50 blocs, and alpha from 0 to 1")
    ties = network.unambiguous
    inside = ties.within(ties.tied)
    together, apart = np.where(inside.sign < 0, alpha, 0.0), np.where(inside.sign > 0, 1 - alpha, 0.0)
    costs = Costs(inside.size, inside.first, inside.second, together, apart)
    found = _in_order(best_groups(costs, most, seed))
    bloc = np.full(network.size, -1, dtype=np.int64)
    bloc[ties.tied] = found
    misplaced = np.flatnonzero((bloc[ties.first] == bloc[ties.second]) != (ties.sign > 0))
    return Blocs(bloc, 2 * costs.of(found), misplaced)


def _in_order(groups: Integers) -> Integers:
    """The same groups, numbered in the order in which they first occur."""
    _, first, place = np.unique(groups, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[place.reshape(-1)]
