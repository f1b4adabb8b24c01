"""How many stances say what, over time and between whom."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import strawberry

from api.analysis.agreement.net import NoNet
from api.analysis.discourse.periods import PeriodStep
from api.dataset.request import ComputeRequest
from api.dataset.tallies import Span
from api.errors import BadArgument
from api.graphql.fields import argument, computed, enum_type, object_type, paged, paging
from api.graphql.nodes import Connection
from api.graphql.parts import NOWHERE, Ref
from api.graphql.sql.predicates import read_id
from api.schema.measures.contradictions_figures import ContradictionKind, ContradictionsAsked, contradictions_in
from api.schema.measures.discourse import PERIOD_ARGUMENT, PROJECT_ARGUMENT, project_named, refs
from api.schema.measures.timeline_figures import MOST_CELLS, matrix_in, timeline_in
from api.schema.periods import Period
from api.schema.references import ActorRef, RelationRef, StatementRef
from api.schema.stances import StanceTarget

enum_type(
    NoNet,
    name="NetUndefinedReason",
    NO_STANCES="There is no stance.",
    NO_SIDES="There are stances, but none takes a side.",
)
enum_type(
    ContradictionKind,
    ALLIES_OPPOSE="An alliance is in force, and more stances between the two oppose than support.",
    OPPONENTS_SUPPORT="An opposition is in force, and more stances between the two support than oppose.",
    NO_EVIDENCE="A relation is in force that no statement bears out.",
)


@object_type
class StanceNet:
    """(s - o) / (s + o) for s stances in support and o in opposition, with the interval of how sure that is."""

    value: float | None
    """From -1, all oppose, to 1, all support; null where there is none."""
    lower: float | None
    """The lower bound of its 95% interval, by Wilson's score interval for the share of support; null where none is."""
    upper: float | None
    """The upper bound of that interval; null where there is none."""
    undefined_reason: NoNet | None
    """Why there is no value; null where there is one."""


@object_type
class StanceTally:
    """How many stances bear each label: each annotator's counts."""

    support: int
    """How many are SUPPORT."""
    opposition: int
    """How many are OPPOSE."""
    neutral: int
    """How many are NEUTRAL."""
    mixed: int
    """How many are MIXED."""
    unclear: int
    """How many are UNCLEAR."""
    net: StanceNet
    """What those that take a side come to: SUPPORT and OPPOSE alone."""


@object_type
class StancePeriod:
    """The stances of one period."""

    period: Period
    """The dated period."""
    tally: StanceTally
    """The stances in statements of its days."""


@object_type
class StanceTimeline:
    """How a holder stood towards a target, period by period."""

    periods: list[StancePeriod]
    """All periods within the range, also those without stances: where an end is open, from the first dated stance or to
    the last.
    """
    total: StanceTally
    """All dated stances within the range."""
    undated: StanceTally
    """Stances in statements without a date: these are in no period. None where a range has an end."""


@object_type
class StanceCell:
    """How one holder stands towards one target."""

    holder: ActorRef | None
    """Who; null where the id leads to nobody."""
    target: StanceTarget | None
    """Towards what; null where the id leads to nothing."""
    tally: StanceTally
    """The stances."""
    statements: Connection[StatementRef] = paged()
    """The statements that they were read in, the earliest first, undated ones before all."""


@object_type
class Contradiction:
    """A relation that does not fit what is said between its ends, or that nothing bears out."""

    kind: ContradictionKind
    """What does not fit together."""
    relation: RelationRef
    """The relation in force."""
    tally: StanceTally
    """The stances between its ends, both ways; of a directed relation from the source towards the target alone."""
    statements: Connection[StatementRef] = paged()
    """The statements that these were read in, the earliest first."""


# ---------------------------------------------------------------- what is asked


def _span(given: Mapping[str, Any]) -> Span:
    period = given.get("period") or {}
    return Span(period.get("from"), period.get("to"))


async def _project(asked: ComputeRequest) -> UUID:
    named = project_named(asked.arguments)
    return named or await asked.measures.default_project(asked.viewer) or NOWHERE


