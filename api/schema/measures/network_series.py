"""Networks of relations over time."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from api.analysis.discourse.periods import PeriodStep
from api.dataset.request import ComputeRequest
from api.graphql.fields import argument, computed, object_type
from api.graphql.parts import NOWHERE
from api.schema.measures.network_measures import NetworkFigure, Triads
from api.schema.measures.network_series_figures import NetworkPeriod as Figures
from api.schema.measures.network_series_figures import SeriesAsked, series_of
from api.schema.measures.signed_figures import MOST_SECONDS
from api.schema.periods import Period
from api.schema.relations import RELATIONS, RelationFilter


@object_type
class PeriodFrustration:
    """How many ties of a period are in the way of two camps, with positive ties inside and negative ones between."""

    count: int
    """How many run against the best camps that were found."""
    exact: bool
    """Whether it is proved that no camps do better; else `count` is an upper bound."""
    least: int
    """Fewer there cannot be: as many as `count`, where it is exact."""
    index: NetworkFigure
    """The line index of balance, 1 - count / (m / 2) for m ties."""


@object_type
class NetworkPeriod:
    """The network of all relations that hold on a day of one period. What is measured is as in `Network.balance`."""

    period: Period
    """When."""
    relations: int
    """How many relations hold, those between members of one group too."""
    actors: int
    """How many actors have a tie."""
    positive: int
    """How many pairs are tied by alliances alone."""
    negative: int
    """How many by oppositions alone."""
    ambivalent: int
    """How many by both; they have no part in what is measured."""
    triads: Triads
    """Triangles by their signs."""
    triangle_index: NetworkFigure
    """The share of triangles that are balanced."""
    walk_index: NetworkFigure
    """trace(exp(A)) / trace(exp(|A|)) of the matrix A of signs; too large for all, where the series is."""
    frustration: PeriodFrustration
    """How many ties are in the way of two camps. An error where the series is too large for it."""


@object_type
class NetworkSeries:
    """A network over time."""

    step: PeriodStep
    """How long its periods are."""
    periods: list[NetworkPeriod]
    """All periods from the one that the first day lies in to the one that the last does, also those without ties."""


@dataclass(frozen=True, slots=True)
class _Series:
    step: PeriodStep
    periods: Sequence[Figures]


async def _network_series(asked: ComputeRequest) -> Mapping[UUID, _Series]:
    given = asked.arguments
    wanted = SeriesAsked(
        given["from"],
        given["to"],
        PeriodStep(str(given["step"])),
        given["collapse_members"],
        walks=asked.wants("periods", "walkIndex"),
        seconds=given["seconds"] if asked.wants("periods", "frustration") else None,
    )
    found = await series_of(asked.measures, asked.viewer, given.get("filter") or {}, RELATIONS.predicates, wanted)
    return {NOWHERE: _Series(wanted.step, found)}


NETWORK_SERIES = computed(
    _network_series,
    [
        argument("from", dt.date, "A day of the first period."),
        argument("to", dt.date, "A day of the last period. There are 1,000 periods at most."),
        argument("step", PeriodStep, "How long a period is."),
        argument("filter", RelationFilter | None, "Which relations count; without a day of its own."),
        argument(
            "collapseMembers",
            bool,
            "Whether members act as their groups, up to the outermost one, by the memberships of each period. Who"
            " belongs to several groups that do not meet in one acts as itself.",
            False,
        ),
        argument(
            "seconds", int, f"How long it may be sought in all to prove `frustration`: 0 to {MOST_SECONDS} seconds.", 5
        ),
    ],
)
"""The network of relations over time."""
