"""The interface of computed fields: the request that a computation gets, and what it returns (ADR 0014)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

from api.errors import OperationError
from api.graphql.parts import Computed
from api.graphql.plan import OperationPlan, PlanNode
from api.graphql.selection import Arguments, Variables
from api.graphql.sql.arguments import page_size
from api.security.viewer import Viewer

D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class ComputeRequest(Generic[D]):
    """A request to compute a field for each of `keys`, with these arguments, as `viewer` may see it."""

    keys: Sequence[UUID]
    arguments: Arguments
    fields: Sequence[PlanNode]
    """The fields that are selected: others need not be computed."""
    viewer: Viewer
    datasets: D
    """The data source of the computation, passed to it unchanged by the engine."""
    above: Arguments = field(default_factory=dict)
    """The arguments of the field that this one is selected under, or of the list that the edge belongs to."""

    def wants(self, *path: str) -> bool:
        """True if the member at `path`, in GraphQL names, is selected."""
        fields = self.fields
        for name in path[:-1]:
            fields = [below for f in fields if f.name == name for below in f.only]
        return any(f.name == path[-1] for f in fields)


def python_names(arguments: Arguments) -> dict[str, Any]:
    """Return arguments by their names in Python."""
    return {snake(name): value for name, value in arguments.items()}


def snake(name: str) -> str:
    """`statedOn` → `stated_on`."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def arguments_of(node: PlanNode, variables: Variables) -> dict[str, Any]:
    """Return the arguments of a computed node by their names in Python."""
    return python_names(node.arguments(variables))


def arguments_above(node: PlanNode, variables: Variables) -> dict[str, Any]:
    """Return the arguments of the field that a computed node is selected under, by their names in Python."""
    return {} if node.list_field is None else python_names(node.list_field.arguments(variables))


def check_computed(plan: OperationPlan, variables: Variables) -> None:
    """Check the arguments of all computed nodes, and of the pages within them.

    :raises BadArgument: for the first argument that is not valid.
    """
    node: PlanNode | None = None
    try:
        for node in plan.computed.values():
            assert isinstance(node.part, Computed)
            if node.part.check is not None:
                node.part.check(arguments_of(node, variables))
        for node in (*plan.computed.values(), *plan.pages):
            page_size(node.arguments(variables))
    except OperationError as error:
        assert node is not None
        error.path = node.path
        raise


Computation: TypeAlias = Callable[[ComputeRequest[D]], Awaitable[Mapping[UUID, Any]]]
"""Computes a field: key → a plain object, a list of objects, or None. `NOWHERE` is the key of a field without a row. An
object has an attribute for each field of its GraphQL type, by its name in Python. A field with arguments is a method,
which takes the arguments by their names in Python."""
