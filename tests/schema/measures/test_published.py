"""Published cases come out as published: posted as annotators would post them, then asked."""

import csv
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.analysis.published import FILE, cases
from tests.conftest import DATA
from tests.schema.measures.conftest import LABELS, Said, by_label, make_team, signed
from tests.services.conftest import World

CASES = cases()
ANAESTHETISTS = DATA / "dawid_skene"

published = pytest.mark.skipif(not CASES, reason=f"{FILE.name} is not there (STANCEGRAPH_TEST_DATA)")

FIGURES = "value lower upper undefinedReason"
AGREEMENT = f"""agreement(level: $level, targets: $targets, resamples: 0) {{
  units percentAgreement {{ {FIGURES} }} krippendorffAlpha {{ {FIGURES} }} gwet {{ {FIGURES} }} gwetWeighting
  fleissKappa {{ {FIGURES} }} pairs {{ edges {{ node {{ cohenKappa undefinedReason }} }} }}
}}"""


def category_from_0(value: int) -> Said:
    return by_label(value + 1)


def centred(value: int) -> Said:
    """1 to 5 as -2 to +2."""
    return signed(value - 3)


Figure = tuple[str, str | None, Callable[[Any], Any]]
"""Name, part, and where it is in the answer."""

KRIPPENDORFF = "krippendorff_alpha"


def alpha(made: Any) -> Any:
    return made["krippendorffAlpha"]["value"]


def kappa(made: Any) -> Any:
    return made["pairs"]["edges"][0]["node"]["cohenKappa"]


def observed(made: Any) -> Any:
    return made["percentAgreement"]["value"]


def gwet(made: Any) -> Any:
    return made["gwet"]["value"]


def fleiss(made: Any) -> Any:
    return made["fleissKappa"]["value"]


# Categories are labels at NOMINAL; on the signed scale values are as they are, or moved together: alpha and AC2 at
# INTERVAL know distances alone, and alpha at ORDINAL order. What is for ratios or circles is not for stances.
ASKED: dict[str, list[tuple[str, Callable[[int], Said], list[Figure]]]] = {
    "krippendorff-canonical-4x12": [
        ("NOMINAL", by_label, [(KRIPPENDORFF, "nominal", alpha)]),
        ("ORDINAL", centred, [(KRIPPENDORFF, "ordinal", alpha)]),
        ("INTERVAL", centred, [(KRIPPENDORFF, "interval", alpha)]),
    ],
    "wikipedia-3x15": [
        ("NOMINAL", by_label, [(KRIPPENDORFF, "nominal", alpha)]),
        ("INTERVAL", centred, [(KRIPPENDORFF, "interval", alpha)]),
    ],
    "hayes-krippendorff-2007-5x40": [
        ("NOMINAL", category_from_0, [(KRIPPENDORFF, "nominal", alpha)]),
        ("ORDINAL", signed, [(KRIPPENDORFF, "ordinal", alpha)]),
    ],
    "fleiss-1971-diagnoses": [("NOMINAL", by_label, [("fleiss_kappa", None, fleiss)])],
    "cohen-1960-p45": [
        (
            "NOMINAL",
            category_from_0,
            [("cohen_kappa", None, kappa), ("observed_agreement", None, observed), ("gwet_ac1", None, gwet)],
        ),
        ("INTERVAL", signed, [("gwet_ac2_quadratic", None, gwet)]),
    ],
    "gwet-paradox-2x2": [
        ("NOMINAL", category_from_0, [("observed_agreement", None, observed), ("gwet_ac1", None, gwet)])
    ],
    "degenerate-all-one-category": [
        (
            "NOMINAL",
            by_label,
            [("cohen_kappa", None, kappa), ("scott_pi", None, fleiss), (KRIPPENDORFF, "nominal", alpha)],
        )
    ],
}


@published
@pytest.mark.parametrize("name", ASKED)
def test_a_case_is_as_published(world: World, name: str) -> None:
    """What the values are at one level is said towards a topic of its own."""
    case = CASES[name]
    team = make_team(world, len(case.matrix[0]))
    statements = team.statements(len(case.matrix))
    for level, said, figures in ASKED[name]:
        topic = world.topic()
        units = [[None if value is None else said(value) for value in row] for row in case.matrix]
        team.annotate(units, statements, topic)
        made = team.ask(AGREEMENT, level=("Level!", level), targets=("[ID!]", [topic]))["agreement"]
        assert made["units"] == sum(len(row) - row.count(None) > 1 for row in case.matrix)
        for figure, part, found in figures:
            expected = case.expected[figure] if part is None else case.expected[figure][part]
            assert found(made) == (None if expected is None else pytest.approx(expected, abs=case.tolerance)), figure


@published
def test_every_case_is_asked() -> None:
    assert set(ASKED) == set(CASES)


@published
def test_what_is_undefined_says_why(world: World) -> None:
    case = CASES["degenerate-all-one-category"]
    team = make_team(world, 2)
    team.annotate([[by_label(v) for v in row if v is not None] for row in case.matrix])
    made = team.ask(AGREEMENT, level=("Level!", "NOMINAL"), targets=("[ID!]", None))["agreement"]
    assert made["percentAgreement"]["value"] == 1.0
    for figure in ("krippendorffAlpha", "gwet", "fleissKappa"):
        assert made[figure] == {"value": None, "lower": None, "upper": None, "undefinedReason": "ONE_CATEGORY"}
    assert made["pairs"]["edges"][0]["node"] == {"cohenKappa": None, "undefinedReason": "ONE_CATEGORY"}


@pytest.mark.skipif(not ANAESTHETISTS.is_dir(), reason="dawid_skene is not there (STANCEGRAPH_TEST_DATA)")
def test_dawid_and_skenes_anaesthetists(world: World) -> None:
    """45 patients by 5 anaesthetists. One of them saw each patient three times; an annotator has one stance, the first.

    All seven readings are held against the published result where annotators may repeat themselves: in the analysis.
    """
    with (ANAESTHETISTS / "anesthesia.csv").open() as file:
        rows = [{key: int(value) for key, value in row.items()} for row in csv.DictReader(file)]
    reference = json.loads((ANAESTHETISTS / "reference.json").read_text())
    given = {(r["patient"], r["observer"]): r["rating"] for r in rows if r["replicate"] == 1}
    team = make_team(world, 5)
    observers = sorted({observer for _, observer in given})
    statements = team.annotate([[by_label(given[p, o]) for o in observers] for p in range(1, 46)])
    query = """consensus(method: DAWID_SKENE, first: 100) { totalCount edges { node {
      statement { id } label support tie votes { label count posterior } } } }"""
    found = team.ask(query)["consensus"]
    assert found["totalCount"] == 45
    by_statement = {edge["node"]["statement"]["id"]: edge["node"] for edge in found["edges"]}
    labels = [by_statement[statement]["label"] for statement in statements]
    assert labels == [LABELS[label - 1] for label in reference["labels"]]
    sums = dict.fromkeys(LABELS, 0.0)
    for unit in by_statement.values():
        for vote in unit["votes"]:
            sums[vote["label"]] += vote["posterior"]
    marginals = [sums[label] / 45 for label in LABELS]
    assert marginals == pytest.approx([*reference["class_marginals"], 0], abs=0.01)
