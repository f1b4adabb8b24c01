"""Errors of single fields: the field is null, with an entry in `errors`, and all beside it stays.

While an answer is put together, a mark stands in place of the value of a field that failed. Where there are marks, the
answer is parsed once it is whole; only then it is known where in it each mark stands, and how far up null goes: to the
nearest field or list member that may be null, as the GraphQL specification has it.
"""

from collections.abc import Iterator, Sequence
from secrets import token_hex
from typing import Any, TypeAlias

import orjson
from graphql import GraphQLObjectType, GraphQLSchema, is_list_type, is_non_null_type

from api.errors import OperationError
from api.graphql.selection import Field

MAX_PLACES = 100
"""The most places of an answer that are told of; beyond these fields are null without an entry in `errors`."""

Path: TypeAlias = tuple[str | int, ...]


def formatted(error: OperationError) -> dict[str, Any]:
    """An error as it stands in an answer."""
    written: dict[str, Any] = {"message": str(error), "extensions": {"code": error.code, **error.extensions}}
    if error.path:
        written["path"] = list(error.path)
    return written


class Failures:
    """The errors of the fields of one answer."""

    def __init__(self) -> None:
        self._marked: list[tuple[Field, OperationError]] = []
        self._key = ""
        self.errors: list[dict[str, Any]] = []

    def add(self, error: OperationError) -> None:
        """Tell of a field that is null already."""
        self.errors.append(formatted(error))

    def mark(self, field: Field, error: OperationError) -> bytes:
        """What stands for the value of `field` until the answer is whole."""
        if not self._marked:
            self._key = f"\x1f{token_hex(8)}"  # no stored text can hold it
        self._marked.append((field, error))
        return orjson.dumps({self._key: len(self._marked) - 1})

    @property
    def marked(self) -> bool:
        """Whether there is any mark in the answer."""
        return bool(self._marked)

    def settle(self, body: bytes, fields: Sequence[Field], root: GraphQLObjectType, schema: GraphQLSchema) -> bytes:
        """`body`, an object with the `data` of an operation on `root`, with null in place of all marks."""
        answer = orjson.loads(body)
        for number, path in list(self._places(answer["data"])):
            field, error = self._marked[number]
            if len(self.errors) < MAX_PLACES:
                self.errors.append({**formatted(error), "path": list(path)})
            _set_null(answer, path[: _nullable(path, field, fields, root, schema)])
        return orjson.dumps(answer)

    def _places(self, data: Any) -> Iterator[tuple[int, Path]]:
        pending: list[tuple[Path, Any]] = [((), data)]
        while pending:
            path, value = pending.pop()
            if isinstance(value, dict) and self._key in value:
                yield value[self._key], path
                continue
            members = value.items() if isinstance(value, dict) else enumerate(value)
            # Those that come first in the answer are told of first.
            pending += reversed([((*path, key), each) for key, each in members if isinstance(each, dict | list)])


def _nullable(
    path: Path, failed: Field, fields: Sequence[Field], root: GraphQLObjectType, schema: GraphQLSchema
) -> int:
    """How many parts of `path` lead to the nearest value that may be null; 0 where none may."""
    # The root fields of a mutation cannot be null by their type; yet what was done must be in the answer.
    found = 1 if root is schema.mutation_type else 0
    type_: Any = None
    below: Sequence[tuple[GraphQLObjectType, Field]] = [(root, field) for field in fields]
    for length, part in enumerate(path, start=1):
        if isinstance(part, int):
            assert is_list_type(type_)
            type_ = type_.of_type
        else:
            parent, field = next((owner, f) for owner, f in below if failed.slot in f.slots)
            type_ = parent.fields[field.name].type
            below = [(schema.type_map[name], f) for name, inner in field.selections.items() for f in inner]  # type: ignore[misc]
        if is_non_null_type(type_):
            type_ = type_.of_type
        else:
            found = length
    return found


def _set_null(answer: dict[str, Any], path: Path) -> None:
    value: Any = answer
    *above, last = ("data", *path)
    for part in above:
        value = value[part]
        if value is None:
            return
    value[last] = None
