"""Agreement of any two annotators, over the units that both rated: percent agreement and Cohen's kappa.

Sources: Cohen, *A coefficient of agreement for nominal scales* (1960); *Weighted kappa* (1968).
"""

from __future__ import annotations

from dataclasses import dataclass

from api.analysis.agreement.estimates import Undefined
from api.analysis.agreement.levels import COHEN_WEIGHTING, Level, distances
from api.analysis.agreement.ratings import Ratings
from api.analysis.arrays import Integers, count_of_indices
from api.numeric import np


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Agreement of two annotators who rated units in common."""

    first: int
    """The lower index of the two annotators."""
    second: int
    units: int
    """Number of units to which both gave a value."""
    percent_agreement: float
    """Share of these units to which both gave the same value."""
    kappa: float | None
    """Cohen's kappa, with the weights of `COHEN_WEIGHTING`; None if it is undefined."""
    undefined_reason: Undefined | None
    """Why kappa is undefined; None if it is defined."""


@dataclass(frozen=True, eq=False, slots=True)
class _Cells:
    """Number of times that two annotators gave two values to a unit: one element of each array for each combination."""

    pair: Integers
    """The index of the pair of annotators."""
    first: Integers
    """The index on the scale of the first annotator's value."""
    second: Integers
    times: Integers


def annotator_pairs(ratings: Ratings, level: Level) -> list[PairAgreement]:
    """Return the agreement of any two annotators who share a unit, sorted by index.

    kappa = 1 - sum(p_ij d_ij) / sum(p_i. p_.j d_ij), where p_ij is the share of their common units to which the first
    gave value i and the second j, and d the distance of the values: 1 for any two at NOMINAL, that of their ranks at
    ORDINAL (linear), its square at INTERVAL (quadratic). Ranks are those among all values that occur in `ratings`.
    It is undefined if both gave the same value to all units.
    """
    if not len(ratings.value):
        return []
    scale, place = np.unique(ratings.value, return_inverse=True)
    distance = distances(scale, COHEN_WEIGHTING[level])
    annotators, cells = _combinations(ratings, place.astype(np.int64), len(scale))
    if not len(annotators):
        return []
    count, q = len(annotators), len(scale)
    units = np.bincount(cells.pair, cells.times, minlength=count)
    equal = np.bincount(cells.pair, cells.times * (cells.first == cells.second), minlength=count) / units
    apart = np.bincount(cells.pair, cells.times * distance[cells.first, cells.second], minlength=count)
    firsts = np.bincount(cells.pair * q + cells.first, cells.times, minlength=count * q).reshape(count, q)
    seconds = np.bincount(cells.pair * q + cells.second, cells.times, minlength=count * q).reshape(count, q)
    expected = ((firsts @ distance) * seconds).sum(axis=1)
    kappas = 1 - units * apart / np.where(expected > 0, expected, 1)
    return [
        PairAgreement(a, b, int(n), e, k, None)
        if varies
        else PairAgreement(a, b, int(n), e, None, Undefined.ONE_CATEGORY)
        for (a, b), n, e, k, varies in zip(
            annotators.tolist(), units.tolist(), equal.tolist(), kappas.tolist(), expected > 0, strict=True
        )
    ]


def _combinations(ratings: Ratings, place: Integers, values: int) -> tuple[Integers, _Cells]:
    """Return the pairs of annotators that share a unit, shape (pairs, 2), and the values that they gave.

    Ratings are sorted by unit, so each step combines those `step` positions apart: there are as many steps
    as the unit with the most ratings has ratings.
    """
    order = np.lexsort((ratings.annotator, ratings.unit))
    unit, annotator, place = ratings.unit[order], ratings.annotator[order], place[order]
    width = count_of_indices(annotator)
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
