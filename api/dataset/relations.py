"""Reads relations and memberships as arrays: one statement, whose answer is two texts, as in `ratings`."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Select, Text, case, cast, func, literal, literal_column, null, select, type_coerce

from api.analysis.arrays import Booleans, Days, Integers, Keys
from api.cache import SingleFlight
from api.dataset.change_watermark import ChangeWatermark, settled
from api.dataset.units import pieces
from api.graphql.graph import Graph
from api.graphql.parts import Ref
from api.graphql.sql.arguments import Bound, bind_predicates
from api.graphql.sql.dialects import DialectText, Expression
from api.graphql.sql.emit import Emitter
from api.graphql.sql.json_text import TextWriter
from api.graphql.sql.predicates import Predicate
from api.numeric import np
from api.security.viewer import Viewer
from api.security.visibility import Visibility, caller, visibility_of, visible
from models import Actor, Membership, Relation, RelationKind
from models.base import table_of

MATTERING = (Relation, Membership, Actor)
"""What a network is made of: where nothing of these has changed, it has not."""
ALWAYS = ("0001-01-01", "9999-12-31")
"""The first and the last day there is: they stand for open ends."""
_ID, _DAY = 36, 10
_RELATION, _MEMBERSHIP = 3 * _ID + 2 + 2 * _DAY, 2 * _ID + 2 * _DAY


@dataclass(frozen=True)
class RelationSelection:
    """Which relations are looked at."""

    filter: Mapping[str, Any] = field(default_factory=dict)
    """A filter of relations, by the GraphQL names of its fields."""
    predicates: Mapping[str, Predicate] = field(default_factory=dict)
    """What the filter's fields ask."""
    with_memberships: bool = False
    """Whether memberships are read, too."""

    @cached_property
    def bound(self) -> Bound:
        """What is to be bound.

        :raises BadArgument: where the filter cannot be understood.
        """
        bound = Bound()
        bind_predicates(self.predicates, self.filter, "relations", "filter.", bound)
        bound.choices["memberships"] = self.with_memberships
        return bound

    @property
    def key(self) -> Hashable:
        """Equal for what chooses the same."""
        return self.bound.shape, orjson.dumps(self.bound.values, default=repr)


@dataclass(frozen=True, eq=False)
class Periods:
    """From when to when rows hold, both days in it: one element of each for each row."""

    begins: Days
    ends: Days

    def overlap(self, first: np.datetime64, last: np.datetime64) -> Booleans:
        """Which of them hold on one of these days."""
        found: Booleans = (self.begins <= last) & (self.ends >= first)
        return found


@dataclass(frozen=True, eq=False)
class RelationRows:
    """Relations, by id: one element of each array for each of them. Actors are places in `actors`."""

    actors: Keys
    """The keys of all actors in a relation or a membership, sorted."""
    keys: Keys
    source: Integers
    target: Integers
    positive: Booleans
    directed: Booleans
    held: Periods
    member: Integers
    """One element for each membership, by id; none where they were not asked for."""
    group: Integers
    belonged: Periods
    version: int | None
    """As in `cache.Snapshot`."""
    derived: SingleFlight = field(default_factory=SingleFlight)
    """What was computed of these."""

    @property
    def weight(self) -> int:
        """How many rows, and a little for having them at all."""
        return 1_000 + len(self.keys) + len(self.member)


def refs(type_name: str, keys: Keys) -> list[Ref]:
    """The rows of that GraphQL type with these keys."""
    return [Ref(type_name, UUID(key.decode())) for key in keys.tolist()]


def shared_by(viewer: Viewer) -> Hashable:
    """Equal for callers who are shown the same relations and memberships."""
    hidden = (visible(model, table_of(model).c, visibility_of(viewer)) is not None for model in MATTERING)
    return caller(viewer) if any(hidden) else None


# ---------------------------------------------------------------- the statement


def relations_statement(
    dialect: DialectText, chosen: RelationSelection, seen_with: Visibility, last: ChangeWatermark
) -> Select[Any]:
    """One row: relations, memberships, the place of the last change, and up to where none can come any more."""
    emitter = Emitter(Graph((), {}), TextWriter(dialect), chosen.bound, seen_with)
    row, seen = emitter.rows(Relation)
    asked = emitter.conditions(chosen.predicates, "relations", row.c)
    kind = case((type_coerce(row.c.kind, Text) == literal(RelationKind.ALLIANCE.value, Text()), "1"), else_="0")
    directed = case((row.c.directed, "1"), else_="0")
    entry = _joined([row.c.id, row.c.source_id, row.c.target_id], kind, directed, *_period(row.c))
    relations = _listed(dialect, select(row.c.id, entry.label("entry")).where(seen, *asked))
    memberships = _memberships(dialect, emitter) if chosen.with_memberships else cast(null(), Text())
    place = last.place()
    return select(relations, memberships, place, settled(dialect, place))


def _memberships(dialect: DialectText, emitter: Emitter) -> Expression:
    row, seen = emitter.rows(Membership)
    entry = _joined([row.c.member_id, row.c.group_id], *_period(row.c))
    return _listed(dialect, select(row.c.id, entry.label("entry")).where(seen))


def _listed(dialect: DialectText, rows: Select[Any]) -> Expression:
    key = rows.selected_columns.id
    entries = dialect.ordered(rows, key).subquery()
    return select(dialect.joined(entries.c.entry, [entries.c.id])).scalar_subquery()


def _joined(keys: Sequence[Expression], *more: Expression) -> Expression:
    texts: list[Expression] = [*(cast(key, Text) for key in keys), *more]
    return reduce(lambda text, other: text.op("||", return_type=Text())(other), texts)


def _period(row: Any) -> list[Expression]:
    first, last = (literal_column(f"'{day}'", Text()) for day in ALWAYS)
    return [func.coalesce(cast(row.valid_from, Text), first), func.coalesce(cast(row.valid_to, Text), last)]


# ---------------------------------------------------------------- texts to arrays


def relations_of(row: Sequence[Any]) -> RelationRows:
    """The relations in the row that `relations_statement` gave."""
    relations, memberships, place, settled_to = row
    ties = _columns(relations, _RELATION, _ID, _ID, _ID, 1, 1, _DAY, _DAY)
    belonging = _columns(memberships, _MEMBERSHIP, _ID, _ID, _DAY, _DAY)
    keys, source, target, kind, directed, *held = ties
    member, group, *belonged = belonging
    actors, places = np.unique(np.concatenate([source, target, member, group]), return_inverse=True)
    ends = np.cumsum([len(source), len(target), len(member)])
    at = [part.astype(np.int64) for part in np.split(places.reshape(-1), ends)]
    return RelationRows(
        actors=actors,
        keys=keys,
        source=at[0],
        target=at[1],
        positive=kind == b"1",
        directed=directed == b"1",
        held=_days(held),
        member=at[2],
        group=at[3],
        belonged=_days(belonged),
        version=place if place < settled_to else None,
    )


def _columns(text: bytes | None, width: int, *widths: int) -> list[Keys]:
    """The columns of a text of entries of that width."""
    entries = pieces(text, width).reshape(-1)
    names = [f"f{at}" for at in range(len(widths))]
    kind = np.dtype([(name, f"S{wide}") for name, wide in zip(names, widths, strict=True)])
    found = entries.view(kind) if len(entries) else np.empty(0, dtype=kind)
    return [found[name].copy() for name in names]


def _days(ends: Sequence[Keys]) -> Periods:
    begins, until = (np.asarray(end.astype(f"U{_DAY}"), dtype="datetime64[D]") for end in ends)
    return Periods(begins, until)
