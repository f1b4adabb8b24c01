"""Gwet's AC1 and AC2, which stay close to the observed agreement if almost all values are the same.

Source: Gwet, *Computing inter-rater reliability and its variance in the presence of high agreement* (2008);
*Handbook of Inter-Rater Reliability* (2014), chapters 4 and 5.
"""

from __future__ import annotations

from api.analysis.agreement.estimates import Measure
from api.analysis.agreement.levels import Weighting, distances
from api.analysis.agreement.observed import observed_agreement
from api.analysis.agreement.ratings import CountTable
from api.analysis.arrays import Floats
from api.numeric import np


def gwet_ac(kinds: CountTable, weighting: Weighting) -> Measure:
    """Return AC1 of samples of units with IDENTITY, else AC2.

    AC = (p_a - p_e) / (1 - p_e), where p_a is the mean, over the units with two values or more, of the weighted share
    of agreeing pairs, and p_e = T / (q(q - 1)) * sum(p_k (1 - p_k)). Here q is the number of different values, T the
    sum of the agreement weights, and p_k the mean, over all rated units including those with one value, of the share of
    value k. It is undefined if only one value occurs at all (q = 1), or a sample has no pair.
    """
    values = len(kinds.scale)
    if values < 2:
        return lambda samples: np.full(len(samples), np.nan)
    seen = observed_agreement(kinds, weighting)
    shares = kinds.counts / kinds.ratings[:, None]
    chance = (values**2 - distances(kinds.scale, weighting).sum()) / (values * (values - 1))

    def measure(samples: Floats) -> Floats:
        prevalence = (samples @ shares) / samples.sum(axis=1, keepdims=True)
        expected = chance * (prevalence * (1 - prevalence)).sum(axis=1)
        coefficient: Floats = (seen(samples) - expected) / (1 - expected)
        return coefficient

    return measure
