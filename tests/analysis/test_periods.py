"""Dated periods: the calendar's own words for them, and that they cover all days, each once."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.analysis.discourse.periods import DatedPeriod, PeriodStep, period_at, period_place, period_places, periods

STEPS = st.sampled_from(PeriodStep)
ONE_DAY = dt.timedelta(days=1)


def period_of(day: dt.date, step: PeriodStep) -> DatedPeriod:
    return period_at(period_place(day, step), step)


@given(st.dates(), STEPS)
def test_a_day_lies_in_its_period(day: dt.date, step: PeriodStep) -> None:
    period = period_of(day, step)
    assert period.start <= day <= period.end
    assert period_of(period.start, step) == period_of(period.end, step) == period


@given(st.dates(max_value=dt.date(9998, 12, 31)), STEPS)
def test_the_next_period_begins_the_day_after(day: dt.date, step: PeriodStep) -> None:
    period = period_of(day, step)
    after = period_of(period.end + ONE_DAY, step)
    assert after.start == period.end + ONE_DAY
    assert period_place(after.start, step) == period_place(day, step) + 1
    assert after.label > period.label


@given(st.dates())
def test_labels_are_those_of_the_calendar(day: dt.date) -> None:
    assert period_of(day, PeriodStep.WEEK).label == f"{day.isocalendar().year:04}-W{day.isocalendar().week:02}"
    assert period_of(day, PeriodStep.MONTH).label == day.isoformat()[:7]
    assert period_of(day, PeriodStep.YEAR).label == day.isoformat()[:4]
    assert period_of(day, PeriodStep.DAY).label == day.isoformat()


@pytest.mark.parametrize(("month", "label"), [(1, "2021-Q1"), (3, "2021-Q1"), (4, "2021-Q2"), (12, "2021-Q4")])
def test_quarters_are_three_months(month: int, label: str) -> None:
    assert period_of(dt.date(2021, month, 15), PeriodStep.QUARTER).label == label


@given(st.lists(st.dates()), STEPS)
def test_many_days_have_the_places_that_each_has(days: list[dt.date], step: PeriodStep) -> None:
    places = period_places(np.array(days, dtype="datetime64[D]"), step)
    assert places.tolist() == [period_place(day, step) for day in days]


@given(st.dates(dt.date(2019, 12, 1), dt.date(2021, 2, 1)), st.integers(-3, 400), STEPS)
def test_periods_cover_each_day_once(first: dt.date, length: int, step: PeriodStep) -> None:
    last = first + dt.timedelta(days=length)
    found = periods(first, last, step)
    covered = [p.start + n * ONE_DAY for p in found for n in range((p.end - p.start).days + 1)]
    assert len(covered) == len(set(covered))
    assert set(covered) >= {first + n * ONE_DAY for n in range(length + 1)}
    assert all(p.end >= first and p.start <= last for p in found)


@pytest.mark.parametrize("step", PeriodStep)
def test_the_calendar_ends_with_its_last_period(step: PeriodStep) -> None:
    assert periods(dt.date.max, dt.date.max, step)[-1].end == dt.date.max
    assert periods(dt.date.min, dt.date.min, step)[0].start == dt.date.min
