"""How well annotators agree: the figures that the field reports, side by side, each with its interval."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from api.analysis.agreement.alpha import krippendorff_alpha
from api.analysis.agreement.bootstrap import Bootstrap, figures
from api.analysis.agreement.figures import Figure, Undefined, undefined
from api.analysis.agreement.gwet import gwet_ac
from api.analysis.agreement.kappa import equally_rated, fleiss_kappa
from api.analysis.agreement.levels import GWET_WEIGHTING, Level, Weighting
from api.analysis.agreement.observed import observed_agreement
from api.analysis.agreement.ratings import CountTable, Ratings, alike, tabulate
from api.analysis.arrays import Integers
from api.numeric import np


class Dropped(StrEnum):
    """Why a unit has no part in the pairs."""

    NO_VALUE = "NO_VALUE"
    """Nobody gave it a value at this level."""
    ONE_VALUE = "ONE_VALUE"
    """Only one annotator did."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well annotators agree, at one level."""

    level: Level
    units: int
    """Units with two values or more: what the figures rest on."""
    dropped: Mapping[Dropped, int]
    """How many units are left out, for each reason."""
    annotators: int
    """Annotators who gave a value."""
    values: int
    """All values, those of units with a single one too."""
    pairable_values: int
    """The values of the units that count."""
    missing: int
    """Ratings that have no value at this level, such as UNCLEAR on the signed scale."""
    percent_agreement: Figure
    """The mean share of equal pairs in a unit."""
    alpha: Figure
    """Krippendorff's."""
    gwet: Figure
    """AC1 at NOMINAL, else AC2."""
    gwet_weighting: Weighting
    """The weights of Gwet's coefficient: IDENTITY makes it AC1."""
    fleiss_kappa: Figure
    """Defined at NOMINAL, where all units have the same number of values."""
    bootstrap: Bootstrap
    """How the intervals were made."""


def agreement(ratings: Ratings, level: Level, bootstrap: Bootstrap | None = None) -> Agreement:
    """All figures over the ratings, taken to be measured at a level.

    Args:
        ratings: up to some hundred thousand; their values few.
        level: what the values are: it chooses the difference of alpha and the weights of Gwet's coefficient.
        bootstrap: how to make the intervals; 1,000 resamples, 95% where left out.
    """
    bootstrap = bootstrap or Bootstrap()
    table = tabulate(ratings)
    kinds, frequency = alike(table)
    units = int(table.paired.sum())
    percent, alpha, gwet, fleiss = _figures(kinds, frequency, units, level, bootstrap)
    return Agreement(
        level=level,
        units=units,
        dropped={
            Dropped.NO_VALUE: int((table.ratings == 0).sum()),
            Dropped.ONE_VALUE: int((table.ratings == 1).sum()),
        },
        annotators=len(np.unique(ratings.annotator)),
        values=len(ratings.value),
        pairable_values=int(table.pairable.sum()),
        missing=ratings.missing,
        percent_agreement=percent,
        alpha=alpha,
        gwet=gwet,
        gwet_weighting=GWET_WEIGHTING[level],
        fleiss_kappa=fleiss,
        bootstrap=bootstrap,
    )


def _figures(kinds: CountTable, frequency: Integers, units: int, level: Level, bootstrap: Bootstrap) -> list[Figure]:
    """Percent agreement, alpha, Gwet's coefficient and Fleiss' kappa."""
    if not units:
        return [undefined(Undefined.NO_PAIRS)] * 4
    measures = [
        observed_agreement(kinds, Weighting.IDENTITY),
        krippendorff_alpha(kinds, level),
        gwet_ac(kinds, GWET_WEIGHTING[level]),
        fleiss_kappa(kinds),
    ]
    inapplicable = _fleiss_inapplicable(kinds, level)
    found = figures(measures[:3] if inapplicable else measures, frequency, units, bootstrap)
    # Where there are pairs, nothing but a lack of variation leaves one of these undefined.
    made = [figure or undefined(Undefined.ONE_CATEGORY) for figure in found]
    return [*made, undefined(inapplicable)] if inapplicable else made


def _fleiss_inapplicable(kinds: CountTable, level: Level) -> Undefined | None:
    if level is not Level.NOMINAL:
        return Undefined.NOT_NOMINAL
    return None if equally_rated(kinds) else Undefined.UNEQUAL_RATINGS
