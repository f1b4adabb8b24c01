"""Calendar periods: steps and labels."""

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
    """A period of days. Both ends are included."""

    label: str
    """The label, such as 2021, 2021-Q1, 2021-01, 2021-W05 or 2021-01-31."""
    start: dt.date
    """The first day."""
    end: dt.date
    """The last day."""
