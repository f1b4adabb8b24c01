"""Krippendorff's alpha: 1 minus the observed disagreement divided by the disagreement expected by chance.

Source: Krippendorff, *Computing Krippendorff's Alpha-Reliability* (2011); *Content Analysis* (2018), chapter 12.
"""

from api.analysis.agreement.estimates import Measure
from api.analysis.agreement.levels import Level
from api.analysis.agreement.ratings import CountTable
from api.analysis.arrays import Floats
from api.numeric import np


def krippendorff_alpha(kinds: CountTable, level: Level) -> Measure:
    """Return alpha of samples of units; values may be missing, and units with fewer than two values do not count.

    alpha = 1 - (n - 1) * sum(o_ck d_ck) / sum(n_c n_k d_ck), where o are the coincidences, n_c the frequency of value c
    in pairable units, n the sum of all n_c, and d the squared difference of the level: 1 for any two at NOMINAL,
    (c - k)^2 at INTERVAL, and (n_c/2 + ... + n_k/2)^2 at ORDINAL, the difference of mid-ranks in the sample.
    Alpha is undefined if a sample has fewer than two different values in pairable units.
    """
    values = len(kinds.scale)
    pairable = kinds.pairable.astype(np.float64)
    coincidences = kinds.coincidences().reshape(-1, values * values)
    fixed = kinds.scale.astype(np.float64)

    def measure(samples: Floats) -> Floats:
        totals = samples @ pairable
        pairs = totals[:, :, None] * totals[:, None, :]
        if level is Level.NOMINAL:
            differences = 1 - np.eye(values)[None]
        else:
            places = fixed[None, :] if level is Level.INTERVAL else np.cumsum(totals, axis=1) - totals / 2
            differences = (places[:, :, None] - places[:, None, :]) ** 2
        seen = ((samples @ coincidences).reshape(-1, values, values) * differences).sum(axis=(1, 2))
        expected = (pairs * differences).sum(axis=(1, 2))
        varies = expected > 0
        return np.where(varies, 1 - (totals.sum(axis=1) - 1) * seen / np.where(varies, expected, 1), np.nan)

    return measure
