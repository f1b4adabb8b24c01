"""Compiles plan trees into SQL plans, and caches the plans."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Dialect, FromClause, Select

from api.cache import BoundedCache
from api.database.reader import Reader, Row
from api.database.statement import Plan
from api.database.steps import Projection
from api.graphql.graph import Graph
from api.graphql.plan import OperationPlan, PlanNode
from api.graphql.planning_thread import off_loop
from api.graphql.sql.bound import Bound
from api.graphql.sql.dialects import DialectText, for_dialect
from api.graphql.sql.emit import Emitter
from api.graphql.sql.fragments import Fragments, join_roots, joined
from api.graphql.sql.json_text import Scope, TextWriter
from api.graphql.sql.query import SelectQuery
from api.security.viewer import Viewer
from api.security.visibility import VIEWER, Visibility, caller

_KEY, _KEYS = "key", "keys"


def row_values(keys: Sequence[UUID]) -> Mapping[str, object]:
    """Return the values of the parameters of `Compiler.rows` for one key or several keys."""
    return {_KEYS: list(dict.fromkeys(keys))} if len(keys) > 1 else {_KEY: keys[0]}


async def read_as(
    viewer: Viewer,
    reader: Reader,
    dialect: DialectText,
    plan: Plan,
    values: Mapping[str, object],
    cost: float = 0,
) -> Sequence[Row]:
    """Return the rows of a plan that was made for the visibility of `viewer`; `values` are the values of the other
    parameters.

    :param cost: the estimated cost of binding the values.
    """
    bound = {**values, VIEWER: caller(viewer)}
    return await reader.rows(plan.sql, await off_loop(cost, lambda: plan.parameters(bound, dialect.adapt)))


COST_EACH = 100
"""Planning cost of an ordinary document. A cache of documents or plans is bounded by its size times this cost, too; a
unit takes about a kilobyte: 25 documents of 60 lists take as much memory as 500 ordinary ones."""


class Compiler:
    """Makes plans over one graph for one dialect, and caches `size` of them."""

    def __init__(self, graph: Graph, dialect: Dialect, size: int) -> None:
        self.graph = graph
        self.dialect: DialectText = for_dialect(dialect)
        self._plans: BoundedCache[Hashable, Plan] = BoundedCache(size, size * COST_EACH)
        self._fragments = Fragments(size)
        self._projections: BoundedCache[Hashable, Projection] = BoundedCache(size)

    async def plan(self, recipe: "Recipe") -> Plan:
        """Return the plan of a recipe. It is compiled off the event loop if that takes long."""
        plan = self._plans.get(recipe.key)
        if plan is None:
            plan = await off_loop(recipe.cost, recipe.make)
            self._plans.put(recipe.key, plan, recipe.cost)
        return plan

    def query(self, plan: OperationPlan, nodes: Sequence[PlanNode], bound: Bound, visibility: Visibility) -> "Recipe":
        """Return the recipe for root fields: one row, with a column of text for each field."""

        def make() -> Plan:
            emitter = self._emitter(bound, visibility)
            return join_roots([(emitter.root(node), node.slot) for node in nodes], bound, self.dialect.compiler)

        return Recipe((plan, bound.shape, visibility), plan.cost, make)

    def rows(
        self,
        plan: OperationPlan,
        node: PlanNode,
        type_name: str,
        bound: Bound,
        visibility: Visibility,
        *,
        several: bool,
    ) -> "Recipe":
        """Return the recipe for rows under a node: key and text of each row whose key is in `row_values`."""
        entity = self.graph.named(type_name)

        def make() -> Plan:
            emitter, keys = self._emitter(bound, visibility), _KEYS if several else _KEY
            return self._joined(emitter.by_keys(entity, node.under(type_name), keys, several=several), bound)

        return Recipe((plan, node.slot, type_name, bound.shape, visibility, several), plan.cost, make)

    def edges(self, plan: OperationPlan, node: PlanNode, bound: Bound, visibility: Visibility) -> "Recipe":
        """Return the recipe for the next edges of a stream: a row for each, with feed position, key and text."""
        return self._alone(plan, bound, visibility, lambda emitter: emitter.edges(node))

    def live_field(self, plan: OperationPlan, node: PlanNode, bound: Bound, visibility: Visibility) -> "Recipe":
        """Return the recipe for a live field: a row with its text, if there is one."""
        return self._alone(plan, bound, visibility, lambda emitter: emitter.live_field(node))

    def _alone(
        self,
        plan: OperationPlan,
        bound: Bound,
        visibility: Visibility,
        write: Callable[[Emitter], SelectQuery | Select[Any]],
    ) -> "Recipe":
        make = lambda: self._joined(write(self._emitter(bound, visibility)), bound)  # noqa: E731
        return Recipe((plan, bound.shape, visibility), plan.cost, make)

    def projection(
        self, plan: OperationPlan, node: PlanNode, type_name: str, bound: Bound, visibility: Visibility
    ) -> Projection:
        """Return how the nodes below `node` are written in the statement that writes their row."""
        key = (plan, node.slot, bound.shape, visibility)
        cached = self._projections.get(key)
        if cached is None:
            entity = self.graph.named(type_name)

            def over(rows: FromClause) -> tuple[ColumnElement[Any], FromClause]:
                scope = Scope(rows)
                written = self._emitter(bound, visibility).entity(entity, node.under(type_name), rows.c, scope)
                return written, scope.source

            cached = self._projections[key] = Projection(over)
        return cached

    def _emitter(self, bound: Bound, visibility: Visibility) -> Emitter:
        return Emitter(self.graph, TextWriter(self.dialect), visibility, bound, self._fragments)

    def _joined(self, sql: SelectQuery | Select[Any], bound: Bound) -> Plan:
        return joined(sql, bound, self.dialect.compiler)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a plan is made, and its key in the cache."""

    key: Hashable
    cost: int
    make: Callable[[], Plan]
