"""Discourse networks over the stances of a project, as the graph shows them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from uuid import UUID

from api import limits
from api.analysis.arrays import Booleans, Integers
from api.analysis.discourse.discourse import OPPOSITION, SUPPORT, Mode, Transformation, firsts
from api.analysis.discourse.duplicates import NO_DAY, Duplicates, days_of, once
from api.analysis.discourse.periods import Period, period_at, period_place, period_places
from api.analysis.discourse.windows import Window
from api.dataset.datasets import Datasets
from api.dataset.discourse_ties import Stances, Ties
from api.dataset.redirects import resolve_redirects
from api.dataset.stance_events import Columns, StanceEvents, stance_events
from api.dataset.stance_units import LABELS
from api.errors import BadArgument, TooCostly
from api.graphql.parts import Ref
from api.numeric import np
from api.schema.measures.consensus_figures import ConsensusMethod, Together, together_in
from api.security.viewer import Viewer
from models import StanceLabel

MOST_CELLS = limits.DISCOURSE_CELLS.maximum
"""How many cells a network is worked out in: 2,000 actors by 3,000 of what they speak of."""
MOST_SERIES_CELLS = limits.SERIES_CELLS.maximum
"""How many the networks of a series have together."""
MOST_SLICES = limits.SLICES.maximum
"""How many networks a series has."""
MOST_SIZE = limits.WINDOW.maximum
"""How many periods a window is wide."""
_SIGNED = tuple(LABELS.index(label) for label in (StanceLabel.SUPPORT, StanceLabel.OPPOSE))


class Rows(StrEnum):
    """Whose network it is."""

    ACTOR = "ACTOR"
    TARGET = "TARGET"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Stances that are left out: those that meet one of the lists; inverted, those that do not meet each of them."""

    holders: tuple[Ref, ...] | None = None
    targets: tuple[Ref, ...] | None = None
    documents: tuple[Ref, ...] | None = None
    annotators: tuple[Ref, ...] | None = None
    invert: bool = False


@dataclass(frozen=True, slots=True)
class DiscourseAsked:
    """Which stances, and how they are made into a network; days as `date.toordinal` counts them."""

    how: Transformation
    rows: Rows
    duplicates: Duplicates
    consensus: ConsensusMethod | None = None
    first_day: int | None = None
    last_day: int | None = None
    window: Window | None = None
    exclude: tuple[Exclusion, ...] = ()
    isolates: bool = False

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        :raises BadArgument: naming the argument.
        """
        if self.window is not None and not 1 <= self.window.size <= MOST_SIZE:
            raise BadArgument("window.size", f"must be from 1 to {MOST_SIZE:,}, not {self.window.size:,}")
        if self.consensus is not None and any(one.annotators is not None for one in self.exclude):
            message = "a consensus is made of all annotators' stances: leave out consensus, or annotators"
            raise BadArgument("exclude.annotators", message)

    @property
    def needs(self) -> Columns:
        """What must be read."""
        by_document = self.duplicates is Duplicates.DOCUMENT or any(e.documents is not None for e in self.exclude)
        return Columns(documents=by_document, units=self.consensus is not None)


@dataclass(frozen=True, slots=True)
class LabelLeftOut:
    """How many stances take no side."""

    label: StanceLabel
    count: int


@dataclass(frozen=True, eq=False)
class Slice(Ties):
    """The network in one window."""

    period: Period
    start: dt.date
    end: dt.date


@dataclass(frozen=True, eq=False)
class DiscourseNetwork(Ties):
    """A network of all chosen stances, and one in each window."""

    left_out: Sequence[LabelLeftOut]
    undated: int
    slices: Sequence[Slice]


async def discourse_in(measures: Datasets, project: UUID, viewer: Viewer, asked: DiscourseAsked) -> DiscourseNetwork:
    """The discourse network of a project, as far as `viewer` sees its stances."""
    held = await stance_events(measures, project, viewer, asked.needs)
    asked = replace(asked, exclude=tuple([await _surviving(measures, viewer, one) for one in asked.exclude]))
    together = None
    if asked.consensus is not None:
        together = await together_in(measures, project, viewer, asked.consensus)
    work = partial(_network, held, together, asked)
    return await held.derived.run(asked, lambda: measures.compute(work))


async def _surviving(measures: Datasets, viewer: Viewer, one: Exclusion) -> Exclusion:
    holders = None if one.holders is None else tuple(await resolve_redirects(measures, viewer, one.holders))
    targets = None if one.targets is None else tuple(await resolve_redirects(measures, viewer, one.targets))
    return replace(one, holders=holders, targets=targets)


# ---------------------------------------------------------------- which stances


def _network(held: StanceEvents, together: Together | None, asked: DiscourseAsked) -> DiscourseNetwork:
    label = held.label if together is None else labels_of_units(held, together)
    chosen = (label >= 0) & _within(held, asked) & ~_excluded(held, asked.exclude)
    signed = np.flatnonzero(chosen & np.isin(label, _SIGNED))
    same = (held.holder[signed], held.target[signed], label[signed])
    document = None if held.document is None else held.document[signed]
    counting = signed[once(same, held.day[signed], document, asked.duplicates)]
    stances = _stances(held, label, counting, asked)
    whole = Ties.of(stances, asked.how)
    return DiscourseNetwork(
        **whole.parts,
        left_out=_left_out(label[chosen]),
        undated=int((held.day[counting] == NO_DAY).sum()),
        slices=_series(stances, asked),
    )


def labels_of_units(held: StanceEvents, together: Together) -> Integers:
    """The label of each unit's first stance is the consensus on it; other stances, and those of no label, have -1."""
    assert held.units is not None
    label = np.full(len(held.units), -1, dtype=np.int64)
    if not len(together.keys) or not len(held.units):
        return label
    place = np.minimum(np.searchsorted(together.keys, held.units), len(together.keys) - 1)
    known = np.flatnonzero(together.keys[place] == held.units)
    first = known[firsts(place[known])]
    label[first] = together.label[place[first]]
    return label


