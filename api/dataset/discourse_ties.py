"""The ties of a discourse network: a matrix of weights, pages of its edges, and the statements behind each."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from api import limits
from api.analysis.arrays import Floats, Integers
from api.analysis.discourse.discourse import Mode, Qualifier, Transformation, counted, firsts, tied
from api.dataset.stance_events import statement_ref
from api.dataset.units import Connection, Edge, Ordered, PageInfo, page_size
from api.errors import BadArgument, TooCostly
from api.graphql.parts import Ref
from api.numeric import np, npt

MOST_SHOWN = limits.SHOWN_CELLS.maximum
"""How many cells a matrix has that is shown as one: 500 by 500."""


@dataclass(frozen=True, eq=False)
class Stances:
    """Stances that count: one element of each array for each, the earliest first."""

    rows: Sequence[Ref]
    columns: Sequence[Ref]
    row: Integers
    column: Integers
    sign: Integers
    day: Integers
    statement: npt.NDArray[np.uint64]

    def at(self, places: Integers) -> Stances:
        """Some of them."""
        row, column, sign, day = (array[places] for array in (self.row, self.column, self.sign, self.day))
        return Stances(self.rows, self.columns, row, column, sign, day, self.statement[places])

    @cached_property
    def by_row(self) -> tuple[Integers, Integers]:
        """Their places row by row, and where in these each row begins."""
        order = np.argsort(self.row, kind="stable")
        return order, np.searchsorted(self.row[order], np.arange(len(self.rows) + 1))

    def of_row(self, row: int) -> Integers:
        """The places of a row's stances."""
        order, starts = self.by_row
        return order[starts[row] : starts[row + 1]]


@dataclass(frozen=True, eq=False)
class DiscourseEdge:
    """A tie, and what it is made of."""

    row: Ref
    column: Ref
    weight: float
    stances: Callable[[], Stances]
    """Looks for the stances it is made of: in a million that takes some milliseconds, and is often not asked for."""

    def statements(self, first: int | None = None, after: str | None = None) -> Connection[Ref]:
        """A page of the statements that these were read in, the earliest first."""
        behind = self.stances()
        halves = behind.statement
        each = firsts(halves[:, 0].view(np.int64), halves[:, 1].view(np.int64))
        ordered = Ordered("STATEMENT", (behind.day[each], halves[each, 0], halves[each, 1]))
        return ordered.page(ordered.span(first, after), lambda at: statement_ref(halves[each[at]]))


@dataclass(frozen=True, eq=False)
class Ties:
    """A matrix of weights and its edges, heaviest first."""

    counting: Stances
    how: Transformation
    weights: Floats
    edge_list: tuple[Integers, Integers, Floats]

    @classmethod
    def of(cls, stances: Stances, how: Transformation, weight: Floats | None = None) -> Ties:
        """The ties that stances make, each counting as 1 or by its weight."""
        shape = (len(stances.rows), len(stances.columns))
        weights = how.weights(counted(stances.row, stances.column, stances.sign, weight, shape))
        return Ties(stances, how, weights, tied(weights, how.mode))

    @property
    def parts(self) -> Mapping[str, Any]:
        """What a kind of ties that holds more is made of."""
        return {name: getattr(self, name) for name in ("counting", "how", "weights", "edge_list")}

    @property
    def rows(self) -> Sequence[Ref]:
        """What the rows stand for."""
        return self.counting.rows

    @property
    def columns(self) -> Sequence[Ref]:
        """What the columns stand for: in ONE_MODE the same as the rows."""
        return self.counting.rows if self.how.mode is Mode.ONE_MODE else self.counting.columns

    @property
    def stances(self) -> int:
        """How many stances count."""
        return len(self.counting.row)

    def matrix(self) -> Floats:
        """The weights.

        :raises TooCostly: where there are too many to show.
        """
        cells = self.weights.size
        if cells > MOST_SHOWN:
            raise TooCostly(
                f"this matrix has {cells:,} cells, the most is {MOST_SHOWN:,}: ask for edges, or narrow the network",
                limit=MOST_SHOWN,
            )
        return np.ascontiguousarray(self.weights)

    def edges(self, first: int | None = None, after: str | None = None) -> Connection[DiscourseEdge]:
        """A page of the edges.

        :raises BadArgument: where the arguments cannot be understood.
        """
        size, total = page_size(first), len(self.edge_list[0])
        start = 0 if after is None else self._behind(after)
        span = range(start, min(start + size, total))
        edges = [Edge(self._cursor(at), self._edge(at)) for at in span]
        ends = (edges[0].cursor, edges[-1].cursor) if edges else (None, None)
        return Connection(edges, PageInfo(span.stop < total, start > 0, *ends), total)

    def _edge(self, at: int) -> DiscourseEdge:
        row, column, weight = (array[at].item() for array in self.edge_list)
        ends = self.rows[row], self.columns[column]
        return DiscourseEdge(*ends, weight, lambda: self.counting.at(self._made_of(row, column)))

    def _made_of(self, row: int, column: int) -> Integers:
        own = self.counting.of_row(row)
        if self.how.mode is Mode.TWO_MODE:
            there: Integers = own[self.counting.column[own] == column]
            return there
        other = self.counting.of_row(column)
        what, matching = self._matched(own), self._matched(other)
        flipped = 1 if self.how.qualifier is Qualifier.CONFLICT else 0
        own, other = own[np.isin(what ^ flipped, matching)], other[np.isin(matching ^ flipped, what)]
        both: Integers = np.sort(np.concatenate([own, other]))
        return both

    def _matched(self, at: Integers) -> Integers:
        """What two rows must have in common to be tied by stances: the column, with congruence the sign too."""
        column, sign = self.counting.column[at] * 2, self.counting.sign[at]
        whatever = self.how.qualifier in (Qualifier.IGNORE, Qualifier.SUBTRACT)
        return column if whatever else column + sign

    # ---------------------------------------------------------------- cursors

    def _cursor(self, at: int) -> str:
        row, column, weight = (array[at].item() for array in self.edge_list)
        return ":".join(["EDGE", repr(weight), _text(self.rows[row]), _text(self.columns[column])])

    def _behind(self, cursor: str) -> int:
        """How many edges come up to where the cursor points, also where that edge is no more."""
        try:
            name, written, row, column = cursor.split(":")
            weight, ends = abs(float(written)), (_node(row), _node(column))
            if name != "EDGE":
                raise ValueError
        except ValueError:
            raise BadArgument("after", f"{cursor[:80]!r} is not a cursor of this list") from None
        rows, columns, weights = self.edge_list
        heavier, same = np.abs(weights) > weight, np.abs(weights) == weight
        # Rows and columns stand in the order of their keys: what is gone has a place between two of them.
        row_before, row_upto = _places(self.rows, ends[0])
        _, column_upto = _places(self.columns, ends[1])
        before = (rows < row_before) | ((rows < row_upto) & (columns < column_upto))
        return int((heavier | (same & before)).sum())


def _places(nodes: Sequence[Ref], node: Ref) -> tuple[int, int]:
    """How many of `nodes` come before this one, and how many up to it."""
    return bisect_left(nodes, _order(node), key=_order), bisect_right(nodes, _order(node), key=_order)


def _order(ref: Ref) -> tuple[str, UUID]:
    return ref.type_name, ref.key


def _text(ref: Ref) -> str:
    return f"{ref.type_name[0]}{ref.key}"


def _node(text: str) -> Ref:
    return Ref({"A": "Actor", "T": "Topic"}.get(text[:1], ""), UUID(text[1:]))
