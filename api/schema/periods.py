"""Dated periods: years, quarters, months, weeks and days."""

import datetime as dt

from api.analysis.discourse.periods import DatedPeriod, PeriodStep
from api.graphql.fields import enum_type, object_type

__all__ = ["Period", "PeriodStep", "as_period"]

enum_type(
    PeriodStep,
    YEAR="Calendar years: 2021.",
    QUARTER="Quarters of calendar years: 2021-Q1.",
    MONTH="Calendar months: 2021-01.",
    WEEK="Weeks of ISO 8601, from Monday: 2021-W05.",
    DAY="Days: 2021-01-31.",
)


@object_type
class Period:
    """A range of days, both ends included."""

    label: str
    """The name of the period: 2021, 2021-Q1, 2021-01, 2021-W05 or 2021-01-31."""
    start: dt.date
    """The first day."""
    end: dt.date
    """The last day."""


def as_period(period: DatedPeriod) -> Period:
    """Return the object of a period."""
    return Period(label=period.label, start=period.start, end=period.end)
