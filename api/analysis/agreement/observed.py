"""Observed agreement, without correction for chance."""

from api.analysis.agreement.estimates import Measure
from api.analysis.agreement.levels import Weighting, distances
from api.analysis.agreement.ratings import CountTable
from api.analysis.arrays import Floats
from api.numeric import np


def observed_agreement(kinds: CountTable, weighting: Weighting) -> Measure:
    """Return the mean, over the units with two values or more, of the weighted share of pairs that agree.

    With IDENTITY it is percent agreement: the mean P of Fleiss (1971), the p_a of Gwet (2014). It is undefined if a
    sample has no pair.
    """
    disagreement = kinds.disagreement(distances(kinds.scale, weighting))
    paired = kinds.paired.astype(np.float64)

    def measure(samples: Floats) -> Floats:
        units = samples @ paired
        return np.where(units > 0, 1 - (samples @ disagreement) / np.maximum(units, 1), np.nan)

    return measure
