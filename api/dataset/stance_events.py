"""Reads who holds which stance towards what, when and where: flat, as one text with an entry of fixed width for each.

Holders, targets, annotators and documents come as numbers into lists of their keys, so that an entry is short, and
what numpy makes of it are small numbers. `ratings` reads the same stances by units, for figures of agreement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, Text, case, cast, func, literal, literal_column, select, type_coerce

from api.analysis.arrays import Integers, Keys
from api.cache import SingleFlight
from api.dataset.datasets import Datasets
from api.dataset.stance_units import EVERYTHING, LABELS, PROJECT, last_place
from api.dataset.units import KEY_LENGTH, key_of
from api.graphql.parts import Ref
from api.graphql.sql.dialects import DialectText, placeholder
from api.numeric import np, npt
from api.security.viewer import Viewer
from api.security.visibility import Visibility, visibility_of, visible
from models import Actor, Annotator, Document, Stance, Statement, Topic
from models.base import Base, Uid, table_of

_ID, _DATE, _NUMBER = 36, 10, 8
_WEIGHS = 0.6
"""How much room a stance takes here, beside one of `ratings`."""
_KEPT_NETWORKS = 4
"""How many results are kept of one reading: each may be a matrix of 30 MB."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What is read beside holder, target, label, day and statement."""

    documents: bool = False
    units: bool = False
    """Whether each stance comes with the text of its unit."""


