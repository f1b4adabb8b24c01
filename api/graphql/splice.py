"""Fills computed fields into an answer: what only Python can compute (ADR 0014).

The statement writes a mark in the place of a computed field: its slot and the key of its row, between control
characters that no JSON text holds. A computation returns plain objects, in which a `Ref` stands for a row. All rows of
a selection are read by one statement. The JSON texts of these rows may contain marks, which are filled the same way.
"""

import asyncio
import datetime as dt
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

import orjson
from graphql import OperationType

from api import numeric
from api.errors import OperationError, Unavailable
from api.graphql.computation import ComputeRequest, arguments_above, arguments_of, python_names, snake
from api.graphql.field_errors import Failures
from api.graphql.operation import Operation
from api.graphql.parts import MARK, Computed, Ref, mark
from api.graphql.payload import json_object
from api.graphql.plan import PlanNode
from api.graphql.planning_thread import off_loop
from models import instant_text

T = TypeVar("T")

_MARK = MARK.encode()


async def complete(operation: Operation, body: bytes, failures: Failures) -> bytes:
    """Return an answer whose `data` the database wrote, with its computed fields and its errors."""
    if operation.plan.computed:
        body = await Splicer(operation, failures).fill(body)
    if failures.marked:
        schema = operation.engine.built.schema
        root: Any = schema.get_root_type(OperationType(operation.document.kind))
        unmarked = body
        body = await off_loop(len(body) / 500, lambda: failures.settle(unmarked, operation.plan.nodes, root, schema))
    return b'{"errors":%s,%s' % (orjson.dumps(failures.errors), body[1:]) if failures.errors else body


@dataclass(frozen=True, slots=True)
class Splicer:
    """Fills the computed fields into the answer to one operation."""

    operation: Operation
    failures: Failures

    async def fill(self, text: bytes) -> bytes:
        """Return `text` with all computed fields in place of their marks."""
        if _MARK in text and not numeric.loaded():
            await asyncio.to_thread(numeric.load)
        while _MARK in text:
            pieces = text.split(_MARK)
            marks = pieces[1::2]
            written = await self._written(dict.fromkeys(marks))
            pieces[1::2] = [written[each] for each in marks]
            text = b"".join(pieces)
        return text

    async def _written(self, marks: Mapping[bytes, None]) -> Mapping[bytes, bytes]:
        keys: dict[int, list[UUID]] = {}
        for each in marks:
            slot, _, key = each.partition(b":")
            keys.setdefault(int(slot), []).append(UUID(key.decode()))
        written: dict[bytes, bytes] = {}
        for number, wanted in keys.items():
            texts = await self._computed(self.operation.plan.computed[number], wanted)
            written.update((f"{number}:{key}".encode(), text) for key, text in texts.items())
        return written

    async def _computed(self, node: PlanNode, keys: Sequence[UUID]) -> Mapping[UUID, bytes]:
        try:
            return await self._texts(node, keys)
        except Unavailable:
            raise
        except OperationError as error:
            return dict.fromkeys(keys, self.failures.mark(node, error))

    async def _texts(self, node: PlanNode, keys: Sequence[UUID]) -> Mapping[UUID, bytes]:
        operation, part = self.operation, node.part
        assert isinstance(part, Computed)
        below = next(iter(node.children.values()), ())
        arguments = arguments_of(node, operation.variables)
        above = arguments_above(node, operation.variables)
        found = await part.by(
            ComputeRequest(keys, arguments, below, operation.viewer, operation.engine.datasets, above)
        )
        rows = _Rows()
        # An object may hold thousands of others, or a page of a list that is yet to be sorted.
        run = asyncio.to_thread if any(each.children for each in below) else _here
        leaves = await run(lambda: {key: self._leaves(node, found.get(key), rows) for key in keys})
        await rows.read(operation)
        return await run(lambda: {key: rows.text(leaf) for key, leaf in leaves.items()})

    def _leaves(self, node: PlanNode, value: Any, rows: "_Rows") -> "_Leaf":
        """Return the selected members of `value`: JSON texts, and rows that `_Rows` reads later."""
        if value is None:
            return b"null"
        if isinstance(value, list | tuple):
            return [self._leaves(node, one, rows) for one in value]
        if isinstance(value, Ref):
            return rows.add(node, value)
        if not node.children:
            return _scalar(value)
        return {each.key: self._member(node.type_name, each, value, rows) for each in node.only}

    def _member(self, type_name: str, node: PlanNode, value: Any, rows: "_Rows") -> "_Leaf":
        if node.name == "__typename":
            return _scalar(type_name)
        if isinstance(node.part, Computed):
            return mark(node.slot).encode()  # by a computation of its own
        try:
            member = getattr(value, snake(node.name))
            if inspect.ismethod(member):
                member = member(**python_names(node.arguments(self.operation.variables)))
        except OperationError as error:
            return self.failures.mark(node, error)
        return self._leaves(node, member, rows)


async def _here(work: Callable[[], T]) -> T:
    return work()


_Leaf: TypeAlias = "bytes | _Row | list[_Leaf] | dict[str, _Leaf]"


@dataclass(frozen=True, slots=True)
class _Row:
    """A row within the answer, and where its text will be."""

    texts: Mapping[bytes, bytes]
    key: bytes


@dataclass(slots=True)
class _Rows:
    """The rows that a computation refers to, by the slot of the node that selects them and by their type."""

    by_node: dict[tuple[int, str], tuple[PlanNode, dict[UUID, None], dict[bytes, bytes]]] = field(default_factory=dict)

    def add(self, node: PlanNode, ref: Ref) -> _Row:
        """Add the row that `ref` refers to, to be read with all others."""
        _, keys, texts = self.by_node.setdefault((node.slot, ref.type_name), (node, {}, {}))
        keys[ref.key] = None
        return _Row(texts, str(ref.key).encode())

    async def read(self, operation: Operation) -> None:
        """Read all rows: a statement for each node and type."""
        for (_, type_name), (node, keys, texts) in self.by_node.items():
            texts.update(await operation.rows(node, type_name, list(keys)))

    def text(self, leaf: _Leaf) -> bytes:
        """Return the JSON text of a computed value."""
        if isinstance(leaf, bytes):
            return leaf
        if isinstance(leaf, _Row):
            return leaf.texts.get(leaf.key, b"null")
        if isinstance(leaf, list):
            return b"[" + b",".join(map(self.text, leaf)) + b"]"
        return json_object((key, self.text(member)) for key, member in leaf.items())


def _scalar(value: Any) -> bytes:
    if isinstance(value, dt.datetime):
        value = instant_text(value)
    elif isinstance(value, Enum):
        value = value.value
    # A computation must return an undefined number as null, with the reason.
    assert not (isinstance(value, float) and not math.isfinite(value)), value
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
