"""Ratings, and tables of how many annotators gave each value to each unit."""

from __future__ import annotations

from dataclasses import dataclass

from api.analysis.arrays import Floats, Integers, codes, count_of_indices, indices
from api.numeric import np, npt


@dataclass(frozen=True, eq=False, slots=True)
class Ratings:
    """Values that annotators gave to units: one element of each array for each rating that has a value."""

    unit: Integers
    """Shape (N,): the unit, counted from 0."""
    annotator: Integers
    """Shape (N,): the annotator, counted from 0."""
    value: Integers
    """Shape (N,): the index of a label, or a signed value; few distinct values."""
    units: int
    """Number of units, including those without a value."""
    missing: int = 0
    """Number of ratings that have no value at this level: they are not in the arrays."""

    @classmethod
    def of(
        cls,
        unit: npt.ArrayLike,
        annotator: npt.ArrayLike,
        value: npt.ArrayLike,
        units: int | None = None,
        missing: int = 0,
    ) -> Ratings:
        """Return ratings from three sequences.

        Args:
            unit: the unit of each rating.
            annotator: the annotator of each rating.
            value: the value of each rating.
            units: the number of units (default: the largest index plus 1).
            missing: the number of ratings without a value.

        Raises:
            ValueError: if the sequences differ in length, an element is no whole number, an index is negative or too
                large, or an annotator rated a unit twice.
        """
        unit, annotator, value = indices(unit, "unit"), indices(annotator, "annotator"), codes(value, "value")
        if not len(unit) == len(annotator) == len(value):
            raise ValueError("unit, annotator and value differ in length")
        used = count_of_indices(unit)
        if units is not None and units < used:
            raise ValueError("there are fewer units than a unit's index says")
        if len(np.unique(unit * count_of_indices(annotator) + annotator)) < len(unit):
            raise ValueError("an annotator rated a unit twice")
        return cls(unit, annotator, value, used if units is None else units, missing)


@dataclass(frozen=True, eq=False, slots=True)
class CountTable:
    """Number of annotators that gave each value to each unit, or to each kind of unit."""

    scale: Integers
    """Shape (K,): the values that occur, ascending."""
    counts: Integers
    """Shape (U, K)."""

    @property
    def ratings(self) -> Integers:
        """Shape (U,): the number of values of each unit."""
        ratings: Integers = self.counts.sum(axis=1)
        return ratings

    @property
    def paired(self) -> Integers:
        """Shape (U,): 1 if a unit has two values or more, and therefore counts, else 0."""
        return (self.ratings >= 2).astype(np.int64)

    @property
    def pairable(self) -> Integers:
        """Shape (U, K): the counts of the units that have two values or more, else 0."""
        return self.counts * self.paired[:, None]

    def disagreement(self, distance: Floats) -> Floats:
        """Return the mean distance of two values of a unit by different annotators, shape (U,); 0 without two values.

        Args:
            distance: the distance of any two values, shape (K, K).
        """
        ratings = self.ratings
        apart = np.einsum("uk,uk->u", self.counts @ distance, self.counts)
        disagreement: Floats = apart / np.maximum(ratings * (ratings - 1), 1)
        return disagreement

    def pairs(self) -> Integers:
        """Return the number of ordered pairs of values by different annotators in each unit, shape (U, K, K)."""
        others = self.counts[:, None, :] - np.eye(len(self.scale), dtype=np.int64)
        pairs: Integers = self.pairable[:, :, None] * others
        return pairs

    def coincidences(self) -> Floats:
        """Return Krippendorff's coincidences, shape (U, K, K): a unit's ordered pairs divided by its values minus 1."""
        coincidences: Floats = self.pairs() / np.maximum(self.ratings - 1, 1)[:, None, None]
        return coincidences


def tabulate(ratings: Ratings) -> CountTable:
    """Return the number of each value in each unit; a unit without values has a row of zeros."""
    scale, place = np.unique(ratings.value, return_inverse=True)
    counts = np.bincount(ratings.unit * len(scale) + place, minlength=ratings.units * len(scale))
    return CountTable(scale, counts.reshape(ratings.units, len(scale)))


def group_units(table: CountTable) -> tuple[CountTable, Integers]:
    """Return a table of the distinct rows of a table, without empty ones, and the number of units with each row.

    There are few kinds of units: 35 for any number of units with 3 of 5 labels each. Drawing units with replacement is
    the same as drawing the frequency of each kind, so that the cost of a resample depends on the number of kinds.
    """
    rated = table.counts[table.ratings > 0]
    if not len(rated):
        return CountTable(table.scale, rated), np.zeros(0, dtype=np.int64)
    _, first, frequency = np.unique(_row_numbers(rated), return_index=True, return_counts=True)
    return CountTable(table.scale, rated[first]), frequency


def _row_numbers(counts: Integers) -> Integers:
    """Return a number for each row: equal for equal rows, and in the order of the rows.

    Sorting the rows themselves, numpy would hold the interpreter lock for a tenth of a second.
    """
    numbers = np.zeros(len(counts), dtype=np.int64)
    for column in counts.T:
        values, place = np.unique(column, return_inverse=True)
        _, numbers = np.unique(numbers * len(values) + place, return_inverse=True)
    return numbers
