"""Ratings from stances, and the counts of their values."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given

from api.analysis.agreement.levels import Level
from api.analysis.agreement.ratings import Ratings, group_units, tabulate
from tests.analysis.definitions import Matrix, ratings_of, rows, scale_of, stance_units
from tests.analysis.strategies import matrices


def test_stances_become_ratings() -> None:
    stances = stance_units([0, 0, 1, 2], [0, 1, 0, 0], ["SUPPORT", "OPPOSE", "UNCLEAR", "MIXED"], [3, 0, 0, 0])
    nominal = stances.ratings(Level.NOMINAL)
    assert (nominal.value.tolist(), nominal.units, nominal.missing) == ([0, 1, 4, 3], 3, 0)
    signed = stances.ratings(Level.INTERVAL)
    assert (signed.unit.tolist(), signed.annotator.tolist(), signed.value.tolist()) == (
        [0, 0, 2],
        [0, 1, 0],
        [3, -2, 0],
    )
    assert (signed.units, signed.missing) == (3, 1)


def test_no_stances_are_no_ratings() -> None:
    ratings = stance_units([], [], [], []).ratings(Level.ORDINAL)
    assert (len(ratings.value), ratings.units, ratings.missing) == (0, 0, 0)
    assert tabulate(ratings).counts.shape == (0, 0)


@pytest.mark.parametrize(
    ("arrays", "complaint"),
    [
        (([0, 0], [0, 1], [1]), "differ in length"),
        (([0, 0], [3, 3], [1, 2]), "twice"),
        (([-1], [0], [1]), "negative"),
        (([0], [-2], [1]), "negative"),
        (([0.5], [0], [1]), "not whole numbers"),
        (([0], [0], [float("nan")]), "not whole numbers"),
        (([[0]], [0], [1]), "not a flat array"),
    ],
)
def test_what_are_no_ratings_is_refused(arrays: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Ratings.of(*arrays)


def test_there_are_as_many_units_as_indices_say() -> None:
    assert Ratings.of([4], [0], [1]).units == 5
    with pytest.raises(ValueError, match="fewer units"):
        Ratings.of([4], [0], [1], units=4)


@given(matrices())
def test_units_are_counted(matrix: Matrix) -> None:
    table = tabulate(ratings_of(matrix))
    scale = scale_of(matrix)
    assert table.scale.tolist() == scale
    assert table.counts.tolist() == [[row.count(value) for value in scale] for row in rows(matrix)]


@given(matrices())
def test_kinds_stand_for_the_units_they_came_of(matrix: Matrix) -> None:
    table = tabulate(ratings_of(matrix))
    kinds, frequency = group_units(table)
    again = np.repeat(kinds.counts, frequency, axis=0).tolist()
    assert sorted(again) == sorted(row for row in table.counts.tolist() if sum(row))
    assert len(np.unique(kinds.counts, axis=0)) == len(kinds.counts)
