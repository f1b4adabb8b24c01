"""Ties of a discourse network: the matrix of weights, pages of edges, and the statements of each edge. ADR 0017."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from api import limits
from api.analysis.arrays import Floats, Integers, RowKeys
from api.analysis.discourse.discourse import Mode, Qualifier, Transformation, count_stances, first_places, sorted_edges
from api.dataset.pager import Pager, bad_cursor, connection, page_size
from api.dataset.references import statement_reference
from api.errors import TooCostly
from api.graphql.nodes import Connection
from api.graphql.parts import Ref
from api.numeric import np

MAX_MATRIX_CELLS = limits.SHOWN_CELLS.maximum
"""Cells of a matrix that is served as a whole: 500 by 500."""

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class CountedStances:
    """The stances that a network is made of, sorted by time: one element of each array for each stance."""

    rows: Sequence[Ref]
    columns: Sequence[Ref]
    row: Integers
    column: Integers
    sign: Integers
    day: Integers
    statement: RowKeys

    def at(self, places: Integers) -> CountedStances:
        """Return the stances at these indexes."""
        row, column, sign, day = (array[places] for array in (self.row, self.column, self.sign, self.day))
        return CountedStances(self.rows, self.columns, row, column, sign, day, self.statement[places])

    def of_row(self, row: int) -> Integers:
        """Return the indexes of the stances of a row."""
        order, starts = self._by_row
        return order[starts[row] : starts[row + 1]]

    @cached_property
    def _by_row(self) -> tuple[Integers, Integers]:
        """The indexes of the stances row by row, and where each row starts among them."""
        order = np.argsort(self.row, kind="stable")
        return order, np.searchsorted(self.row[order], np.arange(len(self.rows) + 1))

    def statements(self, first: int | None, after: str | None) -> Connection[Any]:
        """Return a page of references to the statements that the stances belong to, sorted by time."""
        halves = self.statement
        each = first_places(halves[:, 0].view(np.int64), halves[:, 1].view(np.int64))
        pager = Pager("STATEMENT", (self.day[each], halves[each, 0], halves[each, 1]))
        return pager.page(pager.span(first, after), lambda at: statement_reference(halves[each[at]]))


@dataclass(frozen=True, eq=False)
class WeightedEdge:
    """An edge of a discourse network."""

    row: Any
    column: Any
    weight: float
    stances: Callable[[], CountedStances]
    """Returns the stances that the edge is made of. Of a million stances that takes some milliseconds."""


@dataclass(frozen=True, eq=False)
class DiscourseTies:
    """A matrix of weights, and its edges sorted by weight."""

    counted: CountedStances
    transformation: Transformation
    weights: Floats
    edges: tuple[Integers, Integers, Floats]
    """Row, column and weight of each edge."""

    @classmethod
    def of(
        cls, stances: CountedStances, transformation: Transformation, stance_weights: Floats | None = None
    ) -> DiscourseTies:
        """Return the ties that stances make; each stance counts as 1 or by its weight."""
        shape = (len(stances.rows), len(stances.columns))
        counts = count_stances(stances.row, stances.column, stances.sign, stance_weights, shape)
        weights = transformation.weights(counts)
        return DiscourseTies(stances, transformation, weights, sorted_edges(weights, transformation.mode))

    @property
    def rows(self) -> Sequence[Any]:
        """References to the actors or topics of the rows."""
        return self.counted.rows

    @property
    def columns(self) -> Sequence[Any]:
        """References to the actors or topics of the columns: in ONE_MODE the same as the rows."""
        return self.counted.rows if self.transformation.mode is Mode.ONE_MODE else self.counted.columns

    @property
    def stances(self) -> int:
        """The number of stances that count."""
        return len(self.counted.row)

    def matrix(self) -> Any:
        """Return the weights, as an array: the engine serves it as a list of lists.

        :raises TooCostly: if the matrix is too large to serve.
        """
        cells = self.weights.size
        if cells > MAX_MATRIX_CELLS:
            raise TooCostly(
                f"this matrix has {cells:,} cells, the maximum is {MAX_MATRIX_CELLS:,}: request edges, or narrow the"
                " network",
                limit=MAX_MATRIX_CELLS,
            )
        return np.ascontiguousarray(self.weights)

    def page(self, first: int | None, after: str | None, node: Callable[[WeightedEdge], T]) -> Connection[T]:
        """Return a page of the edges; `node` returns the item for an edge.

        :raises BadArgument: if an argument is malformed or out of range.
        """
        size, total = page_size(first), len(self.edges[0])
        start = 0 if after is None else self._place_after(after)
        return connection(range(start, min(start + size, total)), total, self._cursor, lambda at: node(self._edge(at)))

    def _edge(self, at: int) -> WeightedEdge:
        row, column, weight = (array[at].item() for array in self.edges)
        ends = self.rows[row], self.columns[column]
        return WeightedEdge(*ends, weight, lambda: self.counted.at(self._stances_of(row, column)))

    def _stances_of(self, row: int, column: int) -> Integers:
        """Return the indexes of the stances that the edge between a row and a column is made of."""
        own = self.counted.of_row(row)
        if self.transformation.mode is Mode.TWO_MODE:
            towards: Integers = own[self.counted.column[own] == column]
            return towards
        other = self.counted.of_row(column)
        own_codes, other_codes = self._match_codes(own), self._match_codes(other)
        # In a conflict one row supports what the other one opposes: the lowest bit is the sign.
        flipped = 1 if self.transformation.qualifier is Qualifier.CONFLICT else 0
        own, other = own[np.isin(own_codes ^ flipped, other_codes)], other[np.isin(other_codes ^ flipped, own_codes)]
        both: Integers = np.sort(np.concatenate([own, other]))
        return both

    def _match_codes(self, places: Integers) -> Integers:
        """Return codes that are equal for stances that tie two rows: of the column, and of the sign if it matters."""
        column, sign = self.counted.column[places] * 2, self.counted.sign[places]
        any_sign = self.transformation.qualifier in (Qualifier.IGNORE, Qualifier.SUBTRACT)
        return column if any_sign else column + sign

    # ---------------------------------------------------------------- cursors

    def _cursor(self, at: int) -> str:
        row, column, weight = (array[at].item() for array in self.edges)
        return ":".join(["EDGE", repr(weight), _text(self.rows[row]), _text(self.columns[column])])

    def _place_after(self, cursor: str) -> int:
        """Return the number of edges up to the cursor, which may name an edge that no longer exists."""
        try:
            name, written, row, column = cursor.split(":")
            weight, ends = abs(float(written)), (_parse_node(row), _parse_node(column))
            if name != "EDGE":
                raise ValueError
        except ValueError:
            raise bad_cursor(cursor) from None
        rows, columns, weights = self.edges
        heavier, equal = np.abs(weights) > weight, np.abs(weights) == weight
        # Rows and columns are sorted by key, so that a node that is gone has its place between two others.
        row_start, row_end = _places(self.rows, ends[0])
        _, column_end = _places(self.columns, ends[1])
        before = (rows < row_start) | ((rows < row_end) & (columns < column_end))
        return int((heavier | (equal & before)).sum())


def _places(nodes: Sequence[Ref], node: Ref) -> tuple[int, int]:
    """Return the number of `nodes` before a node, and the number up to it."""
    return bisect_left(nodes, _order(node), key=_order), bisect_right(nodes, _order(node), key=_order)


def _order(ref: Ref) -> tuple[str, UUID]:
    return ref.type_name, ref.key


def _text(ref: Ref) -> str:
    return f"{ref.type_name[0]}{ref.key}"


def _parse_node(text: str) -> Ref:
    return Ref({"A": "Actor", "T": "Topic"}.get(text[:1], ""), UUID(text[1:]))
