"""Units: a holder's stance towards a target in a statement, which several annotators read. They are known by a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Text, case, cast, func, literal

from api.analysis.arrays import Keys
from api.errors import BadArgument
from api.graphql.parts import Ref
from api.graphql.sql.arguments import PAGE_SIZE, PAGE_SIZES
from api.numeric import np, npt
from models.base import Uid

T = TypeVar("T")

_ID = 36
KEY_LENGTH = 3 * _ID + 1
"""Statement, holder and target, each 36 characters, and what the target is: A for an actor, T for a topic."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What the text of a unit says."""

    statement: Ref
    holder: Ref
    target: Ref

    @classmethod
    def of(cls, key: bytes) -> Unit:
        """The unit that a text names."""
        text = key.decode()
        statement, holder, target = (UUID(text[start : start + _ID]) for start in (0, _ID, 2 * _ID))
        kind = "Actor" if text.endswith("A") else "Topic"
        return cls(Ref("Statement", statement), Ref("Actor", holder), Ref(kind, target))


def target_of(row: Any) -> Any:
    """The key of the target that a row is towards."""
    return func.coalesce(row.target_actor_id, row.target_topic_id, type_=Uid())


def key_of(row: Any) -> Any:
    """The text of the unit that a row of stances or adjudications belongs to. Texts sort as the three keys do."""
    kind = case((row.target_actor_id.is_(None), literal("T", Text())), else_=literal("A", Text()))
    keys = (cast(key, Text) for key in (row.statement_id, row.holder_id, target_of(row)))
    return next(keys).op("||")(next(keys)).op("||")(next(keys)).op("||")(kind)


def as_keys(keys: Sequence[bytes]) -> Keys:
    """Texts of units as an array."""
    return np.array(keys, dtype=f"S{KEY_LENGTH}")


def pieces(text: bytes | None, width: int) -> Keys:
    """The pieces of a text, each of that width, with commas between them."""
    given = (text or b"") + (b"," if text else b"")
    return np.frombuffer(given, dtype=np.dtype([("piece", f"S{width}"), ("comma", "S1")]))["piece"].copy()


def of_statement(keys: Keys, statement: UUID) -> range:
    """Where the units of a statement lie among sorted `keys`."""
    first = str(statement).encode()
    start, end = np.searchsorted(keys, as_keys([first, first + b"~"]))
    return range(int(start), int(end))


# ---------------------------------------------------------------- pages


@dataclass(frozen=True, slots=True)
class Edge(Generic[T]):
    """A place in a list."""

    cursor: str
    node: T


@dataclass(frozen=True, slots=True)
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True, slots=True)
class Connection(Generic[T]):
    """A page of a list."""

    edges: Sequence[Edge[T]]
    page_info: PageInfo
    total_count: int


def page_size(first: int | None) -> int:
    """How many a page holds.

    :raises BadArgument: where it may not be so many.
    """
    size = PAGE_SIZE if first is None else first
    if size not in PAGE_SIZES:
        raise BadArgument("first", f"must be from {PAGE_SIZES[0]} to {PAGE_SIZES[-1]}, not {size}")
    return size


@dataclass(frozen=True, eq=False)
class Ordered:
    """A list in its order: by several columns, each ascending, which together differ from row to row."""

    name: str
    """What its cursors begin with."""
    columns: tuple[npt.NDArray[Any], ...]
    length: int = field(init=False)

    def __post_init__(self) -> None:
        """Count it."""
        object.__setattr__(self, "length", len(self.columns[0]))

    def span(self, first: int | None, after: str | None) -> range:
        """The places of a page.

        :raises BadArgument: where the arguments cannot be understood.
        """
        size = page_size(first)
        start = 0 if after is None else self._behind(self._read(after))
        return range(start, min(start + size, self.length))

    def page(self, span: range, node: Callable[[int], T]) -> Connection[T]:
        """The page of the places in `span`; `node` makes what stands at a place."""
        edges = [Edge(self._cursor(at), node(at)) for at in span]
        ends = (edges[0].cursor, edges[-1].cursor) if edges else (None, None)
        return Connection(edges, PageInfo(span.stop < self.length, span.start > 0, *ends), self.length)

    def _cursor(self, at: int) -> str:
        return ":".join([self.name, *(_text(column[at]) for column in self.columns)])

    def _read(self, cursor: str) -> list[Any]:
        name, *values = cursor.split(":")
        try:
            if name != self.name or len(values) != len(self.columns):
                raise ValueError
            return [_value(text, column) for text, column in zip(values, self.columns, strict=True)]
        except (ValueError, OverflowError):
            raise BadArgument("after", f"{cursor[:80]!r} is not a cursor of this list") from None

    def _behind(self, values: Sequence[Any]) -> int:
        """How many rows come before those that are behind `values`: also where no row has just these any more."""
        behind = np.zeros(self.length, dtype=bool)
        for column, value in zip(reversed(self.columns), reversed(values), strict=True):
            behind = (column > value) | ((column == value) & behind)
        return self.length - int(behind.sum())


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else repr(value.item())


def _value(text: str, column: npt.NDArray[Any]) -> Any:
    if column.dtype.kind == "S":
        return text.encode("ascii")
    number = float(text) if column.dtype.kind == "f" else int(text)
    return column.dtype.type(number)
