"""Percentile bootstrap: confidence intervals from resamples of units, drawn with replacement (Efron 1979)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from api.analysis.agreement.estimates import Estimate, Measure, Undefined
from api.analysis.arrays import Floats, Integers
from api.numeric import np

_MAX_CELLS = 2_000_000
"""Cells of a table of draws in memory: 16 MB, and the same again as floats."""
_MAX_ROWS = 1_000
"""Resamples that are computed together."""


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """How intervals are computed. The same seed and counts give the same interval."""

    resamples: int = 1000
    seed: int = 0
    confidence: float = 0.95
    """The share of the resamples inside the interval; half of the rest is on either side."""

    def __post_init__(self) -> None:
        """Check the parameters.

        Raises:
            ValueError: if the number of resamples is negative, or the confidence is not between 0 and 1.
        """
        if self.resamples < 0:
            raise ValueError("resamples must not be negative")
        if not 0 < self.confidence < 1:
            raise ValueError("confidence must be between 0 and 1")

    def draws(self, frequency: Integers) -> Iterator[Floats]:
        """Yield the frequency of each kind of unit in each resample, in tables of shape (some, P).

        Args:
            frequency: the number of units of each kind, shape (P,), at least one in total. All units of a kind have the
                same effect on a measure, so that drawing kinds by their share is the same as drawing units.
        """
        generator = np.random.default_rng(self.seed)
        units = frequency.sum()
        rows_per_table = min(_MAX_ROWS, max(1, _MAX_CELLS // len(frequency)))
        for start in range(0, self.resamples, rows_per_table):
            rows = min(rows_per_table, self.resamples - start)
            yield generator.multinomial(units, frequency / units, size=rows).astype(np.float64)

    def interval(self, drawn: Floats) -> tuple[float, float] | None:
        """Return the bounds of the interval of the values that are not nan; None if there are none."""
        defined = drawn[~np.isnan(drawn)]
        if not len(defined):
            return None
        lower, upper = np.quantile(defined, [(1 - self.confidence) / 2, (1 + self.confidence) / 2])
        return float(lower), float(upper)


def estimates(
    measures: Sequence[Measure], frequency: Integers, pairable_units: int, bootstrap: Bootstrap
) -> list[Estimate | None]:
    """Return the estimate of each measure, all with the same resamples; None if it is undefined.

    Args:
        measures: the measures to compute.
        frequency: the number of units of each kind, shape (P,), at least one in total.
        pairable_units: the number of units with two values or more. With fewer than two there is no interval.
        bootstrap: how to compute the intervals.
    """
    values = [float(measure(frequency[None, :].astype(np.float64))[0]) for measure in measures]
    drawn = np.zeros((len(measures), 0))
    if pairable_units > 1 and bootstrap.resamples:
        tables = [np.stack([measure(draws) for measure in measures]) for draws in bootstrap.draws(frequency)]
        drawn = np.concatenate(tables, axis=1)
    return [
        None if np.isnan(value) else _estimate(value, row, pairable_units, bootstrap)
        for value, row in zip(values, drawn, strict=True)
    ]


def _estimate(value: float, drawn: Floats, pairable_units: int, bootstrap: Bootstrap) -> Estimate:
    interval = bootstrap.interval(drawn)
    undefined_resamples = int(np.isnan(drawn).sum())
    if interval is None:
        reason = Undefined.NO_RESAMPLES if pairable_units > 1 else Undefined.ONE_UNIT
        return Estimate(value, None, None, None, reason, undefined_resamples)
    return Estimate(value, *interval, None, None, undefined_resamples)
