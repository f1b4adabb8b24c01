"""Types for the text fields of commands and records: `Name` and `Prose` are normalized on creation (ADR 0023)."""

import dataclasses
import typing
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Annotated, Any, TypeAlias

from api import limits
from models.names import normalize_name, normalize_prose

Name: TypeAlias = Annotated[str, normalize_name, limits.NAME]
"""A name in normal form (see `models.names`)."""
Text: TypeAlias = Annotated[str, limits.TEXT]
"""Text exactly as the client sent it."""
Prose: TypeAlias = Annotated[str, normalize_prose]
"""Text of several lines in normal form, for texts that are never quoted by offset."""

_FORMS = (normalize_name, normalize_prose)


class Normalized:
    """Base class of dataclasses whose `Name` and `Prose` fields are normalized on creation.

    Mutations, imports, seeds and the command line all create commands or records, so that none can skip it.
    """

    __slots__ = ()

    def __post_init__(self) -> None:
        cls: Any = type(self)
        for name, normalize in _normal_fields(cls).items():
            value = getattr(self, name)
            if isinstance(value, str) and (normal := normalize(value)) != value:
                object.__setattr__(self, name, normal)


@cache
def _normal_fields(cls: type[Any]) -> Mapping[str, Callable[[str], str]]:
    hints = typing.get_type_hints(cls, include_extras=True)
    names = (field.name for field in dataclasses.fields(cls))
    return {name: form for name in names for form in metadata(hints[name]) if form in _FORMS}


def metadata(hint: Any) -> Iterator[Any]:
    """Yield the metadata of an annotated type, or of the members of a union."""
    yield from getattr(hint, "__metadata__", ())
    if typing.get_origin(hint) is not Annotated:
        for argument in typing.get_args(hint):
            if typing.get_origin(argument) is Annotated:
                yield from metadata(argument)
