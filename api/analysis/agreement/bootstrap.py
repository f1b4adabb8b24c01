"""Percentile intervals, by drawing units with replacement (Efron 1979)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from api.analysis.agreement.figures import Figure, Measure, Undefined
from api.analysis.arrays import Floats, Integers
from api.numeric import np

_MOST_CELLS = 2_000_000
"""How many cells of a table of draws are held at once: 16 MB, and as much again as floats."""
_MOST_ROWS = 1_000
"""How many resamples are worked out at once."""


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """How intervals are made. The same seed over the same counts gives the same interval."""

    resamples: int = 1000
    seed: int = 0
    confidence: float = 0.95
    """The share of the resamples that the interval holds, half of the rest lying on either side of it."""

    def __post_init__(self) -> None:
        """Refuse what no interval can be made of.

        Raises:
            ValueError: for a negative number of resamples, or a confidence that does not lie between 0 and 1.
        """
        if self.resamples < 0:
            raise ValueError("resamples: less than none")
        if not 0 < self.confidence < 1:
            raise ValueError("confidence: not between 0 and 1")

    def draws(self, frequency: Integers) -> Iterator[Floats]:
        """How often each kind of unit comes in each resample, in tables of shape (some, P) that make `resamples` rows.

        Args:
            frequency: how many units there are of each kind, shape (P,), at least one in all. Units of one kind count
                alike in any figure, so that drawing kinds by their share is drawing units.
        """
        generator = np.random.default_rng(self.seed)
        units = frequency.sum()
        most = min(_MOST_ROWS, max(1, _MOST_CELLS // len(frequency)))
        for start in range(0, self.resamples, most):
            rows = min(most, self.resamples - start)
            yield generator.multinomial(units, frequency / units, size=rows).astype(np.float64)

    def interval(self, drawn: Floats) -> tuple[float, float] | None:
        """The bounds between which the middle of the defined figures lies, nan being undefined; None without any."""
        defined = drawn[~np.isnan(drawn)]
        if not len(defined):
            return None
        lower, upper = np.quantile(defined, [(1 - self.confidence) / 2, (1 + self.confidence) / 2])
        return float(lower), float(upper)


def figures(
    measures: Sequence[Measure], frequency: Integers, pairable_units: int, bootstrap: Bootstrap
) -> list[Figure | None]:
    """Each measure's figure over all units, with the interval that the same resamples give it; None where undefined.

    Args:
        measures: what to work out.
        frequency: how many units there are of each kind, shape (P,), at least one in all.
        pairable_units: how many units have two values or more. With less than two, there is no interval.
        bootstrap: how to make the intervals.
    """
    values = [float(measure(frequency[None, :].astype(np.float64))[0]) for measure in measures]
    drawn = np.zeros((len(measures), 0))
    if pairable_units > 1 and bootstrap.resamples:
        tables = [np.stack([measure(draws) for measure in measures]) for draws in bootstrap.draws(frequency)]
        drawn = np.concatenate(tables, axis=1)
    return [
        None if np.isnan(value) else _figure(value, row, pairable_units, bootstrap)
        for value, row in zip(values, drawn, strict=True)
    ]


def _figure(value: float, drawn: Floats, pairable_units: int, bootstrap: Bootstrap) -> Figure:
    interval = bootstrap.interval(drawn)
    left_out = int(np.isnan(drawn).sum())
    if interval is None:
        reason = Undefined.NO_RESAMPLES if pairable_units > 1 else Undefined.ONE_UNIT
        return Figure(value, None, None, None, reason, left_out)
    return Figure(value, *interval, None, None, left_out)
