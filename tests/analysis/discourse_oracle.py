"""Discourse networks as their definitions read, stance by stance and pair by pair: slow and obvious."""

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Matrix = dict[tuple[str, str], float]


@dataclass(frozen=True)
class Said:
    """One stance that takes a side."""

    holder: str
    target: str
    support: bool
    document: str
    day: dt.date | None
    statement: int


Weigh = Callable[[Said], float]


def once(stances: Sequence[Said], duplicates: str) -> list[Said]:
    """What remains, the earliest of those that say the same; they come in the order of time."""
    remain: list[Said] = []
    for one in stances:
        if not any(_duplicate(one, earlier, duplicates) for earlier in remain):
            remain.append(one)
    return remain


def _duplicate(one: Said, other: Said, duplicates: str) -> bool:
    if (one.holder, one.target, one.support) != (other.holder, other.target, other.support):
        return False
    if duplicates == "ACROSS_RANGE":
        return True
    if duplicates == "DOCUMENT":
        return one.document == other.document
    if duplicates == "INCLUDE" or one.day is None or other.day is None:
        return False
    if duplicates == "WEEK":
        return one.day.isocalendar()[:2] == other.day.isocalendar()[:2]
    if duplicates == "MONTH":
        return (one.day.year, one.day.month) == (other.day.year, other.day.month)
    assert duplicates == "YEAR"
    return one.day.year == other.day.year


@dataclass(frozen=True)
class Network:
    """Stances made into a matrix; `row` and `column` say what of a stance stands where."""

    stances: Sequence[Said]
    rows: Sequence[str]
    columns: Sequence[str]
    by_target: bool = False
    weigh: Weigh = lambda _: 1.0

    def row(self, one: Said) -> str:
        return one.target if self.by_target else one.holder

    def column(self, one: Said) -> str:
        return one.holder if self.by_target else one.target

    def matrix(self, mode: str, qualifier: str, normalization: str) -> Matrix:
        if mode == "TWO_MODE":
            return {(r, c): self._two(r, c, qualifier, normalization) for r in self.rows for c in self.columns}
        return {(r, s): self._one(r, s, qualifier, normalization) for r in self.rows for s in self.rows}

    def _of(self, row: str | None = None, column: str | None = None, support: bool | None = None) -> list[Said]:
        return [
            one
            for one in self.stances
            if (row is None or self.row(one) == row)
            and (column is None or self.column(one) == column)
            and (support is None or one.support is support)
        ]

    # ---------------------------------------------------------------- two modes

    def _two(self, row: str, column: str, qualifier: str, normalization: str) -> float:
        pro, con = (sum(map(self.weigh, self._of(row, column, side))) for side in (True, False))
        weight = {"IGNORE": pro + con, "SUBTRACT": pro - con, "COMBINE": (pro > 0) + 2 * (con > 0)}[qualifier]
        if normalization == "ACTIVITY":
            return _over(weight, sum(map(self.weigh, self._of(row=row))))
        if normalization == "PROMINENCE":
            return _over(weight, sum(map(self.weigh, self._of(column=column))))
        assert normalization == "NONE"
        return weight

    # ---------------------------------------------------------------- one mode

    def _one(self, row: str, other: str, qualifier: str, normalization: str) -> float:
        if row == other:
            return 0.0
        weight = 0.0
        for one in self._of(row):
            for two in self._of(other):
                if self.column(one) == self.column(two):
                    both = math.sqrt(self.weigh(one) * self.weigh(two))
                    alike = one.support == two.support
                    weight += (
                        both
                        * {
                            "IGNORE": 1,
                            "CONGRUENCE": alike,
                            "CONFLICT": not alike,
                            "SUBTRACT": 1 if alike else -1,
                        }[qualifier]
                    )
        return _over(weight, self._norm(row, other, normalization))

    def _norm(self, row: str, other: str, normalization: str) -> float:
        one, two = (sum(math.sqrt(self.weigh(s)) for s in self._of(r)) for r in (row, other))
        if normalization == "AVERAGE":
            return (one + two) / 2
        if normalization == "COSINE":
            return one * two
        if normalization == "JACCARD":
            return sum(self._jaccard(row, other, column, side) for column in self.columns for side in (True, False))
        assert normalization == "NONE"
        return 1.0

    def _jaccard(self, row: str, other: str, column: str, side: bool) -> float:
        one, two = (sum(math.sqrt(self.weigh(s)) for s in self._of(r, column, side)) for r in (row, other))
        if one and two:
            return one * two
        return one + two


def _over(weight: float, norm: float) -> float:
    return weight / norm if norm else 0.0
