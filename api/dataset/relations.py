"""Reads relations and memberships as arrays, with one query."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson
from sqlalchemy import Select, Text, case, cast, func, literal, literal_column, null, select, type_coerce

from api.analysis.arrays import Booleans, Days, Integers, Keys, Records
from api.cache import SingleFlight
from api.dataset.change_watermark import ChangeWatermark, version_columns
from api.dataset.columns import DAY, KEY, Layout, as_version, concat, joined_entries, parse_days, unique_keys
from api.graphql.graph import Graph
from api.graphql.sql.bound import BoundArguments
from api.graphql.sql.dialects import DialectText, Expression
from api.graphql.sql.emit import Emitter
from api.graphql.sql.json_text import TextWriter
from api.graphql.sql.predicates import Predicate
from api.numeric import np
from api.security.viewer import Viewer
from api.security.visibility import Visibility, caller, visibility_of, visible
from models import Actor, Membership, Relation, RelationKind
from models.base import table_of

NETWORK_MODELS = (Relation, Membership, Actor)
"""The models that a network is made of: while no row of these changes, the network does not change."""
OPEN_ENDS = ("0001-01-01", "9999-12-31")
"""The first and the last day of the calendar: they stand for open ends of a validity."""
_VALIDITY = {"begins": DAY, "ends": DAY}
_RELATIONS = Layout(key=KEY, source=KEY, target=KEY, positive=1, directed=1, **_VALIDITY)
_MEMBERSHIPS = Layout(member=KEY, group=KEY, **_VALIDITY)


@dataclass(frozen=True)
class RelationSelection:
    """Which relations to read, and whether to read memberships."""

    filter: Mapping[str, Any] = field(default_factory=dict)
    """A filter of relations, by the GraphQL names of its fields."""
    predicates: Mapping[str, Predicate] = field(default_factory=dict)
    """The predicates of the filter's fields."""
    with_memberships: bool = False

    @cached_property
    def bound(self) -> BoundArguments:
        """The parameters of the query.

        :raises BadArgument: if the filter is invalid.
        """
        bound = BoundArguments(choices=(self.with_memberships,))
        bound.bind_filter(self.predicates, self.filter, "relations", "filter.")
        return bound

    @property
    def key(self) -> Hashable:
        """The key in a cache: equal for equal selections."""
        return self.bound.shape, orjson.dumps(self.bound.values, default=repr)


@dataclass(frozen=True, eq=False)
class Periods:
    """First and last day of the validity of each row, both included."""

    begins: Days
    ends: Days

    def overlap(self, first: np.datetime64, last: np.datetime64) -> Booleans:
        """Return for each row whether it is valid on any day from `first` to `last`."""
        overlapping: Booleans = (self.begins <= last) & (self.ends >= first)
        return overlapping


@dataclass(frozen=True, eq=False)
class RelationRows:
    """Relations, sorted by ID: one element of each array for each relation. Actors are indexes in `actors`."""

    actors: Keys
    """The sorted keys of all actors in a relation or a membership."""
    keys: Keys
    source: Integers
    target: Integers
    positive: Booleans
    directed: Booleans
    validity: Periods
    member: Integers
    """One element for each membership, sorted by ID; empty if memberships were not requested."""
    group: Integers
    membership_validity: Periods
    version: int | None
    """As in `cache.Snapshot`."""
    derived: SingleFlight = field(default_factory=SingleFlight)
    """Cache of what is computed from these rows."""

    @property
    def weight(self) -> int:
        """The number of rows, plus a constant for the overhead of an entry."""
        return 1_000 + len(self.keys) + len(self.member)


def visibility_key(viewer: Viewer) -> Hashable:
    """Return a key that is equal for viewers that see the same relations and memberships."""
    restricted = (visible(model, table_of(model).c, visibility_of(viewer)) is not None for model in NETWORK_MODELS)
    return caller(viewer) if any(restricted) else None


# ---------------------------------------------------------------- SQL


def relations_query(
    dialect: DialectText, selection: RelationSelection, visibility: Visibility, watermark: ChangeWatermark
) -> Select[Any]:
    """Return the query of one row: relations, memberships, and the two columns of the version."""
    emitter = Emitter(Graph((), {}), TextWriter(dialect), visibility)
    row, seen = emitter.rows(Relation)
    filters = emitter.conditions(selection.bound.filters["relations"], row.c)
    positive = case((type_coerce(row.c.kind, Text) == literal(RelationKind.ALLIANCE.value, Text()), "1"), else_="0")
    directed = case((row.c.directed, "1"), else_="0")
    entry = concat(row.c.id, row.c.source_id, row.c.target_id, positive, directed, *_validity(row.c))
    relations = joined_entries(dialect, entry, select().where(seen, *filters), row.c.id)
    memberships = _memberships(dialect, emitter) if selection.with_memberships else cast(null(), Text())
    return select(relations, memberships, *version_columns(dialect, watermark.position()))


def _memberships(dialect: DialectText, emitter: Emitter) -> Expression:
    row, seen = emitter.rows(Membership)
    entry = concat(row.c.member_id, row.c.group_id, *_validity(row.c))
    return joined_entries(dialect, entry, select().where(seen), row.c.id)


def _validity(row: Any) -> list[Expression]:
    first, last = (literal_column(f"'{day}'", Text()) for day in OPEN_ENDS)
    return [func.coalesce(cast(row.valid_from, Text), first), func.coalesce(cast(row.valid_to, Text), last)]


# ---------------------------------------------------------------- arrays


def parse_relations(row: Sequence[Any]) -> RelationRows:
    """Return the relations in the row of `relations_query`."""
    relations, memberships, position, settled = row
    ties, belonging = _RELATIONS.parse(relations), _MEMBERSHIPS.parse(memberships)
    actors, places = unique_keys(ties["source"], ties["target"], belonging["member"], belonging["group"])
    source, target, member, group = places
    return RelationRows(
        actors=actors,
        keys=ties["key"].copy(),
        source=source,
        target=target,
        positive=ties["positive"] == b"1",
        directed=ties["directed"] == b"1",
        validity=_periods(ties),
        member=member,
        group=group,
        membership_validity=_periods(belonging),
        version=as_version(position, settled),
    )


def _periods(entries: Records) -> Periods:
    return Periods(parse_days(entries["begins"]), parse_days(entries["ends"]))
