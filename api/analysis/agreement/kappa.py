"""Fleiss' kappa, for units with the same number of labels.

Source: Fleiss, *Measuring nominal scale agreement among many raters* (1971).
"""

from api.analysis.agreement.estimates import Measure
from api.analysis.agreement.levels import Weighting
from api.analysis.agreement.observed import observed_agreement
from api.analysis.agreement.ratings import CountTable
from api.analysis.arrays import Floats
from api.numeric import np


def equally_rated(kinds: CountTable) -> bool:
    """Return True if all units with two values or more have the same number of values, as Fleiss' kappa requires."""
    return len(np.unique(kinds.ratings[kinds.paired > 0])) <= 1


def fleiss_kappa(kinds: CountTable) -> Measure:
    """Return Fleiss' kappa of samples of units; units with fewer than two values do not count.

    kappa = (P - P_e) / (1 - P_e), where P is the percent agreement and P_e = sum(p_k^2), with the share p_k of value k
    among all values. It is undefined if a sample has fewer than two different values.
    """
    seen = observed_agreement(kinds, Weighting.IDENTITY)
    pairable = kinds.pairable.astype(np.float64)

    def measure(samples: Floats) -> Floats:
        totals = samples @ pairable
        varies = (totals > 0).sum(axis=1) > 1
        shares = totals / np.maximum(totals.sum(axis=1, keepdims=True), 1)
        expected = np.where(varies, (shares**2).sum(axis=1), 0)
        return np.where(varies, (seen(samples) - expected) / (1 - expected), np.nan)

    return measure