def _within(held: StanceEvents, asked: DiscourseAsked) -> Booleans:
    within = np.ones(len(held.day), dtype=np.bool_)
    if asked.first_day is not None:
        within &= held.day >= asked.first_day
    if asked.last_day is not None:
        within &= held.day <= asked.last_day
    if (asked.first_day, asked.last_day) != (None, None):
        within &= held.day != NO_DAY
    return within


def _excluded(held: StanceEvents, exclude: Sequence[Exclusion]) -> Booleans:
    out = np.zeros(len(held.day), dtype=np.bool_)
    for one in exclude:
        lists = [
            (one.holders, held.holders, held.holder),
            (one.targets, held.targets, held.target),
            (one.documents, held.documents, held.document),
            (one.annotators, held.annotators, held.annotator),
        ]
        for wanted, named, codes in lists:
            if wanted is not None:
                assert named is not None
                assert codes is not None
                out |= np.isin(codes, named.among(wanted)) ^ one.invert
    return out


def _left_out(label: Integers) -> list[LabelLeftOut]:
    times = np.bincount(label, minlength=len(LABELS)).tolist()
    return [
        LabelLeftOut(name, times[place]) for place, name in enumerate(LABELS) if times[place] and place not in _SIGNED
    ]


# ---------------------------------------------------------------- networks


def _stances(held: StanceEvents, label: Integers, at: Integers, asked: DiscourseAsked) -> Stances:
    sides = [(held.holders.refs, held.holder[at]), (held.targets.refs, held.target[at])]
    (rows, row), (columns, column) = (_nodes(*side, all_of_them=asked.isolates) for side in sides)
    if asked.rows is Rows.TARGET:
        rows, row, columns, column = columns, column, rows, row
    _bounded(len(rows), len(columns), asked.how.mode)
    sign = np.where(label[at] == _SIGNED[SUPPORT], SUPPORT, OPPOSITION)
    return Stances(rows, columns, row, column, sign, held.day[at], held.statement[at])


def _nodes(refs: Sequence[Ref], codes: Integers, *, all_of_them: bool) -> tuple[Sequence[Ref], Integers]:
    if all_of_them:
        return refs, codes
    present, places = np.unique(codes, return_inverse=True)
    return [refs[place] for place in present.tolist()], places.reshape(-1).astype(np.int64)


def _bounded(rows: int, columns: int, mode: Mode) -> None:
    cells = max(rows * columns, rows * rows if mode is Mode.ONE_MODE else 0)
    if cells > MOST_CELLS:
        raise TooCostly(
            f"this network is worked out in {cells:,} cells, the most is {MOST_CELLS:,}:"
            " narrow it by period or exclude",
            limit=MOST_CELLS,
        )


def _series(stances: Stances, asked: DiscourseAsked) -> list[Slice]:
    window, dated = asked.window, np.flatnonzero(stances.day != NO_DAY)
    if window is None or not len(dated):
        return []
    stances = stances.at(dated)
    ends = (asked.first_day or int(stances.day[0]), asked.last_day or int(stances.day[-1]))
    middles = window.middles(*(period_place(dt.date.fromordinal(day), window.unit) for day in ends))
    cells = len(middles) * len(stances.rows) * len(stances.rows if asked.how.mode is Mode.ONE_MODE else stances.columns)
    if len(middles) > MOST_SLICES or cells > MOST_SERIES_CELLS:
        raise TooCostly(
            f"this series has {len(middles):,} networks of {cells:,} cells together, the most is {MOST_SLICES:,} of"
            f" {MOST_SERIES_CELLS:,}: narrow it by period or exclude, or choose a longer unit",
            limit=MOST_SERIES_CELLS,
        )
    places = period_places(days_of(stances.day), window.unit)
    return [_slice(stances, places, middle, window, asked.how) for middle in middles]


def _slice(stances: Stances, places: Integers, middle: int, window: Window, how: Transformation) -> Slice:
    weight = window.weights(places, middle)
    inside = np.flatnonzero(weight > 0)
    # Two stances make a tie in ONE_MODE: each gives the root of its weight.
    given = np.sqrt(weight[inside]) if how.mode is Mode.ONE_MODE else weight[inside]
    ties = Ties.of(stances.at(inside), how, None if window.kernel is None else given)
    first, last = (period_at(middle + by, window.unit) for by in (-window.half, window.half))
    return Slice(**ties.parts, period=period_at(middle, window.unit), start=first.start, end=last.end)
