"""How a holder's stances towards a target change over time, and how holders stand towards targets."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from api import limits
from api.analysis.discourse.periods import Period, PeriodStep, period_at, period_place
from api.dataset.datasets import Datasets
from api.dataset.redirects import resolve_redirects
from api.dataset.stance_units import PROJECT
from api.dataset.tallies import (
    NO_STATEMENTS,
    Grouped,
    Span,
    Statements,
    Tally,
    grouped,
    label_text,
    seen_in_project,
    statement_entry,
    summed,
    tally_of,
)
from api.dataset.units import Connection, target_of
from api.errors import BadArgument
from api.graphql.parts import Ref
from api.graphql.sql.dialects import DialectText, placeholder
from api.security.viewer import Viewer
from api.security.visibility import Visibility, visibility_of
from models import Stance
from models.base import UNDATED, Uid, table_of

MOST_PERIODS = limits.TIMELINE_PERIODS.maximum
"""How many periods a timeline has."""
MOST_CELLS = limits.MATRIX_CELLS.maximum
"""How many cells a matrix has: 50 holders by 50 targets."""


# ---------------------------------------------------------------- timelines


@dataclass(frozen=True, slots=True)
class StancePeriod:
    """The stances of one period."""

    period: Period
    tally: Tally


@dataclass(frozen=True, slots=True)
class StanceTimeline:
    """Stances period by period."""

    periods: Sequence[StancePeriod]
    total: Tally
    undated: Tally


async def timeline_in(
    measures: Datasets, project: UUID, viewer: Viewer, pair: tuple[Ref, Ref], step: PeriodStep, span: Span
) -> StanceTimeline:
    """How the first of `pair` stood towards the second.

    :raises BadArgument: where the range has too many periods.
    """
    holder, target = await resolve_redirects(measures, viewer, pair)
    rows = await measures.fetch(
        ("timeline", target.type_name, tuple(span.values)),
        viewer,
        {PROJECT: project, "holder": holder.key, "target": target.key, **span.values},
        lambda: _timeline_statement(measures.dialect, target.type_name, span, visibility_of(viewer)),
    )
    by_day: dict[dt.date, dict[str, int]] = {}
    for day, label, number in rows:
        by_day.setdefault(dt.date.fromisoformat(day.decode()), {})[label.decode()] = number
    return _timeline({day: tally_of(counts) for day, counts in by_day.items()}, step, span)


def _timeline_statement(dialect: DialectText, target: str, span: Span, seen_with: Visibility) -> Select[Any]:
    stance = table_of(Stance).alias()
    received: Any = stance.c.target_actor_id if target == "Actor" else stance.c.target_topic_id
    day = stance.c.stated_on_sort
    number: Any = func.count()
    counts = select(dialect.plain(day), dialect.plain(label_text(stance.c.label)), number)
    return counts.where(
        *seen_in_project(stance.c, seen_with),
        stance.c.holder_id == placeholder("holder", Uid()),
        received == placeholder("target", Uid()),
        *span.conditions(day),
    ).group_by(day, stance.c.label)


def _timeline(by_day: Mapping[dt.date, Tally], step: PeriodStep, span: Span) -> StanceTimeline:
    undated = by_day.get(UNDATED, Tally())
    dated = {day: tally for day, tally in by_day.items() if day != UNDATED}
    by_place: dict[int, list[Tally]] = {}
    for day, tally in dated.items():
        by_place.setdefault(period_place(day, step), []).append(tally)
    shown = [
        StancePeriod(period_at(place, step), summed(by_place.get(place, []))) for place in _range(dated, step, span)
    ]
    return StanceTimeline(shown, summed(list(dated.values())), undated)


def _range(days: Iterable[dt.date], step: PeriodStep, span: Span) -> range:
    """The places of the periods from one end to the other: an end that is open is where the stances end."""
    known = [*days, *(day for day in (span.first, span.last) if day is not None)]
    if not known:
        return range(0)
    first, last = span.first or min(known), span.last or max(known)
    places = range(period_place(first, step), period_place(last, step) + 1)
    if len(places) > MOST_PERIODS:
        number, most = f"{len(places):,}", f"{MOST_PERIODS:,}"
        raise BadArgument(
            "step", f"these are {number} periods, the most is {most}: choose a longer one, or a shorter period"
        )
    return places


# ---------------------------------------------------------------- matrices


@dataclass(frozen=True, slots=True)
class StanceCell:
    """How one holder stands towards one target."""

    holder: Ref
    target: Ref
    tally: Tally
    behind: Statements

    def statements(self, first: int | None = None, after: str | None = None) -> Connection[Ref]:
        """A page of the statements that the stances were read in."""
        return self.behind.page(first, after)


async def matrix_in(
    measures: Datasets,
    project: UUID,
    viewer: Viewer,
    sides: tuple[Sequence[Ref], Sequence[Ref]],
    span: Span,
    *,
    with_statements: bool,
) -> list[StanceCell]:
    """How each of the holders stands towards each of the targets: row by row, in the order they were named."""
    holders, targets = [list(dict.fromkeys(await resolve_redirects(measures, viewer, side))) for side in sides]
    keys = {"holders": [ref.key for ref in holders], "targets": [ref.key for ref in targets]}
    values: Mapping[str, object] = {PROJECT: project, **keys, **span.values}
    counts: dict[bytes, dict[str, int]] = {}
    for holder, target, label, number in await measures.fetch(
        ("stance matrix", tuple(span.values)),
        viewer,
        values,
        lambda: _matrix_statement(measures.dialect, span, visibility_of(viewer)),
    ):
        counts.setdefault(bytes(holder) + bytes(target), {})[label.decode()] = number
    behind: Grouped = {}
    if with_statements:
        ((text,),) = await measures.fetch(
            ("statements of a matrix", tuple(span.values)),
            viewer,
            values,
            lambda: _behind_statement(measures.dialect, span, visibility_of(viewer)),
        )
        behind = await measures.compute(lambda: grouped(text, keys=2))
    named = [(f"{holder.key}{target.key}".encode(), holder, target) for holder, target in product(holders, targets)]
    return [
        StanceCell(holder, target, tally_of(counts.get(key, {})), behind.get(key, NO_STATEMENTS))
        for key, holder, target in named
    ]


def _matrix_statement(dialect: DialectText, span: Span, seen_with: Visibility) -> Select[Any]:
    stance = table_of(Stance).alias()
    target = target_of(stance.c)
    said = dialect.plain(label_text(stance.c.label))
    number: Any = func.count()
    found = select(dialect.plain(stance.c.holder_id), dialect.plain(target), said, number)
    return found.where(*_in_matrix(dialect, stance, span, seen_with)).group_by(
        stance.c.holder_id, target, stance.c.label
    )


def _behind_statement(dialect: DialectText, span: Span, seen_with: Visibility) -> Select[Any]:
    stance = table_of(Stance).alias()
    entry = statement_entry([stance.c.holder_id, target_of(stance.c)], stance.c.stated_on_sort, stance.c.statement_id)
    return select(dialect.joined(entry, [])).where(*_in_matrix(dialect, stance, span, seen_with))


def _in_matrix(dialect: DialectText, stance: Any, span: Span, seen_with: Visibility) -> list[Any]:
    return [
        *seen_in_project(stance.c, seen_with),
        dialect.member(stance.c.holder_id, "holders", Uid()),
        dialect.member(target_of(stance.c), "targets", Uid()),
        *span.conditions(stance.c.stated_on_sort),
    ]
