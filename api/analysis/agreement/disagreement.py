"""Where annotators differ: which values meet, and in which units."""

from __future__ import annotations

from dataclasses import dataclass

from api.analysis.agreement.levels import GWET_WEIGHTING, Level, distances
from api.analysis.agreement.ratings import Ratings, alike, tabulate
from api.analysis.arrays import Floats, Integers
from api.numeric import np


@dataclass(frozen=True, eq=False, slots=True)
class Confusion:
    """Which values meet in a unit, by different annotators; both tables are symmetrical."""

    scale: Integers
    """Shape (K,): the values that occur, ascending."""
    pairs: Integers
    """Shape (K, K): ordered pairs. Off the diagonal a cell says how often the two values meet; on it, twice that."""
    coincidences: Floats
    """Shape (K, K): Krippendorff's: a unit's pairs weigh 1 / (its values - 1), and the sum is the pairable values."""


def confusion(ratings: Ratings) -> Confusion:
    """Which values meet, over all units with two or more."""
    kinds, frequency = alike(tabulate(ratings))
    return Confusion(
        kinds.scale,
        np.einsum("p,pck->ck", frequency, kinds.pairs()),
        np.einsum("p,pck->ck", frequency, kinds.coincidences()),
    )


@dataclass(frozen=True, eq=False, slots=True)
class UnitDisagreements:
    """The units with two values or more, most disagreement first; then more values first, then by index."""

    unit: Integers
    """Shape (V,): the unit's index."""
    values: Integers
    """Shape (V,): how many values it has."""
    disagreement: Floats
    """Shape (V,): the mean distance of two of its values, from 0 (all the same) to 1 (as far apart as values get)."""


def unit_disagreements(ratings: Ratings, level: Level) -> UnitDisagreements:
    """How much annotators differ in each unit: 1 less its weighted agreement, as Gwet's coefficient has it."""
    table = tabulate(ratings)
    disagreement = table.disagreement(distances(table.scale, GWET_WEIGHTING[level]))
    units = np.flatnonzero(table.paired)
    order = units[np.lexsort((units, -table.ratings[units], -disagreement[units]))]
    return UnitDisagreements(order, table.ratings[order], disagreement[order])
