"""Plans: a bound selection compiled once into the driver's own words, and kept."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Dialect, FromClause, Select

from api.cache import BoundedCache
from api.database.reader import Reader, Row
from api.database.statement import Plan
from api.database.steps import Projection
from api.graphql.graph import Entity, Graph
from api.graphql.planning_thread import off_loop
from api.graphql.selection import Field
from api.graphql.sql.arguments import Bound
from api.graphql.sql.dialects import DialectText, for_dialect
from api.graphql.sql.emit import Emitter
from api.graphql.sql.fragments import Fragments, join_roots, joined
from api.graphql.sql.json_text import Scope, TextWriter
from api.graphql.sql.query import Query
from api.security.viewer import Viewer
from api.security.visibility import VIEWER, Visibility, caller

KEY, KEYS = "key", "keys"
"""The names under which `Compiler.entities` expects the key of the one row, or the keys of the rows."""


async def read_as(
    viewer: Viewer,
    reader: Reader,
    dialect: DialectText,
    plan: Plan,
    values: Mapping[str, object],
    cost: float = 0,
) -> Sequence[Row]:
    """The rows of a plan that was made for the sight of `viewer`; `values` are all that it wants beside their key.

    :param cost: what binding the values costs, by estimate.
    """
    bound = {**values, VIEWER: caller(viewer)}
    return await reader.rows(plan.sql, await off_loop(cost, lambda: plan.parameters(bound, dialect.adapt)))


class Planned(Protocol):
    """What plans are made for: an operation as it was read."""

    @property
    def cost(self) -> int:
        """What planning it costs, by estimate."""
        ...


COST_EACH = 100
"""What an ordinary document costs to plan. A cache of documents or plans is bounded by its size times this cost too, of
which each unit takes about a kilobyte: 25 documents of 60 lists take as much memory as 500 ordinary ones."""


class Compiler:
    """Makes plans over one graph for one dialect, and keeps the last `size` of them."""

    def __init__(self, graph: Graph, dialect: Dialect, size: int) -> None:
        self.graph = graph
        self.dialect: DialectText = for_dialect(dialect)
        self._plans: BoundedCache[Hashable, Plan] = BoundedCache(size, size * COST_EACH)
        self._fragments = Fragments(size)
        self._shown: BoundedCache[Hashable, Projection] = BoundedCache(size)

    async def plan(self, recipe: "Recipe") -> Plan:
        """The plan that `recipe` makes, compiled off the event loop where that takes long."""
        plan = self._plans.get(recipe.key)
        if plan is None:
            plan = await off_loop(recipe.cost, recipe.make)
            self._plans.put(recipe.key, plan, recipe.cost)
        return plan

    def query(self, key: Planned, fields: Sequence[Field], bound: Bound, sight: Visibility) -> "Recipe":
        """For root fields: one row, a column of text for each field. `key` stands for the fields."""

        def make() -> Plan:
            emitter = self._emitter(bound, sight)
            return join_roots([(emitter.root(field), field.slot) for field in fields], bound, self.dialect.compiler)

        return Recipe((key, bound.shape, sight), key.cost, make)

    def entities(
        self, key: Planned, field: Field, entity: Entity, bound: Bound, sight: Visibility, *, several: bool
    ) -> "Recipe":
        """For what is selected of rows under a field: key and text of each row that `KEY` or `KEYS` names."""

        def make() -> Plan:
            emitter, keys = self._emitter(bound, sight), KEYS if several else KEY
            return self._joined(emitter.by_keys(entity, field.under(entity.name), keys, several=several), bound)

        return Recipe((key, field.slot, entity.name, bound.shape, sight, several), key.cost, make)

    def edges(self, key: Planned, field: Field, bound: Bound, sight: Visibility) -> "Recipe":
        """For the next edges of a stream: a row for each, with its place, its key and its text."""
        return self._alone(key, bound, sight, lambda emitter: emitter.edges(field))

    def watched(self, key: Planned, field: Field, bound: Bound, sight: Visibility) -> "Recipe":
        """For what is watched: a row with its text, where there is anything."""
        return self._alone(key, bound, sight, lambda emitter: emitter.watched(field))

    def _alone(
        self, key: Planned, bound: Bound, sight: Visibility, write: Callable[[Emitter], Query | Select[Any]]
    ) -> "Recipe":
        make = lambda: self._joined(write(self._emitter(bound, sight)), bound)  # noqa: E731
        return Recipe((key, bound.shape, sight), key.cost, make)

    def shown(
        self, key: Hashable, entity: Entity, fields: Sequence[Field], bound: Bound, sight: Visibility
    ) -> Projection:
        """How those fields of a row are written into a statement that knows the row itself."""
        kept = self._shown.get((key, bound.shape, sight))
        if kept is None:

            def over(rows: FromClause) -> tuple[ColumnElement[Any], FromClause]:
                scope = Scope(rows)
                return self._emitter(bound, sight).entity(entity, fields, rows.c, scope), scope.source

            kept = self._shown[key, bound.shape, sight] = Projection(over)
        return kept

    def _emitter(self, bound: Bound, sight: Visibility) -> Emitter:
        return Emitter(self.graph, TextWriter(self.dialect), bound, sight, self._fragments, bound.shapes())

    def _joined(self, sql: Query | Select[Any], bound: Bound) -> Plan:
        return joined(sql, bound, self.dialect.compiler)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a plan is made, and the key under which it is cached."""

    key: Hashable
    cost: int
    make: Callable[[], Plan]
