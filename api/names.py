"""Types of fields of commands and records: `Name` and `Prose` hold their normal form from the start."""

import dataclasses
import typing
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Annotated, Any, TypeAlias

from api import limits
from models.names import normalize_name, normalize_prose

Name: TypeAlias = Annotated[str, normalize_name, limits.NAME]
"""A name: see `models.names`."""
Text: TypeAlias = Annotated[str, limits.TEXT]
"""Text as it came."""
Prose: TypeAlias = Annotated[str, normalize_prose]
"""Text of several lines in which nothing is quoted."""

_FORMS = (normalize_name, normalize_prose)


class Normalized:
    """Base of dataclasses whose fields declared as `Name` or `Prose` are brought into normal form when made.

    Whoever makes a command or a record (a mutation, an import, a seed, the command line) gets it in that form, so
    that no way in can forget it.
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
    """What is annotated to a type, or to a member of a union that is one."""
    yield from getattr(hint, "__metadata__", ())
    if typing.get_origin(hint) is not Annotated:
        for argument in typing.get_args(hint):
            if typing.get_origin(argument) is Annotated:
                yield from metadata(argument)
