"""Dated periods: each day lies in one year, quarter, month, week and day, known by its first day and by a label.

A period is dated, never numbered: 2021-01 is not 2022-01, and the first weeks of two years are two weeks. Weeks are
those of ISO 8601: from Monday, and of the year that their Thursday lies in.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from api.analysis.arrays import Days
from api.numeric import np, npt

"""Days, as `datetime64[D]`."""


class PeriodStep(StrEnum):
    """How long a period is, and where one begins."""

    YEAR = "YEAR"
    QUARTER = "QUARTER"
    MONTH = "MONTH"
    WEEK = "WEEK"
    DAY = "DAY"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A stretch of days, both ends included."""

    start: dt.date
    end: dt.date
    label: str
    """2021, 2021-Q1, 2021-01, 2021-W05 or 2021-01-31."""


_DAYS_IN_WEEK = 7
_MONTHS = {PeriodStep.YEAR: 12, PeriodStep.QUARTER: 3, PeriodStep.MONTH: 1}
_EPOCH = dt.date(1970, 1, 1)
"""What numpy counts days from."""


def period_of(day: dt.date, step: PeriodStep) -> Period:
    """The period that `day` lies in."""
    return period_at(period_place(day, step), step)


def periods(first: dt.date, last: dt.date, step: PeriodStep) -> list[Period]:
    """All periods from the one that `first` lies in to the one that `last` does, in order; none where last < first."""
    if last < first:
        return []
    return [period_at(place, step) for place in range(period_place(first, step), period_place(last, step) + 1)]


def period_place(day: dt.date, step: PeriodStep) -> int:
    """The place of the period that `day` lies in: one higher than that of the period before it."""
    if step in _MONTHS:
        return (day.year * 12 + day.month - 1) // _MONTHS[step]
    # 0001-01-01 was a Monday.
    return day.toordinal() if step is PeriodStep.DAY else (day.toordinal() - 1) // _DAYS_IN_WEEK


def period_places(days: Days, step: PeriodStep) -> npt.NDArray[np.int64]:
    """The same for each of many days."""
    if step in _MONTHS:
        months: npt.NDArray[np.int64] = days.astype("datetime64[M]").astype(np.int64) + _EPOCH.year * 12
        return months // _MONTHS[step]
    ordinals: npt.NDArray[np.int64] = days.astype("datetime64[D]").astype(np.int64) + _EPOCH.toordinal()
    return ordinals if step is PeriodStep.DAY else (ordinals - 1) // _DAYS_IN_WEEK


def period_at(place: int, step: PeriodStep) -> Period:
    """The period at `place`. The last one ends where the calendar does.

    Raises:
        ValueError, OverflowError: where no day has that place.
    """
    start = _first_day(place, step)
    last = place == period_place(dt.date.max, step)
    end = dt.date.max if last else _first_day(place + 1, step) - dt.timedelta(days=1)
    return Period(start, end, _label(start, step))


def _first_day(place: int, step: PeriodStep) -> dt.date:
    if step in _MONTHS:
        year, month = divmod(place * _MONTHS[step], 12)
        return dt.date(year, month + 1, 1)
    return dt.date.fromordinal(place if step is PeriodStep.DAY else place * _DAYS_IN_WEEK + 1)


def _label(start: dt.date, step: PeriodStep) -> str:
    year = f"{start.year:04}"
    if step is PeriodStep.WEEK:
        iso = start.isocalendar()
        return f"{iso.year:04}-W{iso.week:02}"
    written = {
        PeriodStep.YEAR: year,
        PeriodStep.QUARTER: f"{year}-Q{(start.month + 2) // 3}",
        PeriodStep.MONTH: f"{year}-{start.month:02}",
    }
    return written.get(step, start.isoformat())
