"""Intervals: what they rest on, and that they come again."""

import numpy as np
import pytest

from api.analysis.agreement.agreement import compute_agreement
from api.analysis.agreement.bootstrap import Bootstrap
from api.analysis.agreement.estimates import Undefined
from api.analysis.agreement.levels import Level
from api.analysis.agreement.ratings import Ratings
from tests.analysis.definitions import Matrix, ratings_of

SOME: Matrix = [
    [1, 1, 1],
    [1, 2, 1],
    [2, 2, 2],
    [3, 3, 1],
    [2, 2, 3],
    [1, 1, 1],
    [3, 3, 3],
    [2, 1, 2],
    [1, 1, 2],
    [3, 3, 3],
]


def test_a_seed_gives_the_same_interval_again() -> None:
    first, again, other = (
        compute_agreement(ratings_of(SOME), Level.ORDINAL, Bootstrap(seed=seed)) for seed in (7, 7, 8)
    )
    assert first == again
    assert first.alpha.lower != other.alpha.lower


@pytest.mark.parametrize("level", Level)
def test_an_interval_is_that_of_units_drawn_one_by_one(level: Level) -> None:
    generator = np.random.default_rng(5)
    alphas = []
    for _ in range(2_000):
        drawn = [SOME[unit] for unit in generator.integers(0, len(SOME), len(SOME))]
        value = compute_agreement(ratings_of(drawn), level, Bootstrap(resamples=0)).alpha.value
        alphas += [] if value is None else [value]
    figure = compute_agreement(ratings_of(SOME), level, Bootstrap(resamples=20_000)).alpha
    assert (figure.lower, figure.upper) == pytest.approx(tuple(np.quantile(alphas, [0.025, 0.975])), abs=0.03)


def test_a_greater_confidence_takes_a_wider_interval() -> None:
    narrow, wide = (
        compute_agreement(ratings_of(SOME), Level.NOMINAL, Bootstrap(confidence=c)).alpha for c in (0.8, 0.99)
    )
    assert narrow.lower is not None
    assert narrow.upper is not None
    assert wide.lower is not None
    assert wide.upper is not None
    assert wide.lower < narrow.lower < narrow.upper < wide.upper


def test_resamples_without_variation_are_left_out_and_counted() -> None:
    """One unit in four is of another category: a third of all resamples misses it."""
    figure = compute_agreement(ratings_of([[1, 1], [1, 1], [1, 1], [2, 2]]), Level.NOMINAL).alpha
    assert (figure.value, figure.lower, figure.upper) == (1, 1, 1)
    assert figure.undefined_resamples == pytest.approx(1000 * (0.75**4 + 0.25**4), abs=60)


@pytest.mark.parametrize("matrix", [[[1, 2]], [[1, 2], [1, None], [2, None]]])
def test_one_unit_has_no_interval(matrix: Matrix) -> None:
    figure = compute_agreement(ratings_of(matrix), Level.NOMINAL).alpha
    assert figure.value == 0
    assert figure.undefined_reason is None
    assert (figure.lower, figure.upper, figure.interval_undefined_reason) == (None, None, Undefined.ONE_UNIT)


def test_without_resamples_there_is_no_interval() -> None:
    figure = compute_agreement(ratings_of(SOME), Level.NOMINAL, Bootstrap(resamples=0)).alpha
    assert figure.value is not None
    assert (figure.lower, figure.upper, figure.interval_undefined_reason) == (None, None, Undefined.NO_RESAMPLES)


@pytest.mark.parametrize("resamples", [1, 1_000, 2_500])
def test_there_are_as_many_resamples_as_asked_for(resamples: int) -> None:
    drawn = np.concatenate(list(Bootstrap(resamples).draws(np.array([3, 5, 2]))))
    assert drawn.shape == (resamples, 3)
    assert set(drawn.sum(axis=1)) == {10}


def test_what_makes_no_interval_is_refused() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        Bootstrap(resamples=-1)
    with pytest.raises(ValueError, match="must be between 0 and 1"):
        Bootstrap(confidence=1)


def test_many_kinds_of_unit_are_drawn_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(1)
    unit, annotator = np.divmod(np.arange(600), 6)
    ratings = Ratings.of(unit, annotator, generator.integers(0, 5, 600))
    whole = compute_agreement(ratings, Level.NOMINAL)
    monkeypatch.setattr("api.analysis.agreement.bootstrap._MAX_CELLS", 700)
    parts = compute_agreement(ratings, Level.NOMINAL)
    for ours, theirs in (
        (parts.alpha, whole.alpha),
        (parts.gwet, whole.gwet),
        (parts.fleiss_kappa, whole.fleiss_kappa),
    ):
        assert (ours.value, ours.lower, ours.upper) == pytest.approx(
            (theirs.value, theirs.lower, theirs.upper), abs=1e-12
        )
