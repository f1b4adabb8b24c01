"""Reads the stances of a project as arrays, one by one: who holds which stance towards what, when, and in which text.

In the text of the rows, holders, targets, annotators and documents are numbers of 8 digits: with keys, the text would
be four times as long. `stance_units` reads the same stances by unit. ADR 0017.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, case, cast, func, literal, select, type_coerce

from api.analysis.arrays import Integers, Keys, Records, RowKeys
from api.analysis.discourse.duplicates import ordinals_of
from api.cache import SingleFlight
from api.dataset.change_watermark import version_columns
from api.dataset.columns import (
    DAY,
    KEY,
    NUMBER,
    Layout,
    as_version,
    concat,
    digits,
    key_at,
    numbered,
    numbered_keys,
    parse_days,
    parse_halves,
    parse_numbers,
)
from api.dataset.datasets import Datasets
from api.dataset.project_rows import PROJECT, project_conditions
from api.dataset.stance_units import ALL_STANCES, LABELS, last_change
from api.dataset.units import UNIT_KEY, unit_key
from api.graphql.parts import Ref
from api.graphql.sql.dialects import DialectText, Expression
from api.numeric import np
from api.security.viewer import Viewer
from api.security.visibility import Visibility, visibility_of
from models import Actor, Annotator, Document, Stance, Statement, Topic
from models.base import table_of

_RELATIVE_WEIGHT = 0.6
"""Size of a stance in these arrays, relative to its size in `StanceUnits`."""
_MAX_DERIVED = 4
"""Results cached for each set of arrays: each may be a matrix of 30 MB."""


@dataclass(frozen=True, slots=True)
class EventColumns:
    """Which columns to read besides holder, target, annotator, label, day and statement."""

    documents: bool = False
    units: bool = False
    """Whether to read the key of the unit of each stance."""

    @property
    def layout(self) -> Layout:
        """The columns of an entry."""
        document = {"document": NUMBER} if self.documents else {}
        return Layout(
            holder=NUMBER,
            target=NUMBER,
            target_type=1,
            annotator=NUMBER,
            label=1,
            day=DAY,
            **document,
            key=UNIT_KEY if self.units else KEY,
        )


@dataclass(frozen=True, slots=True)
class Categories:
    """The rows that occur in a column, by type and key; elements of the column are indexes of these rows."""

    refs: Sequence[Ref]
    places: Mapping[Ref, int]

    @classmethod
    def of(cls, refs: Sequence[Ref]) -> Categories:
        """Return the categories of a column that contains these rows: the category of a row is its index in `refs`."""
        return cls(refs, {ref: place for place, ref in enumerate(refs)})

    def places_of(self, refs: Sequence[Ref]) -> Integers:
        """Return the categories of the rows in `refs` that occur in the column; other rows are skipped."""
        return np.array([self.places[ref] for ref in refs if ref in self.places], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class StanceEvents:
    """Stances of one project that the viewer may see, sorted by day and key of the statement."""

    holders: Categories
    targets: Categories
    annotators: Categories
    documents: Categories | None
    holder: Integers
    target: Integers
    annotator: Integers
    document: Integers | None
    label: Integers
    """The index of the label among the five; -1 if there is none."""
    day: Integers
    """As in `date.toordinal`; `NO_DAY` if the statement has no date."""
    statement: RowKeys
    """Shape (stances, 2): the two halves of the statement's key."""
    units: Keys | None
    version: int | None
    """As in `cache.Snapshot`."""
    derived: SingleFlight = field(default_factory=lambda: SingleFlight(_MAX_DERIVED))
    """Cache of what is computed from these stances."""

    @property
    def weight(self) -> int:
        """The number of stances of `StanceUnits` of the same size, plus a constant for the overhead of an entry."""
        return 1_000 + int(len(self.day) * _RELATIVE_WEIGHT * (1 if self.units is None else 3))


async def read_stance_events(datasets: Datasets, project: UUID, viewer: Viewer, columns: EventColumns) -> StanceEvents:
    """Return all stances of a project that the viewer may see, from the cache if nothing has changed."""

    async def load() -> StanceEvents:
        (row,) = await datasets.fetch(
            ("stance events", columns),
            viewer,
            {PROJECT: project},
            lambda: stance_events_query(datasets.dialect, columns, visibility_of(viewer)),
        )
        return await datasets.compute(lambda: parse_stance_events(row, columns))

    return await datasets.cached(("stance events", columns), project, viewer, load)


# ---------------------------------------------------------------- SQL


