"""How a field is computed: what is asked of whoever computes it, and what they give."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

from api.errors import OperationError
from api.graphql.parts import Computed
from api.graphql.selection import Arguments, Field, Variables
from api.graphql.sql.arguments import page_size
from api.security.viewer import Viewer


@dataclass(frozen=True, slots=True)
class ToCompute:
    """A computed field of an operation."""

    field: Field
    part: Computed
    above: Field | None
    """The field that it is selected under, or the list whose edge that is; None at the root."""

    def arguments(self, variables: Variables) -> dict[str, Any]:
        """Its arguments by their names in Python."""
        return python_names(self.field.arguments(variables))

    def arguments_above(self, variables: Variables) -> dict[str, Any]:
        """The same of the field that it is selected under."""
        return {} if self.above is None else python_names(self.above.arguments(variables))


D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class ComputeRequest(Generic[D]):
    """What is to be computed: for each of `keys`, with these arguments, as `viewer` sees it."""

    keys: Sequence[UUID]
    arguments: Arguments
    fields: Sequence[Field]
    """What is selected of it: what is not need not be computed."""
    viewer: Viewer
    measures: D
    """What the computation reads from. The engine passes it on."""
    above: Arguments = field(default_factory=dict)
    """The arguments of the field that this one is selected under, or of the list whose edge that is."""

    def wants(self, *path: str) -> bool:
        """Whether the member that `path` leads to (as GraphQL calls them) is selected."""
        fields = self.fields
        for name in path[:-1]:
            fields = [below for f in fields if f.name == name for below in f.only]
        return any(f.name == path[-1] for f in fields)


def python_names(arguments: Arguments) -> dict[str, Any]:
    """Arguments by their names in Python."""
    return {snake(name): value for name, value in arguments.items()}


def snake(name: str) -> str:
    """`statedOn` → `stated_on`."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def checked(computed: Mapping[int, ToCompute], paged: Sequence[Field], variables: Variables) -> None:
    """Let pass what can be computed.

    :param paged: the fields within what is computed, any of which may be a page.
    :raises BadArgument: for the first argument that cannot be understood.
    """
    asked: Any = None
    try:
        for each in computed.values():
            asked = each.field
            arguments = each.arguments(variables)
            if each.part.check is not None:
                each.part.check(arguments)
        for asked in (*(each.field for each in computed.values()), *paged):
            page_size(asked.arguments(variables))
    except OperationError as error:
        error.path = asked.path
        raise


Computation: TypeAlias = Callable[[ComputeRequest[D]], Awaitable[Mapping[UUID, Any]]]
"""Computes a field: key → a plain object, a list of such, or None. What belongs to no row has the key `NOWHERE`.

An object has an attribute for each field of its GraphQL type, named as in Python. One that takes arguments is a
method, called with them by their names in Python.
"""
