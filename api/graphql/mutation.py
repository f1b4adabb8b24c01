"""How mutations are declared: a line names the service, and the types of the rows that the payload returns.

The input type is made from the service's command (`inputs`), the payload type from the declaration (`payload_types`).
"""

import inspect
import typing
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar, cast

import strawberry
from strawberry.types.field import StrawberryField

from api.database.database import Database
from api.database.steps import Projection, Steps
from api.graphql.fields import argument, camel, object_type
from api.graphql.inputs import batch_input_type, input_type_of, structure
from api.graphql.payload_types import (
    DeletedId,
    Member,
    ReturnedRow,
    SimilarRows,
    Value,
    batch_payload_type,
    payload_type,
    words,
)
from api.security.viewer import Viewer
from api.services.outcome import Outcome

Outcomes = Outcome | Sequence[Outcome]
Service = Callable[..., Awaitable[Outcomes]] | Callable[..., Steps[Outcomes]]
T = TypeVar("T", bound=type)

MUTATION = "mutation"
_SESSION, _VIEWER, _COMMAND = "session", "viewer", "command"


@dataclass(frozen=True)
class MutationDeclaration:
    """A mutation: its service, the class of its command, and the members of its payload by their GraphQL names."""

    service: Service
    command: type
    members: Mapping[str, Member]
    each: "MutationDeclaration | None" = None
    """For a mutation that takes a list of inputs: the mutation that takes one of them."""

    @cached_property
    def projects(self) -> str | None:
        """The parameter through which the service takes a `Projection` of the row that it writes, if it takes one."""
        hints = typing.get_type_hints(self.service)
        return next((name for name, hint in hints.items() if Projection in (hint, *typing.get_args(hint))), None)

    @cached_property
    def settings(self) -> Sequence[str]:
        """The parameters of the service that are settings, by the name of the setting."""
        known = (_SESSION, _VIEWER, _COMMAND)
        parameters = inspect.signature(self.service).parameters.values()
        return [p.name for p in parameters if p.default is p.empty and p.name not in known]

    def inputs(self, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """Return the inputs in the input `values`: its list of inputs, or the input itself."""
        if self.each is None:
            return [values]
        (inputs,) = [value for value in values.values() if isinstance(value, list)]
        return inputs

    async def execute(
        self, database: Database, viewer: Viewer, values: Mapping[str, Any], projection: Projection | None
    ) -> Outcomes:
        """Run the service for `viewer` with the input `values`, and return its outcome."""
        command, service = structure(self.command, values), cast(Any, self.service)
        if inspect.isgeneratorfunction(service):
            more = {self.projects: projection} if self.projects else {}
            return cast(Outcomes, await database.run_steps(lambda: service(viewer, command, **more)))
        settings = {name: getattr(database.settings, name) for name in self.settings}
        return cast(Outcomes, await database.perform(lambda session: service(session, viewer, command, **settings)))


def mutation(
    service: Service,
    *values: Value,
    returns: type | Mapping[str, type] | None = None,
    deletes: type | None = None,
    similar: bool = False,
    each: Any = None,
) -> Any:
    """Declare the mutation that `service` executes. Its name is that of the attribute.

    :param values: members of the payload that are values of the outcome.
    :param returns: the type of the row that the payload returns, under its own name or under those in the mapping.
    :param deletes: the type of the row that the mutation deletes: the payload returns its ID.
    :param similar: if the payload lists rows with an equal name.
    :param each: for a mutation that takes a list of inputs: the mutation that takes one.
    """
    command = typing.get_type_hints(service)[_COMMAND]
    members: list[Member] = [] if deletes is None else [DeletedId(deletes)]
    if isinstance(returns, type):
        returns = {words(returns.__name__).replace(" ", "_"): returns}
    members += [ReturnedRow(name, type_) for name, type_ in (returns or {}).items()]
    members += [SimilarRows(member.type) for member in members if similar and isinstance(member, ReturnedRow)]
    members += values
    one: MutationDeclaration | None = None if each is None else each.metadata[MUTATION]
    declaration = MutationDeclaration(service, command, {camel(m.name): m for m in members}, one)
    input_ = input_type_of(command, correlated=True) if one is None else batch_input_type(command, one.command)
    field = strawberry.field(metadata={MUTATION: declaration})
    field.arguments = [argument("input", input_, "The input of the mutation.")]
    return field


def mutations(cls: T) -> T:
    """Declare the root type of mutations: each attribute gets its payload type."""
    payloads: dict[Any, type] = {}
    for name, field in cls.__dict__.items():
        if isinstance(field, StrawberryField):
            declaration: MutationDeclaration = field.metadata[MUTATION]
            if declaration.each is None:
                payload = payload_type(camel(name), declaration.members)
            else:
                payload = batch_payload_type(camel(name), payloads[declaration.each.service])
            payloads[declaration.service] = payload
    names = [name for name, field in cls.__dict__.items() if isinstance(field, StrawberryField)]
    cls.__annotations__ = dict(zip(names, payloads.values(), strict=True))
    return object_type(cls)
