"""Discourse network: which actors share positions, or take which position towards what. ADR 0017."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, Union
from uuid import UUID

import strawberry

from api import limits
from api.analysis.arrays import Integers
from api.analysis.discourse.discourse import OPPOSITION, SUPPORT, Mode, Transformation
from api.analysis.discourse.duplicates import NO_DAY, days_of_ordinals, deduplicate
from api.analysis.discourse.periods import period_at, period_place, period_places
from api.analysis.discourse.windows import Window
from api.dataset.discourse_ties import CountedStances, DiscourseTies, WeightedEdge
from api.dataset.request import ComputeRequest
from api.dataset.stance_events import StanceEvents, read_stance_events
from api.dataset.stance_filters import consensus_labels, is_excluded, is_within, resolve_exclusion
from api.dataset.stance_units import LABELS
from api.errors import TooCostly
from api.graphql.fields import computed, object_type, paged, resolver
from api.graphql.nodes import Connection
from api.graphql.parts import Ref
from api.numeric import np
from api.schema.measures.arguments import project_key
from api.schema.measures.consensus import ConsensusTable, consensus_table
from api.schema.measures.discourse_arguments import (
    ARGUMENTS,
    DiscourseOptions,
    DiscourseRows,
    check_arguments,
    parse_options,
)
from api.schema.periods import Period, as_period
from api.schema.references import ActorRef, StatementRef, TopicRef
from models import StanceLabel

MAX_CELLS = limits.DISCOURSE_CELLS.maximum
"""Cells of the matrix of a network: 2,000 holders by 3,000 targets."""
MAX_SERIES_CELLS = limits.SERIES_CELLS.maximum
"""Cells of the matrices of a series, added up."""
MAX_SLICES = limits.SLICES.maximum
"""Networks in a series."""
_SIDES = tuple(LABELS.index(label) for label in (StanceLabel.SUPPORT, StanceLabel.OPPOSE))


DiscourseNode = Annotated[
    Union[ActorRef, TopicRef],  # noqa: UP007 (lazy references cannot be joined by a bar)
    strawberry.union("DiscourseNode", description="A row or a column of a discourse network: an actor or a topic."),
]


@object_type
class DiscourseEdge:
    """A tie of a discourse network."""

    row: DiscourseNode
    """The row; in ONE_MODE the end that comes first."""
    column: DiscourseNode
    """The column; in ONE_MODE the other end."""
    weight: float
    """The weight of the tie; with SUBTRACT below 0 if opposition or conflict prevails."""
    stances: strawberry.Private[Callable[[], CountedStances]]

    @paged
    def statements(self, first: int | None = None, after: str | None = None) -> Connection[StatementRef]:
        """Lists the statements of the stances that the tie is made of, earliest first."""
        return self.stances().statements(first, after)

    @classmethod
    def of(cls, edge: WeightedEdge) -> "DiscourseEdge":
        """Return the object of an edge."""
        return cls(row=edge.row, column=edge.column, weight=edge.weight, stances=edge.stances)


@object_type
class DiscourseSlice:
    """The network in one window. Rows and columns are the same as in the whole network."""

    period: Period
    """The period in the middle of the window."""
    start: dt.date
    """The first day of the window."""
    end: dt.date
    """The last day of the window."""
    stances: int
    """Number of stances that count."""
    ties: strawberry.Private[DiscourseTies]

    @resolver
    def matrix(self) -> list[list[float]]:
        """The weights, row by row; an error if there are more than 250,000."""
        weights: list[list[float]] = self.ties.matrix()
        return weights

    @paged
    def edges(self, first: int | None = None, after: str | None = None) -> Connection[DiscourseEdge]:
        """Lists the ties that are not 0, heaviest first; in ONE_MODE each pair once."""
        return self.ties.page(first, after, DiscourseEdge.of)


@object_type
class ExcludedStances:
    """Number of stances with a label that takes no side."""

    label: StanceLabel
    """The label."""
    count: int
    """Number of stances."""


@object_type
class DiscourseNetwork:
    """A discourse network: stances made into ties, as Discourse Network Analyzer does.

    SUPPORT and OPPOSE count, as agreement 1 and 0 do there. NEUTRAL, MIXED and UNCLEAR take no side and are excluded.
    """

    rows: list[DiscourseNode]
    """The actors or topics of the rows: actors first, then by ID."""
    columns: list[DiscourseNode]
    """The actors or topics of the columns: in ONE_MODE the same as the rows."""
    stances: int
    """Number of stances that count, without excluded duplicates."""
    excluded_stances: list[ExcludedStances]
    """Number of selected stances that take no side, by label."""
    undated: int
    """Number of stances that count and have no date: they are in no window."""
    ties: strawberry.Private[DiscourseTies]

    @resolver
    def matrix(self) -> list[list[float]]:
        """The weights, row by row; an error if there are more than 250,000. In ONE_MODE the diagonal is 0."""
        weights: list[list[float]] = self.ties.matrix()
        return weights

    @paged
    def edges(self, first: int | None = None, after: str | None = None) -> Connection[DiscourseEdge]:
        """Lists the ties that are not 0, heaviest first whatever their sign; in ONE_MODE each pair once."""
        return self.ties.page(first, after, DiscourseEdge.of)

    slices: list[DiscourseSlice]
    """With a window: the network in each window that lies entirely within the period, or within the dated stances."""


# ---------------------------------------------------------------- computation


async def _discourse_network(request: ComputeRequest) -> Mapping[UUID, DiscourseNetwork | None]:
    project = project_key(request.arguments) or await request.datasets.default_project(request.viewer)
    options = parse_options(request.arguments)
    found = None if project is None else await _of_project(request, project, options)
    return dict.fromkeys(request.keys, found)


async def _of_project(request: ComputeRequest, project: UUID, options: DiscourseOptions) -> DiscourseNetwork:
    datasets, viewer = request.datasets, request.viewer
    events = await read_stance_events(datasets, project, viewer, options.columns)
    exclude = [await resolve_exclusion(datasets, viewer, exclusion) for exclusion in options.exclude]
    options = replace(options, exclude=tuple(exclude))
    consensus = None
    if options.consensus is not None:
        consensus = await consensus_table(datasets, project, viewer, options.consensus)
    work = partial(_computed, events, consensus, options)
    return await events.derived.run(options, lambda: datasets.compute(work))


def _computed(events: StanceEvents, consensus: ConsensusTable | None, options: DiscourseOptions) -> DiscourseNetwork:
    label = events.label if consensus is None else consensus_labels(events, consensus.keys, consensus.label)
    within = is_within(events, options.first_day, options.last_day)
    selected = (label >= 0) & within & ~is_excluded(events, options.exclude)
    sided = np.flatnonzero(selected & np.isin(label, _SIDES))
    equal = (events.holder[sided], events.target[sided], label[sided])
    document = None if events.document is None else events.document[sided]
    counting = sided[deduplicate(equal, events.day[sided], document, options.duplicates)]
    stances = _counted_stances(events, label, counting, options)
    ties = DiscourseTies.of(stances, options.transformation)
    return DiscourseNetwork(
        rows=list(ties.rows),
        columns=list(ties.columns),
        stances=ties.stances,
        excluded_stances=_excluded_stances(label[selected]),
        undated=int((events.day[counting] == NO_DAY).sum()),
        ties=ties,
        slices=_slices(stances, options),
    )


def _excluded_stances(label: Integers) -> list[ExcludedStances]:
    counts = np.bincount(label, minlength=len(LABELS)).tolist()
    return [
        ExcludedStances(label=name, count=counts[place])
        for place, name in enumerate(LABELS)
        if counts[place] and place not in _SIDES
    ]


def _counted_stances(events: StanceEvents, label: Integers, at: Integers, options: DiscourseOptions) -> CountedStances:
    ends = [(events.holders.refs, events.holder[at]), (events.targets.refs, events.target[at])]
    (rows, row), (columns, column) = (_nodes(*end, isolates=options.isolates) for end in ends)
    if options.rows is DiscourseRows.TARGET:
        rows, row, columns, column = columns, column, rows, row
    _check_size(len(rows), len(columns), options.transformation.mode)
    sign = np.where(label[at] == _SIDES[SUPPORT], SUPPORT, OPPOSITION)
    return CountedStances(rows, columns, row, column, sign, events.day[at], events.statement[at])


def _nodes(refs: Sequence[Ref], places: Integers, *, isolates: bool) -> tuple[Sequence[Ref], Integers]:
    """Return the nodes of the rows or the columns, and the indexes among them: of all nodes, or of those with ties."""
    if isolates:
        return refs, places
    present, numbers = np.unique(places, return_inverse=True)
    return [refs[place] for place in present.tolist()], numbers.reshape(-1).astype(np.int64)


def _check_size(rows: int, columns: int, mode: Mode) -> None:
    cells = max(rows * columns, rows * rows if mode is Mode.ONE_MODE else 0)
    if cells > MAX_CELLS:
        raise TooCostly(
            f"the matrix of this network has {cells:,} cells, the maximum is {MAX_CELLS:,}:"
            " narrow the network by period or exclude",
            limit=MAX_CELLS,
        )


def _slices(stances: CountedStances, options: DiscourseOptions) -> list[DiscourseSlice]:
    window, dated = options.window, np.flatnonzero(stances.day != NO_DAY)
    if window is None or not len(dated):
        return []
    stances = stances.at(dated)
    ends = (options.first_day or int(stances.day[0]), options.last_day or int(stances.day[-1]))
    middles = window.middles(*(period_place(dt.date.fromordinal(day), window.unit) for day in ends))
    columns = stances.rows if options.transformation.mode is Mode.ONE_MODE else stances.columns
    cells = len(middles) * len(stances.rows) * len(columns)
    if len(middles) > MAX_SLICES or cells > MAX_SERIES_CELLS:
        raise TooCostly(
            f"this series has {len(middles):,} networks with {cells:,} cells in total, the maximum is {MAX_SLICES:,}"
            f" networks with {MAX_SERIES_CELLS:,} cells: narrow it by period or exclude, or choose a longer unit",
            limit=MAX_SERIES_CELLS,
        )
    places = period_places(days_of_ordinals(stances.day), window.unit)
    return [_slice(stances, places, middle, window, options.transformation) for middle in middles]


def _slice(
    stances: CountedStances, places: Integers, middle: int, window: Window, transformation: Transformation
) -> DiscourseSlice:
    weight = window.weights(places, middle)
    inside = np.flatnonzero(weight > 0)
    # In ONE_MODE two stances make a tie: each contributes the root of its weight.
    weights = np.sqrt(weight[inside]) if transformation.mode is Mode.ONE_MODE else weight[inside]
    ties = DiscourseTies.of(stances.at(inside), transformation, None if window.kernel is None else weights)
    first, last = (period_at(middle + offset, window.unit) for offset in (-window.half, window.half))
    period = as_period(period_at(middle, window.unit))
    return DiscourseSlice(period=period, start=first.start, end=last.end, stances=ties.stances, ties=ties)


DISCOURSE_NETWORK = computed(_discourse_network, ARGUMENTS, check=check_arguments)
"""The discourse network of a project's stances."""
