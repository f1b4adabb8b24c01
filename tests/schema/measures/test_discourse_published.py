"""The figures that Discourse Network Analyzer's tests and manual print come out of its sample, over GraphQL."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create
from tests.cli.processes import stancegraph
from tests.conftest import Api, Template, settings
from tests.schema.measures.dna import FOLDER, Sample, recorded
from tests.services.conftest import World

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the published data are not here")

EPA, ALLIANCE = "Environmental Protection Agency", "Alliance to Save Energy"
EEA, SENATE, SIERRA = "Energy and Environmental Analysis, Inc.", "Senate", "Sierra Club"
PETROCHEMICAL = "National Petrochemical & Refiners Association"


@pytest.fixture(scope="module", params=["posted", "imported"])
def sample(migrated: Template, request: pytest.FixtureRequest) -> Iterator[Sample]:
    """The sample as annotators would post it, and as the command line carries it in."""
    url = migrated.copy()
    imported = request.param == "imported"
    if imported:
        assert stancegraph("import", "dna", str(FOLDER / "sample.dna"), url=url).status == 0
    with TestClient(create(settings(url))) as client:
        api = Api(client, url, migrated.tokens)
        yield Sample(api, None) if imported else recorded(World(api))
    migrated.drop(url)


def printed() -> dict[str, Any]:
    """What is printed, by what it is of."""
    return {each["what"]: each["value"] for each in json.loads((FOLDER / "reference.json").read_text())["published"]}


def test_all_that_is_printed_comes_out(sample: Sample) -> None:
    wanted = printed()
    found: dict[str, Any] = {}
    rows, columns, cells = sample.matrix(", mode: TWO_MODE")
    found["twomode ignore, dims"] = [len(rows), len(columns)]
    found["twomode ignore, sum of cells"] = sum(cells.values())
    found["twomode ignore, non-zero edges"] = sum(weight != 0 for weight in cells.values())
    first_two = sorted(columns)[:2]
    found["twomode: Energy and Environmental Analysis, Inc. x first two concepts"] = [cells[EEA, c] for c in first_two]

    rows, columns, cells = sample.matrix(", mode: ONE_MODE")
    assert rows == columns
    found["onemode ignore, dims"] = [len(rows), len(columns)]
    found["onemode ignore, sum of cells (diagonal 0)"] = sum(cells.values())
    found["onemode ignore, edges"] = sum(weight != 0 for weight in cells.values()) / 2
    found["onemode ignore: EPA - Alliance to Save Energy"] = cells[EPA, ALLIANCE]
    found["onemode ignore: EPA - Energy and Environmental Analysis"] = cells[EPA, EEA]
    found["onemode ignore: Senate - Sierra Club"] = cells[SENATE, SIERRA]
    for qualifier in ("congruence", "conflict", "subtract"):
        *_, cells = sample.matrix(f", mode: ONE_MODE, qualifier: {qualifier.upper()}")
        found[f"onemode {qualifier}: Senate - Sierra Club"] = cells[SENATE, SIERRA]

    *_, cells = sample.matrix(", mode: TWO_MODE, qualifier: SUBTRACT")
    found[
        "twomode subtract: National Petrochemical & Refiners Association x {CO2 legislation will not hurt the economy.,"
        " There should be legislation to regulate emissions.}"
    ] = [
        cells[PETROCHEMICAL, "CO2 legislation will not hurt the economy."],
        cells[PETROCHEMICAL, "There should be legislation to regulate emissions."],
    ]
    *_, cells = sample.matrix(", mode: TWO_MODE, duplicates: ACROSS_RANGE")
    found[
        "twomode ignore acrossrange: Energy and Environmental Analysis x 'Emissions legislation should regulate CO2.'"
        " (contradicts itself)"
    ] = cells[EEA, "Emissions legislation should regulate CO2."]
    found["statements left with duplicates='document'"] = sample.network(", duplicates: DOCUMENT", "stances")["stances"]
    found["date range"] = list(_range(sample))

    elsewhere = {
        "database",
        "integer qualifier contribution: i at -4 twice, i' at +2 three times, scale [-5;5]",
        "polarization, timeWindow no, normalizeScores, genetic, seed 1234",
    }
    """What is of the import, of qualifiers that are no signs, and of what is not computed here."""
    assert found == {what: value for what, value in wanted.items() if what not in elsewhere}


def _range(sample: Sample) -> tuple[str, str]:
    found = sample.network(
        ", mode: TWO_MODE",
        "edges(first: 100) { edges { node { statements(first: 100) { edges { node { statedOn } } } } } }",
    )
    days = [s["node"]["statedOn"] for e in found["edges"]["edges"] for s in e["node"]["statements"]["edges"]]
    assert len(days) == 40
    return min(days), max(days)


def test_the_code_of_who_contradicts_themselves_is_the_manuals(sample: Sample) -> None:
    *_, cells = sample.matrix(", mode: TWO_MODE, qualifier: COMBINE")
    assert cells[EEA, "Emissions legislation should regulate CO2."] == 3
    assert cells[PETROCHEMICAL, "There should be legislation to regulate emissions."] == 2
    assert set(cells.values()) == {0, 1, 2, 3}


def test_each_edge_leads_to_its_statements(sample: Sample) -> None:
    """The manual's seven pairs of stances between these two are of the statements towards three concepts."""
    fields = """edges(first: 100) { edges { node { weight row { ... on Actor { name } } column { ... on Actor { name } }
      statements(first: 100) { totalCount edges { node { stances(first: 9) { edges { node { holder { name } } } } } } } } } }"""
    for qualifier, weight in (("IGNORE", 7), ("CONGRUENCE", 2), ("CONFLICT", 5), ("SUBTRACT", -3)):
        found = sample.network(f", qualifier: {qualifier}", fields)["edges"]["edges"]
        (edge,) = [
            e["node"] for e in found if {e["node"]["row"]["name"], e["node"]["column"]["name"]} == {SENATE, SIERRA}
        ]
        assert edge["weight"] == weight
        read = [each["node"]["stances"]["edges"] for each in edge["statements"]["edges"]]
        holders = [stance["node"]["holder"]["name"] for stances in read for stance in stances]
        assert set(holders) == {SENATE, SIERRA}
        assert len(holders) == edge["statements"]["totalCount"]
