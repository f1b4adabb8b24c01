"""What only Python can compute, spliced into the answer that the database wrote.

The statement leaves a mark in the JSON text where a computed field stands: its slot and the key of its row, between
control characters that no JSON text holds. What is computed is plain objects; a row within them is named by a `Ref`,
and all rows of a selection are read by one statement of the compiler's. Their text may hold marks in turn.
"""

import asyncio
import datetime as dt
import inspect
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

import orjson

from api import numeric
from api.errors import OperationError, Unavailable
from api.graphql.computation import ComputeRequest, ToCompute, python_names, snake
from api.graphql.documents import Reading
from api.graphql.field_errors import Failures
from api.graphql.parts import MARK, Ref, mark
from api.graphql.payload import json_object
from api.graphql.selection import Field, Variables
from api.security.viewer import Viewer
from models import instant_text

T = TypeVar("T")

_MARK = MARK.encode()


Entities: TypeAlias = Callable[[Reading, Field, str, Sequence[UUID]], Awaitable[Mapping[bytes, bytes]]]
"""Reads rows of that type: the text of the key → the JSON text of what is selected under the field."""


@dataclass(frozen=True, slots=True)
class Splicing:
    """Puts what is computed into the answer to one operation."""

    reading: Reading
    variables: Variables
    viewer: Viewer
    measures: Any
    entities: Entities
    failures: Failures

    async def spliced(self, text: bytes) -> bytes:
        """`text` with all that was marked in it."""
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
            texts = await self._computed(number, wanted)
            written.update((f"{number}:{key}".encode(), text) for key, text in texts.items())
        return written

    async def _computed(self, slot: int, keys: Sequence[UUID]) -> Mapping[UUID, bytes]:
        asked = self.reading.computed[slot].field
        try:
            return await self._texts(self.reading.computed[slot], keys)
        except Unavailable:
            raise
        except OperationError as error:
            return dict.fromkeys(keys, self.failures.mark(asked, error))

    async def _texts(self, to_compute: ToCompute, keys: Sequence[UUID]) -> Mapping[UUID, bytes]:
        asked = to_compute.field
        below = next(iter(asked.selections.values()), ())
        arguments, above = to_compute.arguments(self.variables), to_compute.arguments_above(self.variables)
        found = await to_compute.part.by(ComputeRequest(keys, arguments, below, self.viewer, self.measures, above))
        rows = _Rows()
        # What holds objects may hold thousands of them, or a page of a list that is yet to be sorted.
        aside = asyncio.to_thread if any(f.selections for f in below) else _here
        leaves = await aside(lambda: {key: self._leaves(asked, found.get(key), rows) for key in keys})
        await rows.read(self)
        return await aside(lambda: {key: rows.text(leaf) for key, leaf in leaves.items()})

    def _leaves(self, asked: Field, value: Any, rows: "_Rows") -> "_Leaf":
        """`value` as what is selected under `asked`, down to JSON texts and rows yet to be read."""
        if value is None:
            return b"null"
        if isinstance(value, list | tuple):
            return [self._leaves(asked, one, rows) for one in value]
        if isinstance(value, Ref):
            return rows.want(asked, value)
        if not asked.selections:
            return _scalar(value)
        ((type_name, fields),) = asked.selections.items()
        return {f.key: self._member(type_name, f, value, rows) for f in fields}

    def _member(self, type_name: str, asked: Field, value: Any, rows: "_Rows") -> "_Leaf":
        if asked.name == "__typename":
            return _scalar(type_name)
        if asked.slot in self.reading.computed:
            return mark(asked.slot).encode()  # of what it stands in, by a computation of its own
        try:
            member = getattr(value, snake(asked.name))
            if inspect.ismethod(member):
                member = member(**python_names(asked.arguments(self.variables)))
        except OperationError as error:
            return self.failures.mark(asked, error)
        return self._leaves(asked, member, rows)


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
    """The rows named in what was computed, by the field that shows them and their type."""

    wanted: dict[tuple[int, str], tuple[Field, dict[UUID, None], dict[bytes, bytes]]] = field(default_factory=dict)

    def want(self, asked: Field, ref: Ref) -> _Row:
        """The row that `ref` names, to be read with all others."""
        _, keys, texts = self.wanted.setdefault((asked.slot, ref.type_name), (asked, {}, {}))
        keys[ref.key] = None
        return _Row(texts, str(ref.key).encode())

    async def read(self, splicing: Splicing) -> None:
        """Read them all: a statement for each field and type."""
        for (_, type_name), (asked, keys, texts) in self.wanted.items():
            texts.update(await splicing.entities(splicing.reading, asked, type_name, list(keys)))

    def text(self, leaf: _Leaf) -> bytes:
        """The JSON text of what was computed."""
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
    # A figure that is none must have been told as undefined, with its reason.
    assert not (isinstance(value, float) and not math.isfinite(value)), value
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
