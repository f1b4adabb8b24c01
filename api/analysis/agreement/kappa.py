"""Fleiss' kappa, of labels where all units have as many of them.

Source: Fleiss, *Measuring nominal scale agreement among many raters* (1971).
"""

from api.analysis.agreement.figures import Measure
from api.analysis.agreement.levels import Weighting
from api.analysis.agreement.observed import observed_agreement
from api.analysis.agreement.ratings import CountTable
from api.analysis.arrays import Floats
from api.numeric import np


def equally_rated(kinds: CountTable) -> bool:
    """Whether all units with two values or more have the same number of them, as Fleiss' kappa needs it."""
    return len(np.unique(kinds.ratings[kinds.paired > 0])) <= 1


def fleiss_kappa(kinds: CountTable) -> Measure:
    """Fleiss' kappa of samples of units that are equally rated; units with fewer than two values do not count.

    kappa = (P - P_e) / (1 - P_e), where P is the percent agreement and P_e = sum(p_k^2), p_k being the share of value k
    among all values. Undefined where a sample has less than two different values.
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
