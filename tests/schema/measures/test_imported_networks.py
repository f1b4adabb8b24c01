"""Published networks, carried in by the command line and measured through the graph."""

import csv
from collections import defaultdict
from collections.abc import Collection
from typing import Any

import pytest

from tests.analysis.signed_data import TRIBES, reference, tribes
from tests.conftest import DATA, Api
from tests.exchange.commands import called
from tests.schema.measures.test_networks import BALANCE, PAIR, SERIES

UCDP = DATA / "ucdp_prio" / "ties.csv"


def camps(groups: Collection[Any]) -> set[frozenset[str]]:
    """Groups of actors by their names, in no order."""
    return {frozenset(actor["name"] for actor in group) for group in groups}


@pytest.mark.skipif(not TRIBES.is_dir(), reason=f"{TRIBES.name} is not there (STANCEGRAPH_TEST_DATA)")
def test_the_tribes_are_as_published(bare: Api) -> None:
    assert called("import", "edges", TRIBES / "tribes_edges.csv", url=bare.url).status == 0
    blocs = f"blocs(k: 3) {{ criterion blocs {{ actors {{ name }} }} inconsistencies {{ {PAIR} }} }}"
    found = bare(f"{{ network {{ {BALANCE} {blocs} }} }}")["network"]
    printed, recomputed = (reference()["tribes"][part] for part in ("published", "recomputed_here"))
    balance, frustration = found["balance"], found["balance"]["frustration"]
    assert (balance["actors"], balance["ties"]) == (recomputed["nodes"], recomputed["edges"])
    counts = recomputed["triangles"]
    assert balance["triads"] == {"ppp": counts["+++"], "ppn": counts["++-"], "pnn": counts["+--"], "nnn": counts["---"]}
    for figure, name in (("triangleIndex", "balance_score_triangles"), ("walkIndex", "balance_score_walk")):
        assert balance[figure]["value"] == pytest.approx(printed[name], abs=5e-8)
    assert frustration["index"]["value"] == pytest.approx(printed["balance_score_frustration"], abs=5e-8)
    assert (frustration["count"], frustration["exact"]) == (printed["frustration_exact"], True)
    assert len(frustration["ties"]) == printed["frustration_exact"]
    assert camps(frustration["partition"]) == grouped(printed["frustration_exact_partition"])
    model = printed["signed_blockmodel_k3_alpha0.5"]
    assert found["blocs"]["criterion"] == model["criterion"]
    assert len(found["blocs"]["inconsistencies"]) == recomputed["k3_violations"]
    assert camps([bloc["actors"] for bloc in found["blocs"]["blocs"]]) == grouped(model["membership"])


def grouped(membership: list[int]) -> set[frozenset[str]]:
    """The tribes of each group."""
    names, _ = tribes()
    groups: dict[int, list[str]] = defaultdict(list)
    for name, group in zip(names, membership, strict=True):
        groups[group].append(name)
    return set(map(frozenset, groups.values()))


@pytest.mark.skipif(not UCDP.is_file(), reason=f"{UCDP.name} is not there (STANCEGRAPH_TEST_DATA)")
@pytest.mark.slow
def test_ties_of_67_years_are_those_of_each_year(bare: Api) -> None:
    """Allies and enemies in civil wars from 1946 to 2012: each year as it stands in the file, and all of it proved."""
    assert called("import", "yearly-ties", UCDP, url=bare.url).status == 0
    signs: dict[tuple[int, frozenset[str]], set[bool]] = defaultdict(set)
    with UCDP.open() as file:
        for row in csv.DictReader(file):
            ends = frozenset((row["source"].strip(), row["target"].strip()))
            signs[int(row["year"]), ends].add(row["type"] == "supportive")
    found = bare(SERIES, {"from": "1946-01-01", "to": "2012-12-31", "step": "YEAR"})["networkSeries"]["periods"]
    assert len(found) == 67
    for one in found:
        year = int(one["period"]["label"])
        here = [(ends, sign) for (dated, ends), sign in signs.items() if dated == year]
        assert one["actors"] == len(frozenset().union(*(ends for ends, _ in here)))
        expected = tuple(sum(sign == kind for _, sign in here) for kind in ({True}, {False}, {True, False}))
        assert (one["positive"], one["negative"], one["ambivalent"]) == expected
        assert one["frustration"]["exact"]
