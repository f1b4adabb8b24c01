"""Ratings, and the tables of how many annotators gave which value to which unit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from api.analysis.agreement.levels import Level, value_of
from api.analysis.arrays import Floats, Integers, codes, indices, number
from api.numeric import np, npt


@dataclass(frozen=True, eq=False, slots=True)
class Ratings:
    """Who gave which value to what: one element of each array for each rating that has a value."""

    unit: Integers
    """Shape (N,): what was rated, counted from 0."""
    annotator: Integers
    """Shape (N,): who rated it, counted from 0."""
    value: Integers
    """Shape (N,): a label's place or a signed value; a handful of different ones in all."""
    units: int
    """How many units there are, with those that nobody gave a value."""
    missing: int = 0
    """How many ratings have no value at this level, and so are not in the arrays."""

    @classmethod
    def of(
        cls,
        unit: npt.ArrayLike,
        annotator: npt.ArrayLike,
        value: npt.ArrayLike,
        units: int | None = None,
        missing: int = 0,
    ) -> Ratings:
        """Ratings from three sequences of one length; `units` where there are more than the greatest index says.

        Raises:
            ValueError: for arrays of different lengths, anything but whole numbers, negative or too great indices, and
                an annotator who rated a unit twice.
        """
        unit, annotator, value = indices(unit, "unit"), indices(annotator, "annotator"), codes(value, "value")
        if not len(unit) == len(annotator) == len(value):
            raise ValueError("unit, annotator and value differ in length")
        least = number(unit)
        if units is not None and units < least:
            raise ValueError("there are fewer units than a unit's index says")
        if len(np.unique(unit * number(annotator) + annotator)) < len(unit):
            raise ValueError("an annotator rated a unit twice")
        return cls(unit, annotator, value, least if units is None else units, missing)


def read_stances(
    unit: npt.ArrayLike,
    annotator: npt.ArrayLike,
    label: Iterable[str],
    intensity: Iterable[int | None],
    level: Level,
) -> Ratings:
    """The ratings that stances are at a level; a stance without a value there counts as missing.

    Raises:
        ValueError: as for `value_of` and `Ratings.of`.
    """
    known: dict[tuple[str, int | None], int | None] = {}
    values = []
    for stance in zip(label, intensity, strict=True):
        if stance not in known:
            known[stance] = value_of(*stance, level)
        values.append(known[stance])
    units, annotators = indices(unit, "unit"), indices(annotator, "annotator")
    if not len(units) == len(annotators) == len(values):
        raise ValueError("unit, annotator and label differ in length")
    present = np.array([value is not None for value in values], dtype=bool)
    return Ratings.of(
        units[present],
        annotators[present],
        np.array([value for value in values if value is not None], dtype=np.int64),
        units=number(units),
        missing=len(values) - int(present.sum()),
    )


@dataclass(frozen=True, eq=False, slots=True)
class CountTable:
    """How many annotators gave each value to each unit, or to each kind of unit."""

    scale: Integers
    """Shape (K,): the values that occur, ascending."""
    counts: Integers
    """Shape (U, K)."""

    @property
    def ratings(self) -> Integers:
        """Shape (U,): how many values each unit has."""
        ratings: Integers = self.counts.sum(axis=1)
        return ratings

    @property
    def paired(self) -> Integers:
        """Shape (U,): 1 where a unit has two values or more, and so can agree or disagree, else 0."""
        return (self.ratings >= 2).astype(np.int64)

    @property
    def pairable(self) -> Integers:
        """Shape (U, K): the counts of the units that have two values or more, 0 elsewhere."""
        return self.counts * self.paired[:, None]

    def disagreement(self, distance: Floats) -> Floats:
        """The mean distance of two values of a unit by different annotators, shape (U,); 0 where there are no two.

        Args:
            distance: how far apart any two values are, shape (K, K).
        """
        ratings = self.ratings
        apart = np.einsum("uk,uk->u", self.counts @ distance, self.counts)
        disagreement: Floats = apart / np.maximum(ratings * (ratings - 1), 1)
        return disagreement

    def pairs(self) -> Integers:
        """How many ordered pairs of values by different annotators each unit has, shape (U, K, K)."""
        others = self.counts[:, None, :] - np.eye(len(self.scale), dtype=np.int64)
        pairs: Integers = self.pairable[:, :, None] * others
        return pairs

    def coincidences(self) -> Floats:
        """Krippendorff's coincidences of each unit, shape (U, K, K): its ordered pairs, over its values less one."""
        coincidences: Floats = self.pairs() / np.maximum(self.ratings - 1, 1)[:, None, None]
        return coincidences


def tabulate(ratings: Ratings) -> CountTable:
    """Count the values of each unit; a unit that nobody gave a value has a row of zeros."""
    scale, place = np.unique(ratings.value, return_inverse=True)
    counts = np.bincount(ratings.unit * len(scale) + place, minlength=ratings.units * len(scale))
    return CountTable(scale, counts.reshape(ratings.units, len(scale)))


def alike(table: CountTable) -> tuple[CountTable, Integers]:
    """Units with the same counts as one kind, without those that have none; and how many units each kind has.

    There are few kinds: 35 for any number of units with 3 of 5 labels each. To draw units with replacement is to draw
    how often each kind comes, so that a resample costs as much as there are kinds.
    """
    rated = table.counts[table.ratings > 0]
    if not len(rated):
        return CountTable(table.scale, rated), np.zeros(0, dtype=np.int64)
    _, first, frequency = np.unique(_row_numbers(rated), return_index=True, return_counts=True)
    return CountTable(table.scale, rated[first]), frequency


def _row_numbers(counts: Integers) -> Integers:
    """A number for each row, the same for the same rows, rising as rows do from column to column.

    To sort rows themselves numpy holds all else up for a tenth of a second.
    """
    number = np.zeros(len(counts), dtype=np.int64)
    for column in counts.T:
        values, place = np.unique(column, return_inverse=True)
        _, number = np.unique(number * len(values) + place, return_inverse=True)
    return number
