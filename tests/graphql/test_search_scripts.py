"""What search finds in texts of many scripts, on both databases, and that what it finds is highlighted."""

import csv
from collections.abc import Sequence
from typing import Any

import pytest

from tests.conftest import DATA, Api
from tests.graphql.search_cases import CASES

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


# ---------------------------------------------------------------- highlights

HIGHLIGHTED = """query($t: String!, $types: [SearchType!], $n: Int!) { search(text: $t, types: $types, first: 100) {
  edges { highlights(first: $n) { field index start end startUtf16 endUtf16 text }
    node { ... on Document { id title text } ... on Statement { id quote { exact } }
           ... on Topic { id name description } ... on Actor { id name aliases { name } } } } } }"""


def shown(edge: Any, highlight: Any) -> str:
    """The text that a highlight is of."""
    node, field = edge["node"], highlight["field"]
    if field == "ALIAS":
        return str(node["aliases"][highlight["index"]]["name"])
    assert highlight["index"] is None
    return str(node["quote"]["exact"] if field == "QUOTE" else node[field.lower()])


def highlights(api: Api, text: str, *types: str, most: int = 100) -> dict[str, list[Any]]:
    """The highlights of each result by its id, each held against the text that it is of."""
    edges = api(HIGHLIGHTED, {"t": text, "types": types or None, "n": most})["search"]["edges"]
    for edge in edges:
        for each in edge["highlights"]:
            whole = shown(edge, each)
            assert whole[each["start"] : each["end"]] == each["text"] != ""
            units = whole.encode("utf-16-le")[2 * each["startUtf16"] : 2 * each["endUtf16"]]
            assert units.decode("utf-16-le") == each["text"]
    return {edge["node"]["id"]: edge["highlights"] for edge in edges}


MARKED = (
    ("🙂 The air\u00ad strikes began; AIR strikes go on", "air s", ["air\u00ad", "strikes", "AIR", "strikes"]),
    ("🙂 The air strikes began", '"air strikes"', ["air strikes"]),
    ("au cœur de la ville", "coeur", ["cœur"]),
    ("in E\u0301tat, e\u0301tat", "état", ["E\u0301tat", "e\u0301tat"]),
    ("أعلنت الهدنة وبالهدنةِ", "هدنة", ["الهدنة", "وبالهدنةِ"]),
    ("叙利亚政府军在阿勒颇交火", "阿勒颇 政府", ["政府", "阿勒颇"]),
    ("휴전을 지지한다고", "휴ㅈ", ["휴전"]),
    ("ประกาศหยุดยิงทั่วประเทศ", "ทั่ว", ["ทั่ว"]),
    ('דובר צה"ל הודיע', "צהל", ['צה"ל']),
    ("عام ٢٠٢٤", "2024", ["٢٠٢٤"]),
)


def test_what_is_found_is_highlighted(bare: Api) -> None:
    documents = enter(bare, [*(text for _, text, _, _ in CASES), *(text for text, _, _ in MARKED)])
    for _, text, asked, found in CASES:
        if found:
            assert highlights(bare, asked, "DOCUMENT")[documents[text]], (text, asked)
    for text, asked, words in MARKED:
        assert [each["text"] for each in highlights(bare, asked)[documents[text]]] == words
        assert len(highlights(bare, asked, most=1)[documents[text]]) == 1


def test_highlights_of_each_type(enriched: Api) -> None:
    for kind, fields in {
        "ACTOR": {"NAME", "ALIAS"},
        "DOCUMENT": {"TITLE", "TEXT"},
        "STATEMENT": {"QUOTE"},
        "TOPIC": {"NAME", "DESCRIPTION"},
    }.items():
        found = highlights(enriched, "aleppo", kind)
        assert found
        assert all(found.values())
        assert {each["field"] for own in found.values() for each in own} <= fields
    # A name that is spelt a little differently is found, and highlighted, by likeness.
    (name, *_) = [each for own in highlights(enriched, "hezbolah", "ACTOR").values() for each in own]
    assert name["text"] == "Hezbollah"


def test_highlights_take_one_statement_more(enriched: Api) -> None:
    highlights(enriched, "aleppo")
    assert enriched.statements == 2


def test_how_many_highlights(reading: Api) -> None:
    for most in (0, 101):
        (error,) = reading.run(HIGHLIGHTED, {"t": "aleppo", "n": most})["errors"]
        assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "first"}
        assert error["path"][-1] == "highlights"
