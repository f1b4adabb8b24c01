"""Duplicates: stances of one holder towards one target that say the same, of which the earliest alone counts."""

import datetime as dt
from enum import StrEnum

from api.analysis.arrays import Days, Integers
from api.analysis.discourse.discourse import firsts
from api.analysis.discourse.periods import PeriodStep, period_places
from api.numeric import np

NO_DAY = dt.date.min.toordinal()
"""Stands for no date among ordinals of days."""
_EPOCH = dt.date(1970, 1, 1).toordinal()


class Duplicates(StrEnum):
    """Within what a stance counts once."""

    INCLUDE = "INCLUDE"
    DOCUMENT = "DOCUMENT"
    WEEK = "WEEK"
    MONTH = "MONTH"
    YEAR = "YEAR"
    ACROSS_RANGE = "ACROSS_RANGE"


def days_of(ordinals: Integers) -> Days:
    """Days as `date.toordinal` counts them, as numpy has them."""
    return (ordinals - _EPOCH).astype("datetime64[D]")


def once(same: tuple[Integers, ...], day: Integers, document: Integers | None, duplicates: Duplicates) -> Integers:
    """The places of the stances that count, of stances in the order of time.

    `same` are arrays of what is the same in duplicates: holder, target and sign. `document` is needed for DOCUMENT.
    Without a date a stance lies in no period, and is no duplicate there.
    """
    if duplicates is Duplicates.INCLUDE:
        return np.arange(len(day))
    if duplicates is Duplicates.ACROSS_RANGE:
        return firsts(*same)
    if duplicates is Duplicates.DOCUMENT:
        assert document is not None
        return firsts(*same, document)
    places = period_places(days_of(day), PeriodStep(duplicates.value))
    return firsts(*same, np.where(day == NO_DAY, -1 - np.arange(len(day)), places))
