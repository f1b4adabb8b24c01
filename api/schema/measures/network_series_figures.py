"""Networks of relations over time, as the graph shows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from api import limits
from api.analysis.arrays import Booleans, Integers
from api.analysis.discourse.periods import Period, PeriodStep, period_place, periods
from api.analysis.networks.balance import NetworkFigure, triangle_index
from api.analysis.networks.network_series import MOST_SEARCHED, PeriodFigures, Spells, series
from api.analysis.networks.triangles import Triads
from api.dataset.datasets import Datasets
from api.dataset.groups import Groups
from api.dataset.relations import RelationRows, RelationSelection
from api.errors import BadArgument, TooCostly
from api.graphql.sql.predicates import Predicate
from api.numeric import np
from api.schema.measures.signed_figures import MOST_SECONDS, line_index
from api.security.viewer import Viewer

MOST_PERIODS = limits.SERIES_PERIODS.maximum
"""How many periods a series has."""
MOST_ENDS = 5_000_000
"""For how many periods, added up over all relations of members, it is looked up as whom these act."""


@dataclass(frozen=True, slots=True)
class SeriesAsked:
    """Over which time, and what of it, a series is worked out."""

    first: dt.date
    last: dt.date
    step: PeriodStep
    collapse_members: bool = False
    walks: bool = False
    seconds: int | None = None
    """How long proofs of frustration may be sought in all; None where it is not wanted."""

    def __post_init__(self) -> None:
        """Refuse what cannot be done.

        :raises BadArgument: naming the argument.
        """
        if self.last < self.first:
            raise BadArgument("to", f"must not come before from: {self.last} is before {self.first}")
        number = period_place(self.last, self.step) - period_place(self.first, self.step) + 1
        if number > MOST_PERIODS:
            longer = "choose a longer step or a shorter time"
            raise BadArgument("step", f"these are {number:,} periods, the most is {MOST_PERIODS:,}: {longer}")
        if self.seconds is not None and not 0 <= self.seconds <= MOST_SECONDS:
            raise BadArgument("seconds", f"must be from 0 to {MOST_SECONDS}, not {self.seconds}")


@dataclass(frozen=True, slots=True)
class PeriodFrustration:
    """How frustrated the network of a period is."""

    count: int
    exact: bool
    least: int
    index: NetworkFigure


@dataclass(frozen=True, slots=True)
class NetworkPeriod:
    """The network of one period."""

    period: Period
    figures: PeriodFigures

    @property
    def triads(self) -> Triads:
        """Its triangles."""
        return self.figures.triads

    @property
    def triangle_index(self) -> NetworkFigure:
        """The share of them that are balanced."""
        return triangle_index(self.figures.triads)

    @property
    def walk_index(self) -> NetworkFigure | None:
        """Where it was asked for."""
        return self.figures.walk_index

    @property
    def frustration(self) -> PeriodFrustration | None:
        """Where it was asked for."""
        found = self.figures.frustration
        if found is None:
            return None
        ties = self.figures.positive + self.figures.negative
        return PeriodFrustration(found.count, found.exact, found.least, line_index(found, ties))

    @property
    def relations(self) -> int:
        """How many relations hold."""
        return self.figures.relations

    @property
    def actors(self) -> int:
        """How many actors have a tie."""
        return self.figures.actors

    @property
    def positive(self) -> int:
        """How many pairs are tied positively."""
        return self.figures.positive

    @property
    def negative(self) -> int:
        """How many pairs are tied negatively."""
        return self.figures.negative

    @property
    def ambivalent(self) -> int:
        """How many pairs are tied both ways."""
        return self.figures.ambivalent


async def series_of(
    measures: Datasets,
    viewer: Viewer,
    filter_arguments: Mapping[str, Any],
    predicates: Mapping[str, Predicate],
    asked: SeriesAsked,
) -> Sequence[NetworkPeriod]:
    """The networks, period by period, of the relations that a filter lets through, as far as `viewer` sees them.

    :raises BadArgument: where the filter cannot be understood, or names a day of its own.
    """
    if filter_arguments.get("asOf") is not None:
        raise BadArgument("filter.asOf", "a series has days of its own: leave it out")
    chosen = RelationSelection(filter_arguments, predicates, with_memberships=asked.collapse_members)
    read = await measures.relations(viewer, chosen)
    return await read.derived.run(asked, lambda: measures.compute_slow(partial(_series, read, asked)))


def _series(read: RelationRows, asked: SeriesAsked) -> Sequence[NetworkPeriod]:
    steps = periods(asked.first, asked.last, asked.step)
    found = series(_spells(read, steps, asked), walks=asked.walks, seconds=asked.seconds)
    if asked.seconds is not None and any(figures.frustration is None for figures in found):
        raise TooCostly(
            f"frustration is sought in networks of {MOST_SEARCHED:,} actors together, and these have more:"
            " choose a longer step or a shorter time, narrow the filter, or leave frustration out",
            limit=MOST_SEARCHED,
        )
    return [NetworkPeriod(period, figures) for period, figures in zip(steps, found, strict=True)]


def _spells(read: RelationRows, steps: Sequence[Period], asked: SeriesAsked) -> Spells:
    starts = np.array([period.start for period in steps], dtype="datetime64[D]")
    ends = np.array([period.end for period in steps], dtype="datetime64[D]")
    holding = np.flatnonzero(read.held.overlap(starts[0], ends[-1]))
    first = np.searchsorted(ends, read.held.begins[holding])
    last = np.searchsorted(starts, read.held.ends[holding], side="right") - 1
    source, target = read.source[holding], read.target[holding]
    whole = Spells(len(read.actors), len(steps), source, target, read.positive[holding], first, last)
    return _collapsed(whole, read, steps) if asked.collapse_members else whole


# ---------------------------------------------------------------- members that act as their groups


def _collapsed(spells: Spells, read: RelationRows, steps: Sequence[Period]) -> Spells:
    """The same with members acting as their groups: a spell for as long as both ends act as the same two."""
    groups = Groups(read)
    moving = np.isin(spells.source, groups.members) | np.isin(spells.target, groups.members)
    length = int((spells.last - spells.first + 1)[moving].sum())
    if length > MOST_ENDS:
        raise TooCostly(
            f"members of groups have relations in {length:,} periods, added up, the most is {MOST_ENDS:,}:"
            " choose a longer step or a shorter time, or leave collapseMembers out",
            limit=MOST_ENDS,
        )
    acting = _acting(groups, steps)
    rows = [_spell_rows(spells, at, acting) for at in np.flatnonzero(moving).tolist()]
    still = np.flatnonzero(~moving)
    unmoved = (part[still] for part in (spells.source, spells.target, spells.first, spells.last))
    kept = np.column_stack([*unmoved, still])
    source, target, first, last, relation = np.concatenate([kept, *rows]).T
    return Spells(spells.nodes, spells.periods, source, target, spells.positive[relation], first, last)


def _acting(groups: Groups, steps: Sequence[Period]) -> Mapping[int, Integers]:
    """Member → as whom it acts in each period."""
    days = [(np.datetime64(period.start), np.datetime64(period.end)) for period in steps]
    return {
        member: np.array([groups.acting(member, *ends) for ends in days], dtype=np.int64) for member in groups.members
    }


def _spell_rows(spells: Spells, at: int, acting: Mapping[int, Integers]) -> Integers:
    first, last = int(spells.first[at]), int(spells.last[at])
    ends = [
        acting[end][first : last + 1] if end in acting else np.full(last - first + 1, end, dtype=np.int64)
        for end in (int(spells.source[at]), int(spells.target[at]))
    ]
    other: Booleans = (np.diff(ends[0]) != 0) | (np.diff(ends[1]) != 0)
    starts = np.concatenate([[0], np.flatnonzero(other) + 1])
    stops = np.concatenate([starts[1:] - 1, [last - first]])
    return np.column_stack([ends[0][starts], ends[1][starts], starts + first, stops + first, np.full(len(starts), at)])
