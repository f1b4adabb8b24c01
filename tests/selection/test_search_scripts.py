"""What search finds in texts of many scripts, on both databases, and that what it finds is highlighted."""

import csv
from collections.abc import Sequence
from typing import Any

import pytest

from tests.conftest import DATA, Api
from tests.selection.search_cases import CASES

SHARED = DATA.parent / "cases" / "search.tsv"
"""Cases that lie beside the project; what reads them skips where they are not."""
FOUND = "query($t: String!) { search(text: $t, types: [DOCUMENT], first: 100) { edges { node { ... on Document { id } } } } }"


def enter(api: Api, texts: Sequence[str]) -> dict[str, str]:
    """The ids of documents with those texts."""
    found = {}
    for number, text in enumerate(dict.fromkeys(texts)):
        given = {"title": f"#{number}", "language": "und", "text": text}
        entered = api.change("createDocument", given, "document { id }")
        assert entered["errors"] == []
        found[text] = entered["document"]["id"]
    return found


def wrong(api: Api, cases: Sequence[tuple[str, str, str, bool]]) -> list[Any]:
    """The cases that do not come out as they should."""
    documents = enter(api, [text for _, text, _, _ in cases])
    found = []
    for case in cases:
        edges = api(FOUND, {"t": case[2]})["search"]["edges"]
        if (documents[case[1]] in [edge["node"]["id"] for edge in edges]) is not case[3]:
            found.append(case)
    return found


def test_each_case_is_found_or_not(bare: Api) -> None:
    assert len(CASES) >= 60
    assert len({script for script, *_ in CASES}) >= 12
    assert wrong(bare, CASES) == []


def test_the_cases_beside_the_project(bare: Api) -> None:
    if not SHARED.exists():
        pytest.skip("there are no cases beside the project")
    lines = SHARED.read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert wrong(bare, [("", row["text"], row["query"], True) for row in rows]) == []
