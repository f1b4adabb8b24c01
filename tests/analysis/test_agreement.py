"""The figures of agreement: what others get from the same ratings, and laws that hold for any."""

import json
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.analysis.agreement.agreement import AgreementResult, ExclusionReason, compute_agreement
from api.analysis.agreement.bootstrap import Bootstrap
from api.analysis.agreement.estimates import Estimate, Undefined
from api.analysis.agreement.levels import GWET_WEIGHTING, Level, Weighting
from tests.analysis import definitions
from tests.analysis.definitions import Matrix, ratings_of, rows, stance_units
from tests.analysis.strategies import LEVELS, matrices

NO_INTERVAL = Bootstrap(resamples=0)
IRRCAC = json.loads((Path(__file__).parent / "irrcac.json").read_text())
"""Ratings drawn at random, with what irrCAC 0.4.4 says of them. It is no dependency: it pins a scipy of 2024."""


def figures(made: AgreementResult) -> dict[str, Estimate]:
    return {name: getattr(made, name) for name in ("percent_agreement", "alpha", "gwet", "fleiss_kappa")}


def values(matrix: Matrix, level: Level) -> dict[str, float | None]:
    made = compute_agreement(ratings_of(matrix), level, NO_INTERVAL)
    return {name: figure.value for name, figure in figures(made).items()}


@pytest.mark.parametrize("case", IRRCAC)
def test_figures_are_those_of_irrcac(case: Any) -> None:
    for level in Level:
        assert values(case["ratings"], level)["gwet"] == pytest.approx(case["gwet"][level], abs=1e-9)
    nominal = values(case["ratings"], Level.NOMINAL)
    assert nominal["percent_agreement"] == pytest.approx(case["percent_agreement"], abs=1e-9)
    if "fleiss_kappa" in case:
        assert nominal["fleiss_kappa"] == pytest.approx(case["fleiss_kappa"], abs=1e-9)


@given(matrices(), LEVELS)
def test_alpha_is_that_of_krippendorff(matrix: Matrix, level: Level) -> None:
    ours = values(matrix, level)["alpha"]
    if len({value for row in rows(matrix) if len(row) > 1 for value in row}) < 2:
        assert ours is None
    else:
        columns = np.array(matrix, dtype=float).T
        theirs = krippendorff.alpha(reliability_data=columns, level_of_measurement=level.lower())  # type: ignore[arg-type]
        assert ours == pytest.approx(theirs, abs=1e-12)


@given(matrices(), LEVELS)
def test_gwet_is_as_defined(matrix: Matrix, level: Level) -> None:
    expected = definitions.gwet(matrix, level)
    assert values(matrix, level)["gwet"] == (None if expected is None else pytest.approx(float(expected), abs=1e-12))


@given(matrices() | matrices(missing=False))
def test_fleiss_and_percent_agreement_are_as_defined(matrix: Matrix) -> None:
    made = values(matrix, Level.NOMINAL)
    for name, expected in (
        ("fleiss_kappa", definitions.fleiss(matrix)),
        ("percent_agreement", definitions.percent_agreement(matrix)),
    ):
        assert made[name] == (None if expected is None else pytest.approx(float(expected), abs=1e-12))


@given(matrices(), LEVELS, st.randoms(use_true_random=False))
def test_who_and_what_come_in_any_order(matrix: Matrix, level: Level, random: Any) -> None:
    columns = list(zip(*random.sample(matrix, len(matrix)), strict=True))
    shuffled = list(zip(*random.sample(columns, len(columns)), strict=True))
    bootstrap = Bootstrap(resamples=20)
    assert compute_agreement(ratings_of(shuffled), level, bootstrap) == compute_agreement(
        ratings_of(matrix), level, bootstrap
    )


@given(matrices(), st.permutations(range(-3, 4)))
def test_names_of_labels_mean_nothing(matrix: Matrix, names: list[int]) -> None:
    renamed = [[None if value is None else names[value + 3] for value in row] for row in matrix]
    for name, value in values(matrix, Level.NOMINAL).items():
        assert values(renamed, Level.NOMINAL)[name] == (None if value is None else pytest.approx(value, abs=1e-12))


@given(st.lists(st.integers(-3, 3), min_size=2, max_size=9), st.integers(2, 5), LEVELS)
def test_to_agree_throughout_is_one(units: list[int], annotators: int, level: Level) -> None:
    made = values([(value,) * annotators for value in units], level)
    if len(set(units)) > 1:
        assert made == {
            "percent_agreement": 1,
            "alpha": 1,
            "gwet": 1,
            "fleiss_kappa": 1 if level == Level.NOMINAL else None,
        }


