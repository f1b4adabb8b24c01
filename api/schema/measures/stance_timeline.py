"""Stance timeline: a holder's stances towards a target, period by period."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import strawberry

from api import limits
from api.analysis.discourse.periods import PeriodStep, period_at, period_place
from api.dataset.redirects import resolve_redirects
from api.dataset.request import ComputeRequest
from api.dataset.tallies import DaySpan, LabelCounts, counts_by_day
from api.errors import BadArgument
from api.graphql.fields import argument, computed, object_type
from api.graphql.parts import Ref
from api.graphql.sql.predicates import read_id
from api.schema.measures.arguments import PERIOD_ARGUMENT, PROJECT_ARGUMENT, day_span, project_key, required_project
from api.schema.measures.stance_tally import StanceTally
from api.schema.periods import Period, as_period
from models.base import UNDATED

MAX_PERIODS = limits.TIMELINE_PERIODS.maximum
"""Periods of a timeline."""


@object_type
class StancePeriod:
    """The stances of one period."""

    period: Period
    """The period."""
    tally: StanceTally
    """The stances in statements of its days."""


@object_type
class StanceTimeline:
    """A holder's stances towards a target, period by period."""

    periods: list[StancePeriod]
    """All periods of the range, including those without stances. An open end is the first or last dated stance."""
    total: StanceTally
    """All dated stances of the range."""
    undated: StanceTally
    """The stances in undated statements, which are in no period. There are none if the range has an end."""


def _ends(arguments: Mapping[str, Any]) -> tuple[Ref, Ref]:
    project_key(arguments)
    holder = Ref(*read_id(arguments["holder_id"], "holderId", "Actor"))
    return holder, Ref(*read_id(arguments["target"], "target", "Actor", "Topic"))


async def _timeline(request: ComputeRequest) -> Mapping[UUID, StanceTimeline]:
    step, span = PeriodStep(str(request.arguments["step"])), day_span(request.arguments)
    ends, project = _ends(request.arguments), await required_project(request)
    holder, target = await resolve_redirects(request.datasets, request.viewer, ends)
    counts = await counts_by_day(request.datasets, project, request.viewer, holder, target, span)
    return dict.fromkeys(request.keys, _computed(counts, step, span))


def _computed(by_day: Mapping[dt.date, LabelCounts], step: PeriodStep, span: DaySpan) -> StanceTimeline:
    by_place: dict[int, LabelCounts] = {}
    total: LabelCounts = Counter()
    dated = {day: counts for day, counts in by_day.items() if day != UNDATED}
    for day, counts in dated.items():
        by_place.setdefault(period_place(day, step), Counter()).update(counts)
        total.update(counts)
    periods = [
        StancePeriod(period=as_period(period_at(place, step)), tally=StanceTally.of(by_place.get(place, Counter())))
        for place in _places(dated, step, span)
    ]
    undated = by_day.get(UNDATED, Counter())
    return StanceTimeline(periods=periods, total=StanceTally.of(total), undated=StanceTally.of(undated))


def _places(days: Iterable[dt.date], step: PeriodStep, span: DaySpan) -> range:
    """Return the indexes of the periods of a range; an open end is at the first or the last of `days`."""
    known = [*days, *(day for day in (span.first, span.last) if day is not None)]
    if not known:
        return range(0)
    first, last = span.first or min(known), span.last or max(known)
    places = range(period_place(first, step), period_place(last, step) + 1)
    if len(places) > MAX_PERIODS:
        message = f"there are {len(places):,} periods, the maximum is {MAX_PERIODS:,}: choose a longer step, or a"
        raise BadArgument("step", f"{message} shorter period")
    return places


STANCE_TIMELINE = computed(
    _timeline,
    [
        argument("holderId", strawberry.ID, "The actor that holds the stances."),
        argument("target", strawberry.ID, "The actor or topic that the stances are towards."),
        argument("step", PeriodStep, "The length of a period.", PeriodStep.MONTH),
        PERIOD_ARGUMENT,
        PROJECT_ARGUMENT,
    ],
    check=_ends,
)
"""A holder's stances towards a target, period by period."""
