"""Pages of computed lists by keyset, as the compiler pages lists of rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from api.analysis.arrays import RowKeys
from api.errors import BadArgument
from api.graphql.nodes import Connection, Edge, PageInfo
from api.graphql.sql.arguments import PAGE_SIZE, PAGE_SIZES
from api.numeric import np

T = TypeVar("T")


def page_size(first: int | None) -> int:
    """Return the number of items on a page.

    :raises BadArgument: if `first` is out of range.
    """
    size = PAGE_SIZE if first is None else first
    if size not in PAGE_SIZES:
        raise BadArgument("first", f"must be from {PAGE_SIZES[0]} to {PAGE_SIZES[-1]}, not {size}")
    return size


def bad_cursor(cursor: str) -> BadArgument:
    """Return the error for a cursor that does not belong to the list."""
    return BadArgument("after", f"{cursor[:80]!r} is not a cursor of this list")


def connection(span: range, total: int, cursor: Callable[[int], str], node: Callable[[int], T]) -> Connection[T]:
    """Return the page of the items at the indexes in `span`, of a list of `total` items."""
    edges = [Edge(cursor=cursor(at), node=node(at)) for at in span]
    first, last = (edges[0].cursor, edges[-1].cursor) if edges else (None, None)
    info = PageInfo(
        has_next_page=span.stop < total, has_previous_page=span.start > 0, start_cursor=first, end_cursor=last
    )
    return Connection(edges=edges, page_info=info, total_count=total)


@dataclass(frozen=True, eq=False)
class Pager:
    """Pages of a list that is sorted by several columns, ascending; no two items are equal in all of them."""

    name: str
    """Prefix of the list's cursors."""
    columns: tuple[RowKeys, ...]
    length: int = field(init=False)

    def __post_init__(self) -> None:
        """Set the length of the list."""
        object.__setattr__(self, "length", len(self.columns[0]))

    def span(self, first: int | None, after: str | None) -> range:
        """Return the indexes of the items on a page.

        :raises BadArgument: if an argument is malformed or out of range.
        """
        size = page_size(first)
        start = 0 if after is None else self._place_after(self._parse(after))
        return range(start, min(start + size, self.length))

    def page(self, span: range, node: Callable[[int], T]) -> Connection[T]:
        """Return the page of the indexes in `span`; `node` returns the item at an index."""
        return connection(span, self.length, self._cursor, node)

    def _cursor(self, at: int) -> str:
        return ":".join([self.name, *(_text(column[at]) for column in self.columns)])

    def _parse(self, cursor: str) -> list[Any]:
        name, *values = cursor.split(":")
        try:
            if name != self.name or len(values) != len(self.columns):
                raise ValueError
            return [_value(text, column) for text, column in zip(values, self.columns, strict=True)]
        except (ValueError, OverflowError):
            raise bad_cursor(cursor) from None

    def _place_after(self, values: Sequence[Any]) -> int:
        """Return the index of the first item that sorts after `values`, which no item need have any more."""
        later = np.zeros(self.length, dtype=bool)
        for column, value in zip(reversed(self.columns), reversed(values), strict=True):
            later = (column > value) | ((column == value) & later)
        return self.length - int(later.sum())


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else repr(value.item())


def _value(text: str, column: RowKeys) -> Any:
    if column.dtype.kind == "S":
        return text.encode("ascii")
    number = float(text) if column.dtype.kind == "f" else int(text)
    return column.dtype.type(number)
