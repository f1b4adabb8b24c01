"""Network series: measures of the network of relations, period by period. ADR 0016."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from api import limits
from api.analysis.arrays import Booleans, Integers
from api.analysis.discourse.periods import DatedPeriod, PeriodStep, period_place, periods
from api.analysis.networks.balance import triangle_index
from api.analysis.networks.network_series import MAX_SEARCHED, NetworkState, Spells, network_states
from api.dataset.groups import Groups
from api.dataset.relations import RelationRows, RelationSelection
from api.dataset.request import ComputeRequest
from api.errors import BadArgument, TooCostly
from api.graphql.fields import argument, computed, object_type
from api.graphql.parts import NOWHERE
from api.numeric import np
from api.schema.measures.balance import Triads, line_index
from api.schema.measures.network_measure import MAX_TIME_LIMIT, NetworkMeasure, check_time_limit
from api.schema.periods import Period, as_period
from api.schema.relations import RELATIONS, RelationFilter

MAX_PERIODS = limits.SERIES_PERIODS.maximum
"""Periods of a series."""
MAX_RESOLVED_ENDS = 5_000_000
"""Periods, added up over all relations of members, in which members are resolved to their groups."""


@object_type
class PeriodFrustration:
    """Number of ties of a period that prevent a partition into two camps."""

    count: int
    """Number of ties that contradict the best partition that was found."""
    exact: bool
    """True if `count` is proved to be the minimum; else `count` is an upper bound."""
    lower_bound: int
    """Lower bound of the number of ties, whatever the partition; equal to `count` if `exact` is true."""
    index: NetworkMeasure
    """The line index of balance, 1 - count / (m / 2) for m ties."""


@object_type
class NetworkPeriod:
    """The network of all relations that are valid on any day of a period, measured as in `Network.balance`."""

    period: Period
    """The period."""
    relations: int
    """Number of relations, including those between members of one group."""
    actors: int
    """Number of actors that have a tie."""
    positive: int
    """Number of pairs that are tied by alliances alone."""
    negative: int
    """Number of pairs that are tied by oppositions alone."""
    ambivalent: int
    """Number of pairs that are tied by both: they do not count in the measures."""
    triads: Triads
    """Number of triangles by their signs."""
    triangle_index: NetworkMeasure
    """The share of triangles that are balanced."""
    walk_index: NetworkMeasure
    """trace(exp(A)) / trace(exp(|A|)) of the matrix A of signs; TOO_LARGE in all periods if the series is too large."""
    frustration: PeriodFrustration
    """Number of ties that prevent a partition into two camps; an error if the series is too large."""


@object_type
class NetworkSeries:
    """A network over time."""

    step: PeriodStep
    """The length of a period."""
    periods: list[NetworkPeriod]
    """All periods from that of the first day to that of the last day, including those without ties."""


# ---------------------------------------------------------------- computation


@dataclass(frozen=True, slots=True)
class SeriesOptions:
    """The time of a series, and which measures to compute."""

    first: dt.date
    last: dt.date
    step: PeriodStep
    collapse_members: bool
    walks: bool
    seconds: int | None
    """Time limit for all proofs of frustration; None if frustration is not requested."""

    def check(self) -> None:
        """Check the options.

        :raises BadArgument: if one is out of range.
        """
        if self.last < self.first:
            raise BadArgument("to", f"must not be before from: {self.last} is before {self.first}")
        number = period_place(self.last, self.step) - period_place(self.first, self.step) + 1
        if number > MAX_PERIODS:
            remedy = "choose a longer step or a shorter time"
            raise BadArgument("step", f"there are {number:,} periods, the maximum is {MAX_PERIODS:,}: {remedy}")
        if self.seconds is not None:
            check_time_limit(self.seconds)


async def _network_series(request: ComputeRequest) -> Mapping[UUID, NetworkSeries]:
    arguments = request.arguments
    options = SeriesOptions(
        arguments["from"],
        arguments["to"],
        PeriodStep(str(arguments["step"])),
        arguments["collapse_members"],
        walks=request.wants("periods", "walkIndex"),
        seconds=arguments["time_limit_seconds"] if request.wants("periods", "frustration") else None,
    )
    options.check()
    filter_ = arguments.get("filter") or {}
    if filter_.get("asOf") is not None:
        raise BadArgument("filter.asOf", "a series has days of its own: omit asOf")
    selection = RelationSelection(filter_, RELATIONS.predicates, with_memberships=options.collapse_members)
    rows = await request.datasets.relations(request.viewer, selection)
    work = partial(_computed, rows, options)
    found = await rows.derived.run(options, lambda: request.datasets.compute_slow(work))
    return {NOWHERE: NetworkSeries(step=options.step, periods=found)}


def _computed(rows: RelationRows, options: SeriesOptions) -> list[NetworkPeriod]:
    steps = periods(options.first, options.last, options.step)
    states = network_states(_spells(rows, steps, options), walks=options.walks, seconds=options.seconds)
    if options.seconds is not None and any(state.frustration is None for state in states):
        raise TooCostly(
            f"the networks of this series have more than {MAX_SEARCHED:,} actors in total, the maximum for frustration:"
            " choose a longer step or a shorter time, narrow the filter, or omit frustration",
            limit=MAX_SEARCHED,
        )
    return [_network_period(period, state) for period, state in zip(steps, states, strict=True)]


def _network_period(period: DatedPeriod, state: NetworkState) -> NetworkPeriod:
    # Measures that the request does not select are None.
    selected: dict[str, Any] = dict.fromkeys(("walk_index", "frustration"))
    if state.walk_index is not None:
        selected["walk_index"] = NetworkMeasure.of(state.walk_index)
    if (bounds := state.frustration) is not None:
        selected["frustration"] = PeriodFrustration(
            count=bounds.count,
            exact=bounds.exact,
            lower_bound=bounds.lower_bound,
            index=line_index(bounds, state.positive + state.negative),
        )
    return NetworkPeriod(
        period=as_period(period),
        relations=state.relations,
        actors=state.actors,
        positive=state.positive,
        negative=state.negative,
        ambivalent=state.ambivalent,
        triads=Triads.of(state.triads),
        triangle_index=NetworkMeasure.of(triangle_index(state.triads)),
        **selected,
    )


def _spells(rows: RelationRows, steps: Sequence[DatedPeriod], options: SeriesOptions) -> Spells:
    """Return from which to which period each relation is valid."""
    starts = np.array([period.start for period in steps], dtype="datetime64[D]")
    ends = np.array([period.end for period in steps], dtype="datetime64[D]")
    valid = np.flatnonzero(rows.validity.overlap(starts[0], ends[-1]))
    first = np.searchsorted(ends, rows.validity.begins[valid])
    last = np.searchsorted(starts, rows.validity.ends[valid], side="right") - 1
    source, target = rows.source[valid], rows.target[valid]
    spells = Spells(len(rows.actors), len(steps), source, target, rows.positive[valid], first, last)
    return _collapsed(spells, rows, steps) if options.collapse_members else spells


# ---------------------------------------------------------------- members that act as their groups


def _collapsed(spells: Spells, rows: RelationRows, steps: Sequence[DatedPeriod]) -> Spells:
    """Return the spells between the groups that members act as: a new spell begins when an end acts as another."""
    groups = Groups(rows)
    of_members = np.isin(spells.source, groups.members) | np.isin(spells.target, groups.members)
    length = int((spells.last - spells.first + 1)[of_members].sum())
    if length > MAX_RESOLVED_ENDS:
        raise TooCostly(
            f"the relations of members cover {length:,} periods in total, the maximum is {MAX_RESOLVED_ENDS:,}:"
            " choose a longer step or a shorter time, or omit collapseMembers",
            limit=MAX_RESOLVED_ENDS,
        )
    resolved = _resolved(groups, steps)
    split = [_split_spell(spells, at, resolved) for at in np.flatnonzero(of_members).tolist()]
    others = np.flatnonzero(~of_members)
    columns = (part[others] for part in (spells.source, spells.target, spells.first, spells.last))
    unchanged = np.column_stack([*columns, others])
    source, target, first, last, relation = np.concatenate([unchanged, *split]).T
    return Spells(spells.nodes, spells.periods, source, target, spells.positive[relation], first, last)


def _resolved(groups: Groups, steps: Sequence[DatedPeriod]) -> Mapping[int, Integers]:
    """Return for each member the group or actor that the member acts as in each period."""
    days = [(np.datetime64(period.start), np.datetime64(period.end)) for period in steps]
    return {
        member: np.array([groups.resolve(member, *ends) for ends in days], dtype=np.int64) for member in groups.members
    }


def _split_spell(spells: Spells, at: int, resolved: Mapping[int, Integers]) -> Integers:
    """Return the spells that a spell is split into: source, target, first and last period, and the old spell."""
    first, last = int(spells.first[at]), int(spells.last[at])
    ends = [
        resolved[end][first : last + 1] if end in resolved else np.full(last - first + 1, end, dtype=np.int64)
        for end in (int(spells.source[at]), int(spells.target[at]))
    ]
    changes: Booleans = (np.diff(ends[0]) != 0) | (np.diff(ends[1]) != 0)
    starts = np.concatenate([[0], np.flatnonzero(changes) + 1])
    stops = np.concatenate([starts[1:] - 1, [last - first]])
    return np.column_stack([ends[0][starts], ends[1][starts], starts + first, stops + first, np.full(len(starts), at)])


NETWORK_SERIES = computed(
    _network_series,
    [
        argument("from", dt.date, "A day of the first period."),
        argument("to", dt.date, "A day of the last period. The maximum is 1,000 periods."),
        argument("step", PeriodStep, "The length of a period."),
        argument("filter", RelationFilter | None, "Filters the relations; `asOf` is not allowed."),
        argument(
            "collapseMembers",
            bool,
            "Whether members act as their outermost groups, by the memberships of each period. An actor that belongs to"
            " several outermost groups acts as itself.",
            False,
        ),
        argument(
            "timeLimitSeconds",
            int,
            f"Time limit for the proofs of `frustration` of all periods, in seconds: 0 to {MAX_TIME_LIMIT}.",
            5,
        ),
    ],
)
"""The network of relations over time."""
