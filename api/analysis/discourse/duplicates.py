"""Duplicates: equal stances of one holder towards one target, of which only the earliest counts."""

import datetime as dt
from enum import StrEnum

from api.analysis.arrays import Days, Integers
from api.analysis.discourse.discourse import first_places
from api.analysis.discourse.periods import PeriodStep, period_places
from api.numeric import np

NO_DAY = dt.date.min.toordinal()
"""Represents a missing date among ordinals of days."""
_EPOCH = dt.date(1970, 1, 1).toordinal()


class Duplicates(StrEnum):
    """Within which unit equal stances count once."""

    INCLUDE = "INCLUDE"
    DOCUMENT = "DOCUMENT"
    WEEK = "WEEK"
    MONTH = "MONTH"
    YEAR = "YEAR"
    ACROSS_RANGE = "ACROSS_RANGE"


def days_of_ordinals(ordinals: Integers) -> Days:
    """Return days from ordinals, as `date.toordinal` counts them."""
    return (ordinals - _EPOCH).astype("datetime64[D]")


def ordinals_of(days: Days) -> Integers:
    """Return days as `date.toordinal` counts them."""
    ordinals: Integers = days.astype(np.int64) + _EPOCH
    return ordinals


def deduplicate(
    equal: tuple[Integers, ...], day: Integers, document: Integers | None, duplicates: Duplicates
) -> Integers:
    """Return the indexes of the stances that count, of stances sorted by time.

    :param equal: the columns in which duplicates are equal: holder, target and sign.
    :param document: the documents; required for DOCUMENT.

    A stance without a date is in no period, and no duplicate in a period.
    """
    if duplicates is Duplicates.INCLUDE:
        return np.arange(len(day))
    if duplicates is Duplicates.ACROSS_RANGE:
        return first_places(*equal)
    if duplicates is Duplicates.DOCUMENT:
        assert document is not None
        return first_places(*equal, document)
    places = period_places(days_of_ordinals(day), PeriodStep(duplicates.value))
    return first_places(*equal, np.where(day == NO_DAY, -1 - np.arange(len(day)), places))
