"""Where annotators differ: the confusion of values, and the disagreement in each unit."""

from __future__ import annotations

from dataclasses import dataclass

from api.analysis.agreement.levels import GWET_WEIGHTING, Level, distances
from api.analysis.agreement.ratings import Ratings, group_units, tabulate
from api.analysis.arrays import Floats, Integers
from api.numeric import np


@dataclass(frozen=True, eq=False, slots=True)
class Confusion:
    """How often two values were given to the same unit by different annotators; both tables are symmetric."""

    scale: Integers
    """Shape (K,): the values that occur, ascending."""
    pairs: Integers
    """Shape (K, K): the number of ordered pairs. On the diagonal each pair of annotators counts twice."""
    coincidences: Floats
    """Shape (K, K): Krippendorff's coincidences: a unit's pairs have the weight 1 / (number of its values - 1)."""


def confusion(ratings: Ratings) -> Confusion:
    """Return the confusion of values over all units with two values or more."""
    kinds, frequency = group_units(tabulate(ratings))
    return Confusion(
        kinds.scale,
        np.einsum("p,pck->ck", frequency, kinds.pairs()),
        np.einsum("p,pck->ck", frequency, kinds.coincidences()),
    )


@dataclass(frozen=True, eq=False, slots=True)
class UnitDisagreements:
    """The units with two values or more: most disagreement first, then most values first, then by index."""

    unit: Integers
    """Shape (V,): the unit's index."""
    values: Integers
    """Shape (V,): the number of values of the unit."""
    disagreement: Floats
    """Shape (V,): the mean distance of two of its values, from 0 (all the same) to 1 (the maximum)."""


def unit_disagreements(ratings: Ratings, level: Level) -> UnitDisagreements:
    """Return the disagreement in each unit: 1 minus its weighted agreement, with the weights of Gwet's coefficient."""
    table = tabulate(ratings)
    disagreement = table.disagreement(distances(table.scale, GWET_WEIGHTING[level]))
    units = np.flatnonzero(table.paired)
    order = units[np.lexsort((units, -table.ratings[units], -disagreement[units]))]
    return UnitDisagreements(order, table.ratings[order], disagreement[order])
