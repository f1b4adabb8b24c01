"""The published cases come out as published."""

from typing import Any

import pytest

from api.analysis.agreement.agreement import compute_agreement
from api.analysis.agreement.bootstrap import Bootstrap
from api.analysis.agreement.estimates import Undefined
from api.analysis.agreement.levels import Level
from api.analysis.agreement.pairs import annotator_pairs
from tests.analysis.definitions import ratings_of
from tests.analysis.published import FILE, Case, cases

CASES = cases()
LEVELS = {level.lower(): level for level in Level}

pytestmark = pytest.mark.skipif(not CASES, reason=f"{FILE.name} is not there (STANCEGRAPH_TEST_DATA)")


def found(case: Case, name: str) -> Any:
    """What comes out for the name of a figure; a figure of each level for alpha."""
    ratings = ratings_of(case.matrix)
    nominal = compute_agreement(ratings, Level.NOMINAL, Bootstrap(resamples=0))
    match name:
        case "krippendorff_alpha":
            return {
                name: compute_agreement(ratings, level, Bootstrap(resamples=0)).alpha.value
                for name, level in LEVELS.items()
            }
        case "fleiss_kappa" | "scott_pi":  # of two annotators, Fleiss' is Scott's
            return nominal.fleiss_kappa.value
        case "gwet_ac1":
            return nominal.gwet.value
        case "gwet_ac2_quadratic":
            return compute_agreement(ratings, Level.INTERVAL, Bootstrap(resamples=0)).gwet.value
        case "cohen_kappa":
            return annotator_pairs(ratings, Level.NOMINAL)[0].kappa
        case "observed_agreement":
            return nominal.percent_agreement.value
    raise KeyError(name)


@pytest.mark.parametrize(
    ("name", "figure"),
    [
        ("krippendorff-canonical-4x12", "krippendorff_alpha"),
        ("wikipedia-3x15", "krippendorff_alpha"),
        ("hayes-krippendorff-2007-5x40", "krippendorff_alpha"),
        ("fleiss-1971-diagnoses", "fleiss_kappa"),
        ("cohen-1960-p45", "cohen_kappa"),
        ("cohen-1960-p45", "observed_agreement"),
        ("cohen-1960-p45", "gwet_ac1"),
        ("cohen-1960-p45", "gwet_ac2_quadratic"),
        ("gwet-paradox-2x2", "observed_agreement"),
        ("gwet-paradox-2x2", "gwet_ac1"),
        ("degenerate-all-one-category", "cohen_kappa"),
        ("degenerate-all-one-category", "scott_pi"),
        ("degenerate-all-one-category", "krippendorff_alpha"),
    ],
)
def test_a_figure_is_as_published(name: str, figure: str) -> None:
    case = CASES[name]
    expected, made = case.expected[figure], found(case, figure)
    if isinstance(expected, dict):
        # Ratio and circular differences are for values that stances do not have.
        for level in expected.keys() & LEVELS.keys():
            assert made[level] == pytest.approx(expected[level], abs=case.tolerance), level
    else:
        assert made == (None if expected is None else pytest.approx(expected, abs=case.tolerance))


def test_there_are_seven_cases_and_each_is_looked_at() -> None:
    assert len(CASES) == 7


def test_all_in_one_category_is_undefined_and_says_why() -> None:
    ratings = ratings_of(CASES["degenerate-all-one-category"].matrix)
    for level in Level:
        made = compute_agreement(ratings, level)
        assert made.alpha.undefined_reason is made.gwet.undefined_reason is Undefined.ONE_CATEGORY
        assert annotator_pairs(ratings, level)[0].undefined_reason is Undefined.ONE_CATEGORY


def test_intervals_are_near_those_of_others() -> None:
    """R's icr drew its 1,000 from another generator; Hayes and Krippendorff's data were drawn from 5,000 times."""
    canonical = CASES["krippendorff-canonical-4x12"]
    alpha = compute_agreement(ratings_of(canonical.matrix), Level.NOMINAL).alpha
    assert (alpha.lower, alpha.upper) == pytest.approx(
        canonical.intervals["nominal_unit_bootstrap_1000"]["ci95"], abs=0.02
    )
    tone = CASES["hayes-krippendorff-2007-5x40"]
    alpha = compute_agreement(ratings_of(tone.matrix), Level.ORDINAL, Bootstrap(resamples=5_000)).alpha
    assert (alpha.lower, alpha.upper) == pytest.approx(tone.intervals["ordinal_unit_bootstrap_5000"], abs=0.01)


def test_where_almost_all_is_one_category_gwet_stays_near_what_is_seen() -> None:
    """The paradox: agreement of 0.85, which kappa and alpha put near 0.3."""
    case = CASES["gwet-paradox-2x2"]
    made = compute_agreement(ratings_of(case.matrix), Level.NOMINAL)
    assert made.alpha.value is not None
    assert made.gwet.value is not None
    assert made.alpha.value < 0.35
    assert made.gwet.value > 0.8
