"""What a figure is: a value with its interval, or the reason why there is none."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from api.analysis.arrays import Floats

Measure = Callable[[Floats], Floats]
"""A figure of many samples at once: how often each kind of unit comes in each sample, shape (B, P), to shape (B,).

Where it is undefined it gives nan, which does not leave the package: a `Figure` says None, and why.
"""


class Undefined(StrEnum):
    """Why there is no figure, or no interval around it."""

    NO_PAIRS = "NO_PAIRS"
    """No unit has two values."""
    ONE_CATEGORY = "ONE_CATEGORY"
    """All values are the same: nothing varies, so that agreement cannot be told from chance."""
    UNEQUAL_RATINGS = "UNEQUAL_RATINGS"
    """Some units have more values than others."""
    NOT_NOMINAL = "NOT_NOMINAL"
    """The figure is for labels alone, and knows neither order nor distance."""
    ONE_UNIT = "ONE_UNIT"
    """Only one unit has two values: there is nothing to resample."""
    NO_RESAMPLES = "NO_RESAMPLES"
    """No resample was asked for, or the figure is defined in none of them."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its percentile bootstrap interval."""

    value: float | None
    """None where it is undefined."""
    lower: float | None
    """The lower bound of the interval; None where there is none."""
    upper: float | None
    """The upper bound of the interval; None where there is none."""
    undefined_reason: Undefined | None
    """Why there is no value."""
    interval_undefined_reason: Undefined | None
    """Why there is no interval: as for the value, where there is none of that either."""
    undefined_resamples: int
    """How many resamples were left out of the interval, since the figure is undefined in them."""


def undefined(reason: Undefined) -> Figure:
    """A figure that has no value."""
    return Figure(None, None, None, reason, reason, 0)
