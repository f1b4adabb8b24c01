"""Counts of stances by label, and the statements that they belong to: by day, by holder and target."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Date, Select, Text, func, literal, select, type_coerce

from api.analysis.arrays import RowKeys
from api.dataset.columns import DAY, KEY, concat
from api.dataset.datasets import Datasets
from api.dataset.pager import Pager
from api.dataset.project_rows import PROJECT, project_conditions
from api.dataset.references import reference
from api.dataset.units import target_key
from api.graphql.nodes import Connection
from api.graphql.parts import Ref
from api.graphql.sql.dialects import DialectText, Expression, placeholder
from api.numeric import np
from api.security.viewer import Viewer
from api.security.visibility import Visibility, visibility_of
from models import Stance, StanceLabel
from models.base import UNDATED, Uid, table_of

LabelCounts: TypeAlias = Counter[StanceLabel]
"""The number of stances with each label."""


@dataclass(frozen=True, slots=True)
class DaySpan:
    """A range of days, both ends included; None is an open end. Only a range without ends includes undated rows."""

    first: dt.date | None = None
    last: dt.date | None = None

    @property
    def values(self) -> Mapping[str, object]:
        """The parameters of the conditions."""
        ends = {"first": self.first, "last": self.last}
        return {name: day for name, day in ends.items() if day is not None}

    def conditions(self, day: Any) -> list[Any]:
        """Return the conditions on a sort column: its day is in the range."""
        found = [day >= placeholder("first", Date())] if self.first is not None else []
        found += [day <= placeholder("last", Date())] if self.last is not None else []
        return [*found, day > UNDATED] if found else []


def label_text(label: Any) -> Expression:
    """Return a label as text."""
    return type_coerce(label, Text)


def count_label(label: Any, value: StanceLabel) -> Expression:
    """Return the number of rows of a group whose label is `value`."""
    return func.count().filter(label_text(label) == literal(value.value, Text()))


# ---------------------------------------------------------------- counts


async def counts_by_day(
    datasets: Datasets, project: UUID, viewer: Viewer, holder: Ref, target: Ref, span: DaySpan
) -> Mapping[dt.date, LabelCounts]:
    """Return the counts of a holder's stances towards a target, day by day; undated ones have the day `UNDATED`."""
    rows = await datasets.fetch(
        ("timeline", target.type_name, tuple(span.values)),
        viewer,
        {PROJECT: project, "holder": holder.key, "target": target.key, **span.values},
        lambda: _timeline_query(datasets.dialect, target.type_name, span, visibility_of(viewer)),
    )
    counts: dict[dt.date, LabelCounts] = {}
    for day, label, number in rows:
        counts.setdefault(dt.date.fromisoformat(day.decode()), Counter())[StanceLabel(label.decode())] = number
    return counts


def _timeline_query(dialect: DialectText, target: str, span: DaySpan, visibility: Visibility) -> Select[Any]:
    stance = table_of(Stance).alias()
    towards: Any = stance.c.target_actor_id if target == "Actor" else stance.c.target_topic_id
    day = stance.c.stated_on_sort
    number: Any = func.count()
    counts = select(dialect.plain(day), dialect.plain(label_text(stance.c.label)), number)
    return counts.where(
        *project_conditions(Stance, stance.c, visibility),
        stance.c.holder_id == placeholder("holder", Uid()),
        towards == placeholder("target", Uid()),
        *span.conditions(day),
    ).group_by(day, stance.c.label)


@dataclass(frozen=True, slots=True)
class MatrixSelection:
    """The holders and targets of a matrix, and the days whose stances count."""

    project: UUID
    holders: Sequence[Ref]
    targets: Sequence[Ref]
    span: DaySpan

    @property
    def values(self) -> Mapping[str, object]:
        """The parameters of the query."""
        keys = {"holders": [ref.key for ref in self.holders], "targets": [ref.key for ref in self.targets]}
        return {PROJECT: self.project, **keys, **self.span.values}


def cell_key(holder: Ref, target: Ref) -> bytes:
    """Return the key of a cell of a matrix."""
    return f"{holder.key}{target.key}".encode()


