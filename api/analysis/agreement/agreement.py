"""Measures of agreement between annotators, each with its confidence interval."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from api.analysis.agreement.alpha import krippendorff_alpha
from api.analysis.agreement.bootstrap import Bootstrap, estimates
from api.analysis.agreement.estimates import Estimate, Undefined, undefined
from api.analysis.agreement.gwet import gwet_ac
from api.analysis.agreement.kappa import equally_rated, fleiss_kappa
from api.analysis.agreement.levels import GWET_WEIGHTING, Level, Weighting
from api.analysis.agreement.observed import observed_agreement
from api.analysis.agreement.ratings import CountTable, Ratings, group_units, tabulate
from api.analysis.arrays import Integers
from api.numeric import np


class ExclusionReason(StrEnum):
    """Why a unit does not count."""

    NO_VALUE = "NO_VALUE"
    """No annotator gave the unit a value at this level."""
    ONE_VALUE = "ONE_VALUE"
    """Only one annotator gave the unit a value."""


@dataclass(frozen=True, slots=True)
class AgreementResult:
    """Measures of agreement at one level."""

    level: Level
    units: int
    """Number of units that count: those with two values or more."""
    excluded: Mapping[ExclusionReason, int]
    """Number of units that do not count, for each reason."""
    annotators: int
    """Number of annotators that gave a value."""
    values: int
    """Number of values, including those of units with a single value."""
    pairable_values: int
    """Number of values of the units that count."""
    missing: int
    """Number of ratings that have no value at this level, such as UNCLEAR on the signed scale."""
    percent_agreement: Estimate
    """Mean share of equal pairs of values in a unit."""
    alpha: Estimate
    """Krippendorff's alpha."""
    gwet: Estimate
    """Gwet's AC1 at NOMINAL, else AC2."""
    gwet_weighting: Weighting
    """The weights of Gwet's coefficient: IDENTITY makes it AC1."""
    fleiss_kappa: Estimate
    """Defined at NOMINAL if all units have the same number of values."""
    bootstrap: Bootstrap
    """How the intervals were computed."""


def compute_agreement(ratings: Ratings, level: Level, bootstrap: Bootstrap | None = None) -> AgreementResult:
    """Return all measures of agreement of ratings.

    Args:
        ratings: up to some hundred thousand, with few distinct values.
        level: the level of measurement, which determines alpha's difference function and Gwet's weights.
        bootstrap: how to compute the intervals (default: 1,000 resamples, 95%).
    """
    bootstrap = bootstrap or Bootstrap()
    table = tabulate(ratings)
    kinds, frequency = group_units(table)
    units = int(table.paired.sum())
    percent, alpha, gwet, fleiss = _estimates(kinds, frequency, units, level, bootstrap)
    return AgreementResult(
        level=level,
        units=units,
        excluded={
            ExclusionReason.NO_VALUE: int((table.ratings == 0).sum()),
            ExclusionReason.ONE_VALUE: int((table.ratings == 1).sum()),
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


def _estimates(
    kinds: CountTable, frequency: Integers, units: int, level: Level, bootstrap: Bootstrap
) -> list[Estimate]:
    """Return percent agreement, alpha, Gwet's coefficient and Fleiss' kappa."""
    if not units:
        return [undefined(Undefined.NO_PAIRS)] * 4
    measures = [
        observed_agreement(kinds, Weighting.IDENTITY),
        krippendorff_alpha(kinds, level),
        gwet_ac(kinds, GWET_WEIGHTING[level]),
        fleiss_kappa(kinds),
    ]
    inapplicable = _fleiss_inapplicable(kinds, level)
    found = estimates(measures[:3] if inapplicable else measures, frequency, units, bootstrap)
    # With pairs, a measure is undefined only if values do not vary.
    defined = [estimate or undefined(Undefined.ONE_CATEGORY) for estimate in found]
    return [*defined, undefined(inapplicable)] if inapplicable else defined


def _fleiss_inapplicable(kinds: CountTable, level: Level) -> Undefined | None:
    if level is not Level.NOMINAL:
        return Undefined.NOT_NOMINAL
    return None if equally_rated(kinds) else Undefined.UNEQUAL_RATINGS
