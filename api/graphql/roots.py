"""Executes the root fields of queries and mutations: a query is one statement, a mutation a service and a payload."""

from collections.abc import Mapping, Sequence

import structlog

from api.errors import InternalError, NotExecuted, OperationError, TooCostly
from api.graphql.field_errors import Failures
from api.graphql.introspection import Introspection
from api.graphql.operation import Operation
from api.graphql.parts import Computed, mark
from api.graphql.payload import PayloadWriter
from api.graphql.plan import PlanNode
from api.graphql.sql.unpaged import TOO_MANY

log = structlog.get_logger("stancegraph.operation")

_TOO_MANY = TOO_MANY.encode()
_TYPENAME = b'"Mutation"'


async def execute_query(operation: Operation, introspection: Introspection, failures: Failures) -> list[bytes]:
    """Return the JSON texts of the root fields of a query, with marks for what is computed."""
    nodes = operation.plan.nodes
    compiled = [node for node in nodes if node.part is not None and not isinstance(node.part, Computed)]
    written: dict[str, bytes] = {node.key: b'"Query"' for node in nodes if node.name == "__typename"}
    written.update((node.key, mark(node.slot).encode()) for node in nodes if isinstance(node.part, Computed))
    for error in operation.bound.errors:
        failures.add(error)
    if compiled:
        texts = await operation.roots(compiled)
        written.update(zip((node.key for node in compiled), texts, strict=True))
        written.update(_too_many(compiled, written, failures))
    if len(written) < len(nodes):
        written.update(await introspection.answer(operation.document, operation.variables))
    return [written[node.key] for node in nodes]


def _too_many(compiled: Sequence[PlanNode], written: Mapping[str, bytes], failures: Failures) -> Mapping[str, bytes]:
    """Return an error mark (see `field_errors`) for each unpaged root that exceeds its limit of rows."""
    message = "this network has more than 10,000 relations: narrow it by the filter"
    return {
        node.key: failures.mark(node, TooCostly(message, argument="filter"))
        for node in compiled
        if written[node.key] == _TOO_MANY
    }


async def execute_mutations(operation: Operation, failures: Failures) -> list[bytes]:
    """Execute the mutations of a document one after the other; return the JSON texts of their payloads.

    If a mutation fails, the answer has the payloads of the mutations before it. Later mutations are not executed.
    """
    nodes = operation.plan.nodes
    members: list[bytes] = []
    for node in nodes:
        try:
            members.append(await _execute(operation, node))
        except Exception as error:
            if not any(each.name in operation.engine.built.mutations for each in nodes[: len(members)]):
                raise
            return members + _not_executed(nodes[len(members) :], error, failures, operation.request_id)
    return members


async def _execute(operation: Operation, node: PlanNode) -> bytes:
    if node.name == "__typename":
        return _TYPENAME
    mutation, database, viewer = (
        operation.engine.built.mutations[node.name],
        operation.engine.database,
        operation.viewer,
    )
    try:
        values = node.arguments(operation.variables)["input"]
        projection = operation.projection(node.only) if mutation.projects else None
        outcome = await mutation.execute(database, viewer, values, projection)
        await database.note_change(viewer.annotator_id)
        return await PayloadWriter(operation, mutation).write(node, values, outcome)
    except OperationError as error:
        error.path = node.path
        raise


def _not_executed(nodes: Sequence[PlanNode], error: Exception, failures: Failures, request_id: str) -> list[bytes]:
    """Return the error marks (see `field_errors`) of the failed mutation and of all later mutations."""
    failed, *others = nodes
    if not isinstance(error, OperationError):
        log.error("failure", request_id=request_id, mutation=failed.name, exc_info=error)
        error = InternalError(request_id)
    error.path = failed.path
    failures.add(error)
    for node in others:
        if node.name != "__typename":
            failures.add(NotExecuted(f"not executed, since {failed.key} before it failed", node.path))
    return [_TYPENAME if node.name == "__typename" else b"null" for node in nodes]