@dataclass(frozen=True, slots=True)
class Categories:
    """Rows by number: one element for each that occurs, in the order of their types and keys."""

    refs: Sequence[Ref]
    places: Mapping[Ref, int]

    @classmethod
    def of(cls, refs: Sequence[Ref]) -> Categories:
        """So many rows, numbered as they come."""
        return cls(refs, {ref: place for place, ref in enumerate(refs)})

    def among(self, wanted: Sequence[Ref]) -> Integers:
        """The numbers of those that occur."""
        return np.array([self.places[ref] for ref in wanted if ref in self.places], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class StanceEvents:
    """Stances of one project, as far as the caller sees them: one element of each array for each, the earliest first.

    Those of one day stand in the order of their statements' keys.
    """

    holders: Categories
    targets: Categories
    annotators: Categories
    documents: Categories | None
    holder: Integers
    target: Integers
    annotator: Integers
    document: Integers | None
    label: Integers
    """The label's place among the five; -1 for none."""
    day: Integers
    """As `date.toordinal` counts them; `NO_DAY` where the statement has no date."""
    statement: npt.NDArray[np.uint64]
    """Shape (stances, 2): the two halves of the statement's key."""
    units: Keys | None
    version: int | None
    """As in `cache.Snapshot`."""
    derived: SingleFlight = field(default_factory=lambda: SingleFlight(_KEPT_NETWORKS))
    """What was computed of these."""

    @property
    def weight(self) -> int:
        """How many stances of `ratings` take as much room, and a little for having them at all."""
        return 1_000 + int(len(self.day) * _WEIGHS * (1 if self.units is None else 3))


def statement_ref(halves: npt.NDArray[np.uint64]) -> Ref:
    """The statement whose key has these halves."""
    high, low = halves.tolist()
    return Ref("Statement", UUID(int=high << 64 | low))


async def stance_events(measures: Datasets, project: UUID, viewer: Viewer, wanted: Columns) -> StanceEvents:
    """All stances of a project, as far as `viewer` sees them; kept until there is a change."""

    async def read() -> StanceEvents:
        (row,) = await measures.fetch(
            ("held stances", wanted),
            viewer,
            {PROJECT: project},
            lambda: held_statement(measures.dialect, wanted, visibility_of(viewer)),
        )
        return await measures.compute(lambda: held_of(row, wanted))

    return await measures.cached(("held stances", wanted), project, viewer, read)


# ---------------------------------------------------------------- the statement


def held_statement(dialect: DialectText, wanted: Columns, seen_with: Visibility) -> Select[Any]:
    """One row: the entries, the keys of all actors, topics, annotators and documents, the place, and settled."""
    stance = table_of(Stance).alias()
    seen = visible(Stance, stance.c, seen_with)
    entries, source = _entry(dialect, stance, wanted)
    joined = select(dialect.joined(entries, [])).select_from(source)
    joined = joined.where(stance.c.project_id == placeholder(PROJECT, Uid()), *([] if seen is None else [seen]))
    place = last_place(EVERYTHING).scalar_subquery()
    return select(
        joined.scalar_subquery(),
        *(_all_keys(dialect, model) for model in (Actor, Topic, Annotator)),
        _all_keys(dialect, Document) if wanted.documents else literal(""),
        place,
        func.feed_settled(type_=Integer()) if dialect.name == "postgresql" else place + 1,
    )


def _entry(dialect: DialectText, stance: Any, wanted: Columns) -> tuple[Any, Any]:
    """The entry of a stance, and what it is selected from; `_dtype` says where what stands."""
    holder, actor, topic, annotator = (_numbered(model) for model in (Actor, Actor, Topic, Annotator))
    source = stance.join(holder, holder.c.id == stance.c.holder_id)
    source = source.join(annotator, annotator.c.id == stance.c.annotator_id)
    source = source.outerjoin(actor, actor.c.id == stance.c.target_actor_id)
    source = source.outerjoin(topic, topic.c.id == stance.c.target_topic_id)
    kind = case((stance.c.target_topic_id.is_(None), 0), else_=1)
    parts = [
        _digits(holder.c.number),
        _digits(func.coalesce(actor.c.number, topic.c.number)),
        cast(kind, Text),
        _digits(annotator.c.number),
        cast(_label_place(stance.c.label), Text),
        dialect.plain(stance.c.stated_on_sort),
    ]
    if wanted.documents:
        statement, document = table_of(Statement).alias(), _numbered(Document)
        source = source.join(statement, statement.c.id == stance.c.statement_id)
        source = source.join(document, document.c.id == statement.c.document_id)
        parts.append(_digits(document.c.number))
    parts.append(key_of(stance.c) if wanted.units else cast(stance.c.statement_id, Text))
    first, *others = parts
    for part in others:
        first = first.op("||")(part)
    return first, source


def _numbered(model: type[Base]) -> Any:
    row = table_of(model).alias()
    return select(row.c.id, func.row_number().over(order_by=row.c.id).label("number")).subquery()


def _all_keys(dialect: DialectText, model: type[Base]) -> Any:
    row = table_of(model).alias()
    keys = dialect.ordered(select(row.c.id).order_by(row.c.id)).subquery()
    return select(dialect.joined(dialect.plain(keys.c.id), [keys.c.id])).scalar_subquery()


def _label_place(label: Any) -> Any:
    named = [(type_coerce(label, Text) == literal(name.value, Text()), place) for place, name in enumerate(LABELS)]
    return case(*named)


def _digits(number: Any) -> Any:
    return func.substr(cast(literal_column(str(10**_NUMBER)) + number, Text), 2)


# ---------------------------------------------------------------- its text to arrays


def held_of(row: Sequence[Any], wanted: Columns) -> StanceEvents:
    """The stances in the row that `held_statement` gave."""
    text, actors, topics, annotators, documents, place, settled = row
    entries = _in_order(np.frombuffer((text or b"") + (b"," if text else b""), dtype=_dtype(wanted)))
    kind, number = _numbers(entries["kind"]), _numbers(entries["target"])
    holders, holder = _named(_numbers(entries["holder"]), ((actors, "Actor"),))
    targets, target = _named(number, ((actors, "Actor"), (topics, "Topic")), kind)
    people, annotator = _named(_numbers(entries["annotator"]), ((annotators, "Annotator"),))
    papers, document = (
        _named(_numbers(entries["document"]), ((documents, "Document"),)) if wanted.documents else (None, None)
    )
    return StanceEvents(
        holders=holders,
        targets=targets,
        annotators=people,
        documents=papers,
        holder=holder,
        target=target,
        annotator=annotator,
        document=document,
        label=_numbers(entries["label"]),
        day=_days(entries["day"]),
        statement=_halves(entries["key"]),
        units=np.ascontiguousarray(entries["key"]) if wanted.units else None,
        version=place if place < settled else None,
    )


def _dtype(wanted: Columns) -> np.dtype[Any]:
    number = f"S{_NUMBER}"
    parts = [("holder", number), ("target", number), ("kind", "S1"), ("annotator", number), ("label", "S1")]
    parts += [("day", f"S{_DATE}"), *([("document", number)] if wanted.documents else [])]
    return np.dtype([*parts, ("key", f"S{KEY_LENGTH if wanted.units else _ID}"), ("comma", "S1")])


def _in_order(entries: npt.NDArray[Any]) -> npt.NDArray[Any]:
    halves = _halves(entries["key"])
    # Days as they are written sort as days do.
    return entries[np.lexsort((halves[:, 1], halves[:, 0], _days(entries["day"])))]


def _numbers(texts: npt.NDArray[Any]) -> Integers:
    width = texts.dtype.itemsize
    digits = np.ascontiguousarray(texts).view(np.uint8).reshape(-1, width).astype(np.int64) - ord("0")
    numbers: Integers = digits @ (10 ** np.arange(width - 1, -1, -1))
    return numbers


def _days(texts: npt.NDArray[Any]) -> Integers:
    days = np.ascontiguousarray(texts).view(np.uint8).reshape(-1, _DATE).astype(np.int64) - ord("0")
    year, month, day = (days[:, a:b] @ (10 ** np.arange(b - a - 1, -1, -1)) for a, b in ((0, 4), (5, 7), (8, _DATE)))
    first = ((year - 1970) * 12 + month - 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    ordinals: Integers = first + day - 1 + _EPOCH
    return ordinals


_EPOCH = 719_163
"""1970-01-01 as `date.toordinal` counts."""


def _halves(keys: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
    written = np.ascontiguousarray(keys.astype(f"S{_ID}")).tobytes()
    halves = np.frombuffer(bytes.fromhex(written.replace(b"-", b"").decode()), dtype=">u8")
    return halves.reshape(-1, 2).astype(np.uint64)


def _named(
    numbers: Integers, lists: Sequence[tuple[bytes | None, str]], kind: Integers | None = None
) -> tuple[Categories, Integers]:
    """The rows that occur, and which of them each number is; `kind` says which list a number counts in."""
    number = numbers if kind is None else numbers + kind * 10**_NUMBER
    present, places = np.unique(number, return_inverse=True)
    refs = []
    for each in present.tolist():
        which, counted = divmod(each, 10**_NUMBER)
        keys, type_name = lists[which]
        start = (counted - 1) * (_ID + 1)
        refs.append(Ref(type_name, UUID((keys or b"")[start : start + _ID].decode())))
    return Categories.of(refs), places.reshape(-1).astype(np.int64)
