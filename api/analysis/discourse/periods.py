"""Dated periods: the year, quarter, month, week and day of each date.

A period belongs to one year: 2021-01 is not 2022-01. Weeks follow ISO 8601: they start on Monday, and belong to
the year of their Thursday.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from api.analysis.arrays import Days
from api.numeric import np, npt


class PeriodStep(StrEnum):
    """The length of a period."""

    YEAR = "YEAR"
    QUARTER = "QUARTER"
    MONTH = "MONTH"
    WEEK = "WEEK"
    DAY = "DAY"


@dataclass(frozen=True, slots=True, order=True)
class DatedPeriod:
    """A range of days, both ends included."""

    start: dt.date
    end: dt.date
    label: str
    """The name: 2021, 2021-Q1, 2021-01, 2021-W05 or 2021-01-31."""


_DAYS_IN_WEEK = 7
_MONTHS = {PeriodStep.YEAR: 12, PeriodStep.QUARTER: 3, PeriodStep.MONTH: 1}
_EPOCH = dt.date(1970, 1, 1)
"""The first day of numpy's count."""


def periods(first: dt.date, last: dt.date, step: PeriodStep) -> list[DatedPeriod]:
    """Return all periods from that of `first` to that of `last`; none if `last` is before `first`."""
    if last < first:
        return []
    return [period_at(place, step) for place in range(period_place(first, step), period_place(last, step) + 1)]


def period_place(day: dt.date, step: PeriodStep) -> int:
    """Return the index of the period of a day: 1 more than the index of the period before."""
    if step in _MONTHS:
        return (day.year * 12 + day.month - 1) // _MONTHS[step]
    # 0001-01-01 was a Monday.
    return day.toordinal() if step is PeriodStep.DAY else (day.toordinal() - 1) // _DAYS_IN_WEEK


def period_places(days: Days, step: PeriodStep) -> npt.NDArray[np.int64]:
    """Return the index of the period of each day, as `period_place` does."""
    if step in _MONTHS:
        months: npt.NDArray[np.int64] = days.astype("datetime64[M]").astype(np.int64) + _EPOCH.year * 12
        return months // _MONTHS[step]
    ordinals: npt.NDArray[np.int64] = days.astype("datetime64[D]").astype(np.int64) + _EPOCH.toordinal()
    return ordinals if step is PeriodStep.DAY else (ordinals - 1) // _DAYS_IN_WEEK


def period_at(place: int, step: PeriodStep) -> DatedPeriod:
    """Return the period at an index. The last period ends with the calendar.

    Raises:
        ValueError, OverflowError: if the calendar has no such period.
    """
    start = _first_day(place, step)
    last = place == period_place(dt.date.max, step)
    end = dt.date.max if last else _first_day(place + 1, step) - dt.timedelta(days=1)
    return DatedPeriod(start, end, _label(start, step))


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