async def counts_by_cell(datasets: Datasets, viewer: Viewer, selection: MatrixSelection) -> Mapping[bytes, LabelCounts]:
    """Return the counts of stances of each holder towards each target, by the key of the cell."""
    rows = await datasets.fetch(
        ("stance matrix", tuple(selection.span.values)),
        viewer,
        selection.values,
        lambda: _matrix_query(datasets.dialect, selection.span, visibility_of(viewer)),
    )
    counts: dict[bytes, LabelCounts] = {}
    for holder, target, label, number in rows:
        counts.setdefault(bytes(holder) + bytes(target), Counter())[StanceLabel(label.decode())] = number
    return counts


def _matrix_query(dialect: DialectText, span: DaySpan, visibility: Visibility) -> Select[Any]:
    stance = table_of(Stance).alias()
    target = target_key(stance.c)
    label = dialect.plain(label_text(stance.c.label))
    number: Any = func.count()
    found = select(dialect.plain(stance.c.holder_id), dialect.plain(target), label, number)
    found = found.where(*_matrix_conditions(dialect, stance, span, visibility))
    return found.group_by(stance.c.holder_id, target, stance.c.label)


def _matrix_conditions(dialect: DialectText, stance: Any, span: DaySpan, visibility: Visibility) -> list[Any]:
    return [
        *project_conditions(Stance, stance.c, visibility),
        dialect.member(stance.c.holder_id, "holders", Uid()),
        dialect.member(target_key(stance.c), "targets", Uid()),
        *span.conditions(stance.c.stated_on_sort),
    ]


# ---------------------------------------------------------------- statements


@dataclass(frozen=True, eq=False)
class StatementList:
    """Statements sorted by day, each once; an entry is the text of the day and the key."""

    entries: Sequence[bytes]

    @cached_property
    def _pager(self) -> Pager:
        days: RowKeys = np.array(self.entries, dtype=f"S{DAY + KEY}").astype(f"S{DAY}")
        return Pager("STATEMENT", (days, np.array([entry[DAY:] for entry in self.entries], f"S{KEY}")))

    def page(self, first: int | None, after: str | None) -> Connection[Any]:
        """Return a page of references to the statements.

        :raises BadArgument: if an argument is malformed or out of range.
        """
        span = self._pager.span(first, after)
        return self._pager.page(span, lambda at: reference("Statement", UUID(self.entries[at][DAY:].decode())))


NO_STATEMENTS = StatementList(())
StatementGroups: TypeAlias = Mapping[bytes, StatementList]
"""The key of a group → its statements."""


def statement_entry(group: Sequence[Any], day: Any, statement: Any) -> Expression:
    """Return the text of a statement in a group, whose key is the concatenation of `group`."""
    return concat(*group, day, statement)


def parse_statement_groups(text: bytes | None, keys: int) -> StatementGroups:
    """Return the statements in a text of entries, separated by commas; a group's key consists of `keys` keys."""
    groups: dict[bytes, list[bytes]] = {}
    for entry in sorted(set(text.split(b","))) if text else ():
        groups.setdefault(entry[: keys * KEY], []).append(entry[keys * KEY :])
    return {key: StatementList(entries) for key, entries in groups.items()}


async def statements_by_cell(datasets: Datasets, viewer: Viewer, selection: MatrixSelection) -> StatementGroups:
    """Return the statements of the stances of each holder towards each target, by the key of the cell."""
    ((text,),) = await datasets.fetch(
        ("statements of a matrix", tuple(selection.span.values)),
        viewer,
        selection.values,
        lambda: _cell_entries_query(datasets.dialect, selection.span, visibility_of(viewer)),
    )
    return await datasets.compute(lambda: parse_statement_groups(text, keys=2))


def _cell_entries_query(dialect: DialectText, span: DaySpan, visibility: Visibility) -> Select[Any]:
    stance = table_of(Stance).alias()
    entry = statement_entry([stance.c.holder_id, target_key(stance.c)], stance.c.stated_on_sort, stance.c.statement_id)
    return select(dialect.joined(entry, [])).where(*_matrix_conditions(dialect, stance, span, visibility))
