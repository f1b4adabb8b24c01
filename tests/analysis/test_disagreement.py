"""Which values meet, and where annotators differ most."""

import numpy as np
import pytest
from hypothesis import given

from api.analysis.agreement.disagreement import confusion, unit_disagreements
from api.analysis.agreement.levels import Level
from tests.analysis.definitions import Matrix, apart, gwet_distance, ratings_of, rows, scale_of
from tests.analysis.strategies import LEVELS, matrices


def test_the_coincidences_of_krippendorffs_example() -> None:
    """Krippendorff 2011, section C: the table of coincidences in nominal data with missing values."""
    matrix: Matrix = [
        [1, 1, None, 1],
        [2, 2, 3, 2],
        [3, 3, 3, 3],
        [3, 3, 3, 3],
        [2, 2, 2, 2],
        [1, 2, 3, 4],
        [4, 4, 4, 4],
        [1, 1, 2, 1],
        [2, 2, 2, 2],
        [None, 5, 5, 5],
        [None, None, 1, 1],
        [None, None, 3, None],
    ]
    made = confusion(ratings_of(matrix))
    assert made.scale.tolist() == [1, 2, 3, 4, 5]
    assert made.coincidences == pytest.approx(
        np.array(
            [
                [7, 4 / 3, 1 / 3, 1 / 3, 0],
                [4 / 3, 10, 4 / 3, 1 / 3, 0],
                [1 / 3, 4 / 3, 8, 1 / 3, 0],
                [1 / 3, 1 / 3, 1 / 3, 4, 0],
                [0, 0, 0, 0, 3],
            ]
        )
    )


@given(matrices())
def test_meetings_are_counted_both_ways(matrix: Matrix) -> None:
    made = confusion(ratings_of(matrix))
    scale = scale_of(matrix)
    met = np.zeros((len(scale), len(scale)))
    for row in matrix:
        for first, a in enumerate(row):
            for second, b in enumerate(row):
                if first != second and a is not None and b is not None:
                    met[scale.index(a), scale.index(b)] += 1
    assert made.pairs.tolist() == met.tolist() == met.T.tolist()
    assert made.coincidences.sum() == pytest.approx(sum(len(row) for row in rows(matrix) if len(row) > 1))


@given(matrices(), LEVELS)
def test_units_come_by_how_much_they_are_disputed(matrix: Matrix, level: Level) -> None:
    made = unit_disagreements(ratings_of(matrix), level)
    units = rows(matrix)
    assert sorted(made.unit.tolist()) == [unit for unit, row in enumerate(units) if len(row) > 1]
    for unit, values, much in zip(made.unit.tolist(), made.values.tolist(), made.disagreement.tolist(), strict=True):
        assert values == len(units[unit])
        assert much == pytest.approx(float(apart(units[unit], gwet_distance(scale_of(matrix), level))))
    assert made.disagreement.tolist() == sorted(made.disagreement.tolist(), reverse=True)


def test_ties_come_by_values_then_by_index() -> None:
    matrix: Matrix = [[1, 1, None], [1, 1, 1], [2, 2, None], [1, 2, None], [1, None, None]]
    assert unit_disagreements(ratings_of(matrix), Level.NOMINAL).unit.tolist() == [3, 1, 0, 2]


def test_distance_counts_at_interval() -> None:
    matrix = [[-1, 1], [-3, 3], [2, 2], [0, 3]]
    made = unit_disagreements(ratings_of(matrix), Level.INTERVAL)
    assert made.unit.tolist() == [1, 3, 0, 2]
    assert made.disagreement.tolist() == pytest.approx([1, 0.25, 1 / 9, 0])
