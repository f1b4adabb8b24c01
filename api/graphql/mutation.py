"""How mutations are declared: a service names its command, and the command's class is the input.

The fields of a command, with their types and docstrings, become the input type; what a caller sends is put back
into a command before the service sees it.
"""

import dataclasses
import inspect
import types
import typing
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Annotated, Any, cast

import strawberry

from api.database.database import Database
from api.database.steps import Projection, Steps
from api.errors import ErrorCode
from api.graphql.fields import argument, camel, documented, enum_type, object_type
from api.ids import Id
from api.limits import Limit
from api.names import metadata
from api.security.viewer import Viewer
from api.services.actors import NamedAs
from api.services.outcome import Keep, Outcome
from api.services.stances.record import StanceTarget

enum_type(
    ErrorCode,
    INVALID="The input can never be right as it is.",
    NOT_FOUND="It leads to nothing.",
    CONFLICT="It does not fit what stands now.",
    DUPLICATE="It is there already.",
)

Outcomes = Outcome | Sequence[Outcome]
Service = Callable[..., Awaitable[Outcomes]] | Callable[..., Steps[Outcomes]]

CHANGE = "change"
_NAMES: Mapping[Any, str] = {NamedAs: "ActorAliasInput"}


@dataclass(frozen=True)
class Change:
    """What stands behind a mutation."""

    service: Service
    command: type

    @cached_property
    def shows(self) -> bool:
        """Whether the service can show the row that it writes as it writes it."""
        return "projection" in inspect.signature(self.service).parameters

    @cached_property
    def leases(self) -> bool:
        """Whether the service gives something for a time, and must know for how long."""
        return "lease" in inspect.signature(self.service).parameters

    async def carried_out(
        self, database: Database, viewer: Viewer, given: Mapping[str, Any], shown: Projection | None
    ) -> Outcomes:
        """What comes of the service where `viewer` gives this input."""
        command, service = structure(self.command, given), cast(Any, self.service)
        if inspect.isgeneratorfunction(service):
            more = {"projection": shown} if self.shows else {}
            return cast(Outcomes, await database.carry_out(lambda: service(viewer, command, **more)))
        lease = {"lease": database.settings.lease} if self.leases else {}
        return cast(Outcomes, await database.perform(lambda session: service(session, viewer, command, **lease)))


@object_type
class UserError:
    """Something the caller can put right. `path` leads into the input: `["input", "target", "actorId"]`."""

    code: ErrorCode
    """What sort of thing is wrong."""
    message: str
    """What is wrong, and what would be right."""
    path: list[str]
    """Where in the input."""


def mutation(service: Service) -> Any:
    """The mutation that `service` carries out."""
    command = typing.get_type_hints(service)["command"]
    field = strawberry.field(metadata={CHANGE: Change(service, command)})
    field.arguments = [argument("input", command_input(command, top=True), "What is to be done.")]
    return field


@cache
def command_input(command: type, top: bool = False) -> Any:
    """The GraphQL input that a command's class describes; the topmost also carries a `clientMutationId`."""
    hints = typing.get_type_hints(command)
    described, limited = documented(command), typing.get_type_hints(command, include_extras=True)
    members: dict[str, Any] = {}
    annotations: dict[str, Any] = {}
    for field in dataclasses.fields(command):
        optional = field.default is not dataclasses.MISSING
        annotation = _annotation(hints[field.name])
        annotations[field.name] = annotation | None if optional else annotation
        default = {"default": strawberry.UNSET} if optional else {}
        members[field.name] = strawberry.field(
            description=f"{described[field.name]}{_limits(limited[field.name])}", **default
        )
    if top or _in_batches(command):
        annotations["client_mutation_id"] = str | None
        members["client_mutation_id"] = strawberry.field(
            description="Given back in the payload as it is.", default=strawberry.UNSET
        )
    name = _NAMES.get(command, f"{command.__name__}Input")
    cls = type(name, (), {"__annotations__": annotations, "__module__": command.__module__, **members})
    return strawberry.input(cls, name=name, description=command.__doc__, one_of=command is StanceTarget)


def _limits(hint: Any) -> str:
    """What a field's description says of its limits, of the list and of each of its members."""
    found = [f" {limit.description}" for limit in metadata(hint) if isinstance(limit, Limit)]
    for part in (hint, *typing.get_args(hint)):
        whole = typing.get_args(part)[0] if typing.get_origin(part) is Annotated else part
        members = typing.get_args(whole) if inspect.isclass(typing.get_origin(whole)) else ()
        found += [
            f" Each: {_lowered(each.description)}" for m in members for each in metadata(m) if isinstance(each, Limit)
        ]
    return "".join(dict.fromkeys(found))


def _lowered(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def _in_batches(command: type) -> bool:
    return command.__name__ == "RecordStance"


def _annotation(hint: Any) -> Any:
    """A command's type as Strawberry reads it: ids are IDs, commands within commands are inputs."""
    if hint is Id:
        return strawberry.ID
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        (inner,) = [a for a in arguments if a not in (types.NoneType, Keep)]
        return _annotation(inner)
    if origin is not None and issubclass(origin, Sequence):
        return list[_annotation(arguments[0])]  # type: ignore[misc]
    return command_input(hint) if isinstance(hint, type) and dataclasses.is_dataclass(hint) else hint


def structure(command: type, given: Mapping[str, Any]) -> Any:
    """The command that an input, coerced by GraphQL, makes. What was left out is the command's default."""
    return _structurer(command)(given)


@cache
def _structurer(command: type) -> Callable[[Mapping[str, Any]], Any]:
    hints = typing.get_type_hints(command)
    fields = [(camel(f.name), f.name, _converter(hints[f.name])) for f in dataclasses.fields(command)]

    def make(given: Mapping[str, Any]) -> Any:
        return command(**{name: convert(given[key]) for key, name, convert in fields if key in given})

    return make


def _converter(hint: Any) -> Callable[[Any], Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        (inner,) = [a for a in arguments if a not in (types.NoneType, Keep)]
        convert = _converter(inner)
        return lambda value: None if value is None else convert(value)
    if origin is not None and issubclass(origin, Sequence):
        convert_each = _converter(arguments[0])
        return lambda value: [convert_each(v) for v in value or ()]
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _structurer(hint)
    return lambda value: value
