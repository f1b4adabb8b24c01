"""Input types made from commands, and commands made from inputs.

A service takes a command: a dataclass. The command's fields, with their types and docstrings, become the GraphQL input
type. The values that a caller sends are put back into a command before the service runs.
"""

import dataclasses
import inspect
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Annotated, Any

import strawberry

from api.graphql.fields import camel, documented
from api.ids import Id
from api.limits import Limit
from api.names import metadata
from api.services.outcome import Keep


@dataclasses.dataclass(frozen=True)
class InputOptions:
    """How the input type of a command differs from the default."""

    name: str
    one_of: bool = False


_OPTIONS: dict[type, InputOptions] = {}


def input_options(command: type, *, name: str | None = None, one_of: bool = False) -> None:
    """Set the name of the input type of `command`, or mark it as `@oneOf`. Call it before a mutation uses `command`."""
    _OPTIONS[command] = InputOptions(name or f"{command.__name__}Input", one_of)


@cache
def input_type_of(command: type, correlated: bool = False) -> Any:
    """Return the GraphQL input type of a command.

    :param correlated: add a `clientMutationId`, as in the input of a mutation and in each member of a batch.
    """
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
    if correlated:
        annotations["client_mutation_id"] = str | None
        members["client_mutation_id"] = strawberry.field(
            description="Returned unchanged in the payload.", default=strawberry.UNSET
        )
    options = _OPTIONS.get(command) or InputOptions(f"{command.__name__}Input")
    cls = type(options.name, (), {"__annotations__": annotations, "__module__": command.__module__, **members})
    return strawberry.input(cls, name=options.name, description=command.__doc__, one_of=options.one_of)


def batch_input_type(command: type, member: type) -> Any:
    """Return the input type of a command that holds a list of `member` commands, each with a `clientMutationId`."""
    _CORRELATED.add(member)
    return input_type_of(command, correlated=True)


_CORRELATED: set[type] = set()
"""Commands that stand in a batch: their inputs have a `clientMutationId` wherever they stand."""


def _limits(hint: Any) -> str:
    """Return the sentence in the description of a field on the limits of a list and of its members."""
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


def _annotation(hint: Any) -> Any:
    """Return the type of a command's field for Strawberry: `Id` becomes `ID`, a nested command becomes an input."""
    if hint is Id:
        return strawberry.ID
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        (inner,) = [a for a in arguments if a not in (types.NoneType, Keep)]
        return _annotation(inner)
    if origin is not None and issubclass(origin, Sequence):
        return list[_annotation(arguments[0])]  # type: ignore[misc]
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return input_type_of(hint, correlated=hint in _CORRELATED)
    return hint


def structure(command: type, values: Mapping[str, Any]) -> Any:
    """Return the command that coerced input values make. Fields that were left out have the command's defaults."""
    return _structurer(command)(values)


@cache
def _structurer(command: type) -> Callable[[Mapping[str, Any]], Any]:
    hints = typing.get_type_hints(command)
    fields = [(camel(f.name), f.name, _converter(hints[f.name])) for f in dataclasses.fields(command)]

    def make(values: Mapping[str, Any]) -> Any:
        return command(**{name: convert(values[key]) for key, name, convert in fields if key in values})

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
