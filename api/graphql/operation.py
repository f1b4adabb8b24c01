"""An operation in flight: its plan tree, its variables, its bound arguments, and the viewer that it runs for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from api.database.database import Database
from api.database.reader import Row
from api.database.steps import Projection
from api.graphql.built_schema import BuiltSchema
from api.graphql.computation import check_computed
from api.graphql.documents import DocumentOperation
from api.graphql.parts import Embed
from api.graphql.plan import OperationPlan, PlanNode, RowKey
from api.graphql.planning_thread import off_loop
from api.graphql.selection import Variables
from api.graphql.sql.arguments import bind, check_nodes
from api.graphql.sql.bound import Bound
from api.graphql.sql.compiler import Compiler, read_as, row_values
from api.security.viewer import Viewer
from api.security.visibility import visibility_of
from api.settings import Settings


@dataclass(frozen=True, slots=True)
class Engine:
    """The services that all operations share: schema, compiler, database, settings."""

    built: BuiltSchema
    compiler: Compiler
    database: Database
    settings: Settings
    datasets: Any
    """The data source of computed fields, passed to them unchanged."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of one request."""

    engine: Engine
    document: DocumentOperation
    plan: OperationPlan
    variables: Variables
    viewer: Viewer
    bound: Bound
    """The arguments of the fields that a query or a subscription reads."""
    bound_rows: Mapping[RowKey, Bound]
    """The arguments of the rows in payloads and within computed fields."""
    cost: float
    """The estimated cost of binding all variables."""
    request_id: str

    def for_viewer(self, viewer: Viewer) -> "Operation":
        """Return the operation for another viewer."""
        return replace(self, viewer=viewer)

    async def roots(self, nodes: Sequence[PlanNode]) -> Row:
        """Read root fields of a query; return their JSON texts."""
        engine = self.engine
        recipe = engine.compiler.query(self.plan, nodes, self.bound, visibility_of(self.viewer))
        plan = await engine.compiler.plan(recipe)
        reader = engine.database.reader_for(self.viewer.annotator_id)
        (row,) = await read_as(self.viewer, reader, engine.compiler.dialect, plan, self.bound.values, self.cost)
        return row

    async def rows(self, node: PlanNode, type_name: str, keys: Sequence[UUID]) -> Mapping[bytes, bytes]:
        """Read rows under a node; return the JSON text of each row by the text of its key.

        :raises TooCostly: if rows within a computed field may hold too many nodes.
        """
        if not keys:
            return {}
        engine, bound = self.engine, self.bound_rows[node.slot, type_name]
        if self.plan.rows[node.slot, type_name].is_computed:
            check_nodes(bound, engine.settings.max_nodes // len(keys))
        visibility = visibility_of(self.viewer)
        recipe = engine.compiler.rows(self.plan, node, type_name, bound, visibility, several=len(keys) > 1)
        plan = await engine.compiler.plan(recipe)
        values = {**bound.values, **row_values(keys)}
        rows = await read_as(self.viewer, engine.database.reader, engine.compiler.dialect, plan, values, self.cost)
        return {key: text for key, text in rows}  # noqa: C416 (rows of the driver are no pairs to `dict`)

    def projection(self, nodes: Sequence[PlanNode]) -> Projection | None:
        """Return the projection of the one row in a payload, to be written by the statement that writes the row.

        None if the payload contains several rows, or reads anything else that the mutation may change.
        """
        rows = [(node, name) for node in nodes for name in node.children if (node.slot, name) in self.plan.rows]
        if len(rows) != 1:
            return None
        ((node, type_name),) = rows
        statement = self.plan.rows[node.slot, type_name]
        if not all(isinstance(each.node.part, Embed) for each in statement.arguments):
            return None
        bound = self.bound_rows[node.slot, type_name]
        return self.engine.compiler.projection(self.plan, node, type_name, bound, visibility_of(self.viewer))


async def prepare(
    engine: Engine, document: DocumentOperation, variables: Variables, weight: float, viewer: Viewer, request_id: str
) -> Operation:
    """Plan an operation and bind its arguments: everything that can be wrong with a request before it is executed.

    :param weight: the estimated cost of binding the variables to one field.
    :raises BadArgument: if an argument is not valid.
    :raises TooCostly: if the operation exceeds the limits on its cost.
    """
    plan = await document.plan(variables)
    cost = weight * plan.bindings + len(document.text) / 100
    bound, bound_rows = await off_loop(cost, lambda: _bind_all(engine, plan, variables))
    return Operation(engine, document, plan, variables, viewer, bound, bound_rows, cost, request_id)


def _bind_all(engine: Engine, plan: OperationPlan, variables: Variables) -> tuple[Bound, Mapping[RowKey, Bound]]:
    max_nodes, max_filter_values = engine.settings.max_nodes, engine.settings.max_filter_values
    bound_rows: dict[RowKey, Bound] = {}
    in_payloads: list[RowKey] = []
    for key, statement in plan.rows.items():
        if statement.is_computed:
            bound_rows[key] = bind(statement, variables, max_nodes, max_filter_values)
        else:
            in_payloads.append(key)
    # Before anything is changed: an error in what a payload reads must refuse the mutation.
    for node in plan.nodes if in_payloads else ():
        mutation = engine.built.mutations.get(node.name)
        number = 1 if mutation is None else max(1, len(mutation.inputs(node.arguments(variables)["input"])))
        for key in in_payloads:
            if key[0] in node.slots:
                bound_rows[key] = bind(plan.rows[key], variables, max_nodes // number, max_filter_values)
    if plan.computed:
        check_computed(plan, variables)
    return bind(plan.statement, variables, max_nodes, max_filter_values), bound_rows
