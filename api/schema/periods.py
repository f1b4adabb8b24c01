"""Dated periods, as they are shown and asked for."""

import datetime as dt

from api.analysis.discourse.periods import PeriodStep
from api.graphql.fields import enum_type, object_type

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
    """A dated stretch of days, both ends included."""

    label: str
    """How it is called: 2021, 2021-Q1, 2021-01, 2021-W05 or 2021-01-31."""
    start: dt.date
    """Its first day."""
    end: dt.date
    """Its last day."""
