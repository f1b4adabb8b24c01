"""Estimates: a value with its confidence interval, or the reason why it is undefined."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from api.analysis.arrays import Floats

Measure = Callable[[Floats], Floats]
"""Computes a measure for many samples: from the frequency of each kind of unit in each sample, shape (B, P), to (B,).

An undefined value is nan; an `Estimate` has None and the reason instead.
"""


class Undefined(StrEnum):
    """Why a measure, or its interval, is undefined."""

    NO_PAIRS = "NO_PAIRS"
    """No unit has two values."""
    ONE_CATEGORY = "ONE_CATEGORY"
    """All values are the same, so that agreement cannot be distinguished from chance."""
    UNEQUAL_RATINGS = "UNEQUAL_RATINGS"
    """Some units have more values than others."""
    NOT_NOMINAL = "NOT_NOMINAL"
    """The measure is defined for labels alone: it knows neither order nor distance."""
    ONE_UNIT = "ONE_UNIT"
    """Only one unit has two values: there is nothing to resample."""
    NO_RESAMPLES = "NO_RESAMPLES"
    """No resamples were requested, or the measure is undefined in all of them."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its percentile bootstrap interval."""

    value: float | None
    """None if it is undefined."""
    lower: float | None
    """The lower bound of the interval; None if there is none."""
    upper: float | None
    """The upper bound of the interval; None if there is none."""
    undefined_reason: Undefined | None
    """Why the value is undefined; None if it is defined."""
    interval_undefined_reason: Undefined | None
    """Why there is no interval; the same reason as for the value if that is undefined."""
    undefined_resamples: int
    """Number of resamples that the interval leaves out, since the measure is undefined in them."""


def undefined(reason: Undefined) -> Estimate:
    """Return an estimate without a value."""
    return Estimate(None, None, None, reason, reason, 0)
