"""Errors of single fields: the field is null, with an entry in `errors`; its siblings are unaffected (ADR 0026).

While an answer is assembled, a mark is written in place of the value of a field that failed. If there are marks, the
complete answer is parsed: only then the position of each mark is known, and how far up null propagates: to the nearest
nullable field or list member, as the GraphQL specification says.
"""

from collections.abc import Iterator, Sequence
from secrets import token_hex
from typing import Any, TypeAlias

import orjson
from graphql import GraphQLObjectType, GraphQLSchema, is_list_type, is_non_null_type

from api.errors import OperationError
from api.graphql.plan import PlanNode

MAX_PLACES = 100
"""Maximum number of entries in `errors` for marked fields. Further fields are null without an entry."""

Path: TypeAlias = tuple[str | int, ...]


def formatted(error: OperationError) -> dict[str, Any]:
    """Return an error in the format of an answer."""
    written: dict[str, Any] = {"message": str(error), "extensions": {"code": error.code, **error.extensions}}
    if error.path:
        written["path"] = list(error.path)
    return written


class Failures:
    """The errors of the fields of one answer."""

    def __init__(self) -> None:
        self._marked: list[tuple[PlanNode, OperationError]] = []
        self._key = ""
        self.errors: list[dict[str, Any]] = []

    def add(self, error: OperationError) -> None:
        """Add the error of a field that is null already."""
        self.errors.append(formatted(error))

    def mark(self, node: PlanNode, error: OperationError) -> bytes:
        """Return the mark that replaces the value of `node` until the answer is complete."""
        if not self._marked:
            self._key = f"\x1f{token_hex(8)}"  # no stored text can hold it
        self._marked.append((node, error))
        return orjson.dumps({self._key: len(self._marked) - 1})

    @property
    def marked(self) -> bool:
        """True if the answer holds marks."""
        return bool(self._marked)

    def settle(self, body: bytes, nodes: Sequence[PlanNode], root: GraphQLObjectType, schema: GraphQLSchema) -> bytes:
        """Return `body`, an object with the `data` of an operation on `root`, with null in place of all marks."""
        answer = orjson.loads(body)
        for number, path in list(self._places(answer["data"])):
            node, error = self._marked[number]
            if len(self.errors) < MAX_PLACES:
                self.errors.append({**formatted(error), "path": list(path)})
            _set_null(answer, path[: _nullable(path, node, nodes, root, schema)])
        return orjson.dumps(answer)

    def _places(self, data: Any) -> Iterator[tuple[int, Path]]:
        pending: list[tuple[Path, Any]] = [((), data)]
        while pending:
            path, value = pending.pop()
            if isinstance(value, dict) and self._key in value:
                yield value[self._key], path
                continue
            members = value.items() if isinstance(value, dict) else enumerate(value)
            # In the order of the answer.
            pending += reversed([((*path, key), each) for key, each in members if isinstance(each, dict | list)])


def _nullable(
    path: Path, failed: PlanNode, nodes: Sequence[PlanNode], root: GraphQLObjectType, schema: GraphQLSchema
) -> int:
    """Return the number of parts of `path` that lead to the nearest nullable value; 0 if there is none."""
    # The root fields of a mutation are non-null; but the answer must report the mutations that were executed.
    found = 1 if root is schema.mutation_type else 0
    type_: Any = None
    below: Sequence[tuple[GraphQLObjectType, PlanNode]] = [(root, node) for node in nodes]
    for length, part in enumerate(path, start=1):
        if isinstance(part, int):
            assert is_list_type(type_)
            type_ = type_.of_type
        else:
            parent, node = next((owner, each) for owner, each in below if failed.slot in each.slots)
            type_ = parent.fields[node.name].type
            below = [(schema.type_map[name], each) for name, inner in node.children.items() for each in inner]  # type: ignore[misc]
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
