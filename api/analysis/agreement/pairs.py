"""Any two annotators beside each other: over the units that both rated, how often they agree, and Cohen's kappa.

Sources: Cohen, *A coefficient of agreement for nominal scales* (1960); *Weighted kappa* (1968).
"""

from __future__ import annotations

from dataclasses import dataclass

from api.analysis.agreement.figures import Undefined
from api.analysis.agreement.levels import COHEN_WEIGHTING, Level, distances
from api.analysis.agreement.ratings import Ratings
from api.analysis.arrays import Integers, number
from api.numeric import np


@dataclass(frozen=True, slots=True)
class AnnotatorPair:
    """Two annotators who rated units in common."""

    first: int
    """An annotator's index: the lesser of the two."""
    second: int
    units: int
    """How many units both gave a value."""
    percent_agreement: float
    """The share of these to which they gave the same."""
    kappa: float | None
    """Cohen's, weighted as `COHEN_WEIGHTING` says; None where it is undefined."""
    undefined_reason: Undefined | None
    """Why there is no kappa."""


@dataclass(frozen=True, eq=False, slots=True)
class _Cells:
    """How often which two values meet, for each two annotators: one element of each array for what occurs."""

    pair: Integers
    """The pair's place among the pairs that share a unit."""
    first: Integers
    """The place on the scale of what the first annotator says."""
    second: Integers
    times: Integers


def annotator_pairs(ratings: Ratings, level: Level) -> list[AnnotatorPair]:
    """Each two annotators who share a unit, by index.

    kappa = 1 - sum(p_ij d_ij) / sum(p_i. p_.j d_ij), where p_ij is the share of the units in common to which the first
    gave value i and the second j, and d the distance of the values: 1 for any two at NOMINAL, that of their ranks at
    ORDINAL (linear), its square at INTERVAL (quadratic). Ranks are those among all values that occur in `ratings`.
    Undefined where both gave one and the same value throughout.
    """
    if not len(ratings.value):
        return []
    scale, place = np.unique(ratings.value, return_inverse=True)
    distance = distances(scale, COHEN_WEIGHTING[level])
    annotators, cells = _meetings(ratings, place.astype(np.int64), len(scale))
    if not len(annotators):
        return []
    count, q = len(annotators), len(scale)
    units = np.bincount(cells.pair, cells.times, minlength=count)
    equal = np.bincount(cells.pair, cells.times * (cells.first == cells.second), minlength=count) / units
    apart = np.bincount(cells.pair, cells.times * distance[cells.first, cells.second], minlength=count)
    firsts = np.bincount(cells.pair * q + cells.first, cells.times, minlength=count * q).reshape(count, q)
    seconds = np.bincount(cells.pair * q + cells.second, cells.times, minlength=count * q).reshape(count, q)
    by_chance = ((firsts @ distance) * seconds).sum(axis=1)
    kappas = 1 - units * apart / np.where(by_chance > 0, by_chance, 1)
    return [
        AnnotatorPair(a, b, int(n), e, k, None)
        if varies
        else AnnotatorPair(a, b, int(n), e, None, Undefined.ONE_CATEGORY)
        for (a, b), n, e, k, varies in zip(
            annotators.tolist(), units.tolist(), equal.tolist(), kappas.tolist(), by_chance > 0, strict=True
        )
    ]


def _meetings(ratings: Ratings, place: Integers, values: int) -> tuple[Integers, _Cells]:
    """The pairs of annotators that share a unit, shape (pairs, 2), and how often which values meet in each.

    With a unit's ratings side by side, those `step` apart are taken for each step: as many steps as the most rated unit
    has ratings, each over the units that have that many.
    """
    order = np.lexsort((ratings.annotator, ratings.unit))
    unit, annotator, place = ratings.unit[order], ratings.annotator[order], place[order]
    width = number(annotator)
    found: list[tuple[Integers, Integers]] = []
    left = np.arange(len(unit))
    for step in range(1, len(unit)):
        left = left[left + step < len(unit)]
        left = left[unit[left] == unit[left + step]]
        if not len(left):
            break
        right = left + step
        pairs = annotator[left] * width + annotator[right]
        found.append(np.unique((pairs * values + place[left]) * values + place[right], return_counts=True))
    if not found:
        return np.zeros((0, 2), dtype=np.int64), _Cells(*[np.zeros(0, dtype=np.int64)] * 4)
    keys, at = np.unique(np.concatenate([key for key, _ in found]), return_inverse=True)
    times = np.bincount(at, np.concatenate([count for _, count in found])).astype(np.int64)
    pairs, pair = np.unique(keys // values**2, return_inverse=True)
    both = np.stack(np.divmod(pairs, width), axis=1)
    return both, _Cells(pair, keys // values % values, keys % values, times)