@given(matrices(), LEVELS)
def test_no_figure_is_above_one_nor_anything_but_a_number(matrix: Matrix, level: Level) -> None:
    for figure in figures(compute_agreement(ratings_of(matrix), level, Bootstrap(resamples=20))).values():
        assert (figure.value is None) is (figure.undefined_reason is not None)
        assert (figure.lower is None) is (figure.upper is None) is (figure.interval_undefined_reason is not None)
        numbers = [number for number in (figure.value, figure.lower, figure.upper) if number is not None]
        assert all(type(number) is float and np.isfinite(number) and number <= 1 for number in numbers)
        assert figure.lower is None or figure.upper is None or figure.lower <= figure.upper


@given(st.integers(-3, 3), st.integers(1, 9), st.integers(2, 5), LEVELS)
def test_undefined_is_never_one(value: int, units: int, annotators: int, level: Level) -> None:
    """All say the same of all: everybody agrees, and nothing tells that from chance."""
    made = compute_agreement(ratings_of([[value] * annotators] * units), level)
    assert made.percent_agreement.value == 1
    for figure in (made.alpha, made.gwet, *([made.fleiss_kappa] if level is Level.NOMINAL else [])):
        assert (figure.value, figure.lower, figure.upper) == (None, None, None)
        assert figure.undefined_reason is figure.interval_undefined_reason is Undefined.ONE_CATEGORY


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("matrix", [[], [[None, None]], [[1, None], [None, 2]]])
def test_without_pairs_nothing_is_defined(matrix: Matrix, level: Level) -> None:
    made = compute_agreement(ratings_of(matrix), level)
    assert {figure.undefined_reason for figure in figures(made).values()} == {Undefined.NO_PAIRS}
    assert {figure.value for figure in figures(made).values()} == {None}
    assert made.units == made.pairable_values == 0


def test_fleiss_says_why_it_does_not_apply() -> None:
    unequal: Matrix = [[1, 2, None], [1, 1, 1]]
    assert (
        compute_agreement(ratings_of(unequal), Level.NOMINAL).fleiss_kappa.undefined_reason is Undefined.UNEQUAL_RATINGS
    )
    assert (
        compute_agreement(ratings_of([[1, 2], [1, 1]]), Level.ORDINAL).fleiss_kappa.undefined_reason
        is Undefined.NOT_NOMINAL
    )
    alone: Matrix = [[1, 2, None], [None, 1, 1], [2, None, None]]
    assert compute_agreement(ratings_of(alone), Level.NOMINAL).fleiss_kappa.value == pytest.approx(-1 / 3)


def test_what_is_counted_and_what_is_left_out_is_said() -> None:
    """Four units; UNCLEAR counts at nominal and is missing on the scale."""
    stances = stance_units(
        [0, 0, 1, 1, 1, 2, 3, 3],
        [0, 1, 0, 1, 2, 2, 0, 1],
        ["SUPPORT", "SUPPORT", "OPPOSE", "OPPOSE", "UNCLEAR", "MIXED", "UNCLEAR", "UNCLEAR"],
        [3, 0, 1, 1, 0, 0, 0, 0],
    )
    nominal = compute_agreement(stances.ratings(Level.NOMINAL), Level.NOMINAL)
    assert (nominal.units, nominal.annotators, nominal.values, nominal.pairable_values) == (3, 3, 8, 7)
    assert (nominal.missing, nominal.excluded) == (0, {ExclusionReason.NO_VALUE: 0, ExclusionReason.ONE_VALUE: 1})
    assert nominal.percent_agreement.value == pytest.approx((1 + 1 / 3 + 1) / 3)
    signed = compute_agreement(stances.ratings(Level.INTERVAL), Level.INTERVAL)
    assert (signed.units, signed.annotators, signed.values, signed.pairable_values) == (2, 3, 5, 4)
    assert (signed.missing, signed.excluded) == (3, {ExclusionReason.NO_VALUE: 1, ExclusionReason.ONE_VALUE: 1})
    assert signed.percent_agreement.value == 0.5


def test_it_says_which_coefficient_of_gwet_it_is() -> None:
    assert GWET_WEIGHTING == {
        Level.NOMINAL: Weighting.IDENTITY,
        Level.ORDINAL: Weighting.ORDINAL,
        Level.INTERVAL: Weighting.QUADRATIC,
    }
    for level in Level:
        assert compute_agreement(ratings_of([[1, 2], [1, 1]]), level).gwet_weighting is GWET_WEIGHTING[level]