def stance_events_query(dialect: DialectText, columns: EventColumns, visibility: Visibility) -> Select[Any]:
    """Return the query of one row.

    Its columns are the entries, the keys of all actors, topics, annotators and documents, and the two columns of the
    version.
    """
    stance = table_of(Stance).alias()
    entries, source = _entry(dialect, stance, columns)
    joined = select(dialect.joined(entries, [])).select_from(source)
    joined = joined.where(*project_conditions(Stance, stance.c, visibility))
    return select(
        joined.scalar_subquery(),
        *(numbered_keys(dialect, model) for model in (Actor, Topic, Annotator)),
        numbered_keys(dialect, Document) if columns.documents else literal(""),
        *version_columns(dialect, last_change(ALL_STANCES).scalar_subquery()),
    )


def _entry(dialect: DialectText, stance: Any, columns: EventColumns) -> tuple[Expression, Any]:
    """Return the expression of an entry in the format of `EventColumns.layout`, and the tables to select it from."""
    holder, actor, topic, annotator = (numbered(model) for model in (Actor, Actor, Topic, Annotator))
    source = stance.join(holder, holder.c.id == stance.c.holder_id)
    source = source.join(annotator, annotator.c.id == stance.c.annotator_id)
    source = source.outerjoin(actor, actor.c.id == stance.c.target_actor_id)
    source = source.outerjoin(topic, topic.c.id == stance.c.target_topic_id)
    entry = [
        digits(holder.c.number),
        digits(func.coalesce(actor.c.number, topic.c.number)),
        case((stance.c.target_topic_id.is_(None), 0), else_=1),
        digits(annotator.c.number),
        _label_place(stance.c.label),
        dialect.plain(stance.c.stated_on_sort),
    ]
    if columns.documents:
        statement, document = table_of(Statement).alias(), numbered(Document)
        source = source.join(statement, statement.c.id == stance.c.statement_id)
        source = source.join(document, document.c.id == statement.c.document_id)
        entry.append(digits(document.c.number))
    entry.append(unit_key(stance.c) if columns.units else cast(stance.c.statement_id, Text))
    return concat(*entry), source


def _label_place(label: Any) -> Expression:
    return case(
        *((type_coerce(label, Text) == literal(name.value, Text()), place) for place, name in enumerate(LABELS))
    )


# ---------------------------------------------------------------- arrays


def parse_stance_events(row: Sequence[Any], columns: EventColumns) -> StanceEvents:
    """Return the stances in the row of `stance_events_query`."""
    text, actors, topics, annotators, documents, position, settled = row
    entries = _sorted(columns.layout.parse(text))
    target_type = parse_numbers(entries["target_type"])
    holders, holder = _categories(entries["holder"], ((actors, "Actor"),))
    targets, target = _categories(entries["target"], ((actors, "Actor"), (topics, "Topic")), target_type)
    people, annotator = _categories(entries["annotator"], ((annotators, "Annotator"),))
    texts, document = (
        _categories(entries["document"], ((documents, "Document"),)) if columns.documents else (None, None)
    )
    return StanceEvents(
        holders=holders,
        targets=targets,
        annotators=people,
        documents=texts,
        holder=holder,
        target=target,
        annotator=annotator,
        document=document,
        label=parse_numbers(entries["label"]),
        day=ordinals_of(parse_days(entries["day"])),
        statement=parse_halves(entries["key"]),
        units=np.ascontiguousarray(entries["key"]) if columns.units else None,
        version=as_version(position, settled),
    )


def _sorted(entries: Records) -> Records:
    halves = parse_halves(entries["key"])
    return entries[np.lexsort((halves[:, 1], halves[:, 0], parse_days(entries["day"])))]


def _categories(
    column: RowKeys, tables: Sequence[tuple[bytes | None, str]], table: Integers | None = None
) -> tuple[Categories, Integers]:
    """Return the categories of a column of row numbers, and the column as indexes of categories.

    :param tables: for each table that the numbers may refer to, the result of `numbered_keys` and the GraphQL type.
    :param table: for each number the index of its table in `tables`, if there are several tables.
    """
    numbers = parse_numbers(column)
    codes = numbers if table is None else numbers + table * 10**NUMBER
    present, places = np.unique(codes, return_inverse=True)
    refs = []
    for code in present.tolist():
        which, number = divmod(code, 10**NUMBER)
        keys, type_name = tables[which]
        refs.append(Ref(type_name, UUID(key_at(keys, number))))
    return Categories.of(refs), places.reshape(-1).astype(np.int64)
