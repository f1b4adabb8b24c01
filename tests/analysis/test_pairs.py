"""Any two annotators beside each other."""

from itertools import combinations

import pytest
from hypothesis import given

from api.analysis.agreement.estimates import Undefined
from api.analysis.agreement.levels import Level
from api.analysis.agreement.pairs import annotator_pairs
from tests.analysis.definitions import Matrix, cohen, cohen_distance, ratings_of, scale_of
from tests.analysis.strategies import LEVELS, matrices


def test_cohens_own_example() -> None:
    """Cohen 1960, page 45: 200 patients, three diagnoses, in shares of 200."""
    table = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]
    matrix = [[a, b] for a, row in enumerate(table) for b, times in enumerate(row) for _ in range(times)]
    [pair] = annotator_pairs(ratings_of(matrix), Level.NOMINAL)
    assert (pair.first, pair.second, pair.units) == (0, 1, 200)
    assert pair.percent_agreement == pytest.approx(0.7)
    assert pair.kappa == pytest.approx(0.492, abs=0.0005)


def test_the_example_of_the_docs() -> None:
    """At ORDINAL a third annotator's values change the ranks of the first two, and so their kappa; nowhere else."""
    two: Matrix = [[2, 2], [-2, -2], [0, 2], [2, 2]]
    three: Matrix = [[2, 2, 1], [-2, -2, 1], [0, 2, None], [2, 2, None]]
    kappas = {
        level: [round(annotator_pairs(ratings_of(matrix), level)[0].kappa or 0, 3) for matrix in (two, three)]
        for level in Level
    }
    assert kappas[Level.ORDINAL] == [0.714, 0.636]
    assert kappas[Level.NOMINAL][0] == kappas[Level.NOMINAL][1]
    assert kappas[Level.INTERVAL][0] == kappas[Level.INTERVAL][1]


@given(matrices(), LEVELS)
def test_each_pair_is_as_defined(matrix: Matrix, level: Level) -> None:
    made = {(pair.first, pair.second): pair for pair in annotator_pairs(ratings_of(matrix), level)}
    assert list(made) == sorted(made)
    for first, second in combinations(range(len(matrix[0])), 2):
        both = [(a, b) for a, b in ((row[first], row[second]) for row in matrix) if a is not None and b is not None]
        pair = made.pop((first, second), None)
        assert (pair is None) is (not both)
        if pair:
            kappa = cohen([a for a, _ in both], [b for _, b in both], cohen_distance(scale_of(matrix), level))
            assert pair.units == len(both)
            assert pair.percent_agreement == pytest.approx(sum(a == b for a, b in both) / len(both))
            assert pair.kappa == (None if kappa is None else pytest.approx(float(kappa), abs=1e-12))
            assert pair.undefined_reason is (Undefined.ONE_CATEGORY if kappa is None else None)
    assert not made


def test_two_who_share_no_unit_are_no_pair() -> None:
    assert annotator_pairs(ratings_of([[1, None], [None, 1]]), Level.NOMINAL) == []
    assert annotator_pairs(ratings_of([]), Level.NOMINAL) == []