def _pair(given: Mapping[str, Any]) -> tuple[Ref, Ref]:
    project_named(given)
    holder = Ref(*read_id(given["holder_id"], "holderId", "Actor"))
    return holder, Ref(*read_id(given["target"], "target", "Actor", "Topic"))


async def _timeline(asked: ComputeRequest) -> Mapping[UUID, Any]:
    step = PeriodStep(str(asked.arguments["step"]))
    pair, project = _pair(asked.arguments), await _project(asked)
    found = await timeline_in(asked.measures, project, asked.viewer, pair, step, _span(asked.arguments))
    return dict.fromkeys(asked.keys, found)


TIMELINE = computed(
    _timeline,
    [
        argument("holderId", strawberry.ID, "Whose stances."),
        argument("target", strawberry.ID, "Towards which actor or topic."),
        argument("step", PeriodStep, "How long a period is.", PeriodStep.MONTH),
        PERIOD_ARGUMENT,
        PROJECT_ARGUMENT,
    ],
    check=_pair,
)
"""How a holder stood towards a target, period by period."""


def _sides(given: Mapping[str, Any]) -> tuple[tuple[Ref, ...], tuple[Ref, ...]]:
    project_named(given)
    holders = refs(given["holders"], "holders", "Actor") or ()
    targets = refs(given["targets"], "targets", "Actor", "Topic") or ()
    if len(holders) * len(targets) > MOST_CELLS:
        cells = len(holders) * len(targets)
        raise BadArgument("targets", f"these are {cells:,} cells, the most is {MOST_CELLS:,}: name fewer")
    return holders, targets


async def _matrix(asked: ComputeRequest) -> Mapping[UUID, Any]:
    sides, project = _sides(asked.arguments), await _project(asked)
    found = await matrix_in(
        asked.measures,
        project,
        asked.viewer,
        sides,
        _span(asked.arguments),
        with_statements=asked.wants("statements"),
    )
    return dict.fromkeys(asked.keys, found)


MATRIX = computed(
    _matrix,
    [
        argument("holders", list[strawberry.ID], "Whose stances."),
        argument("targets", list[strawberry.ID], "Towards which actors and topics."),
        PERIOD_ARGUMENT,
        PROJECT_ARGUMENT,
    ],
    check=_sides,
)
"""How each holder stands towards each target."""

_MOST_DAYS, _MOST = 36_525, 1_000_000


def _contradictions_asked(given: Mapping[str, Any]) -> ContradictionsAsked:
    project_named(given)
    for name, value, most in (("windowDays", given["window_days"], _MOST_DAYS), ("minimum", given["minimum"], _MOST)):
        if not 1 <= value <= most:
            raise BadArgument(name, f"must be from 1 to {most:,}, not {value:,}")
    kinds = given.get("kinds")
    wanted = list(ContradictionKind) if kinds is None else [ContradictionKind(str(kind)) for kind in kinds]
    return ContradictionsAsked(given["as_of"], given["window_days"], given["minimum"], wanted)


async def _contradictions(asked: ComputeRequest) -> Mapping[UUID, Any]:
    found = await contradictions_in(
        asked.measures,
        await _project(asked),
        asked.viewer,
        _contradictions_asked(asked.arguments),
        (asked.arguments.get("first"), asked.arguments.get("after")),
        with_statements=asked.wants("edges", "node", "statements"),
    )
    return dict.fromkeys(asked.keys, found)


CONTRADICTIONS = computed(
    _contradictions,
    [
        argument("asOf", dt.date, "The day on which relations are in force."),
        argument("windowDays", int, "Of how many days up to that day stances count, itself included.", 365),
        argument("minimum", int, "How many stances at least must say the contrary.", 1),
        argument("kinds", list[ContradictionKind] | None, "Only these kinds."),
        PROJECT_ARGUMENT,
        *paging(backward=False),
    ],
    check=_contradictions_asked,
)
"""Where relations in force and stances say different things."""
