"""Search: what it finds, in which order, page by page, and and what it refuses."""

from typing import Any

import pytest

from tests.conftest import Api
from tests.graphql.lists import holds_words, named_like
from tests.graphql.oracle import Oracle
from tests.graphql.rows import global_id

TYPES = ("ACTOR", "DOCUMENT", "STATEMENT", "TOPIC")
SEARCH = """query($text: String!, $types: [SearchType!], $first: Int, $after: String) {
  search(text: $text, types: $types, first: $first, after: $after) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor score node { __typename ... on Node { id } ... on Actor { slug } } }
  }
}"""


def search(api: Api, text: str, **variables: Any) -> Any:
    """What a search gives."""
    return api(SEARCH, {"text": text, "first": 100, **variables})["search"]


def ids(found: Any) -> list[str]:
    """The ids of what was found, in order."""
    return [edge["node"]["id"] for edge in found["edges"]]


@pytest.mark.parametrize(
    "text", ["hezbolah", "Hezbollah", "HEZBOLLAH", "hizbollah", "Хезболла", "хезболла", "حزب الله", "Hezb"]
)
def test_hezbollah_is_found_in_any_script_and_spelling(reading: Api, text: str) -> None:
    edges = search(reading, text)["edges"]
    best = next(edge["node"] for edge in edges if edge["node"]["__typename"] == "Actor")
    assert best["slug"] == "hezbollah"
    filtered = reading("query($t: String!) { actors(filter: {text: $t}) { edges { node { slug } } } }", {"t": text})
    assert "hezbollah" in [edge["node"]["slug"] for edge in filtered["actors"]["edges"]]


def test_a_name_asked_for_itself_comes_first(reading: Api) -> None:
    for slug, name in (("turkey", "Turkey"), ("iran", "Iran"), ("bbc-news", "BBC News"), ("syria", "Syria")):
        edges = search(reading, name, types=["ACTOR"])["edges"]
        assert edges[0]["node"]["slug"] == slug
        assert edges[0]["score"] == pytest.approx(1)


def _expected(oracle: Oracle, text: str, kind: str) -> set[str]:
    """What is to be found of one type, by the rules of filters."""
    if kind == "ACTOR":
        names = {actor.id: [actor.name] for actor in oracle.rows.actors.values()}
        for alias in oracle.rows.aliases.values():
            names[alias.actor_id].append(alias.name)
        return {global_id(a) for a in oracle.rows.actors.values() if named_like(text, names[a.id])}
    every: dict[str, list[tuple[Any, list[str]]]] = {
        "DOCUMENT": [(d, [d.title, d.text]) for d in oracle.rows.documents.values()],
        "STATEMENT": [(s, [s.exact]) for s in oracle.rows.statements.values()],
        "TOPIC": [(t, [t.name, t.description or ""]) for t in oracle.rows.topics.values()],
    }
    return {global_id(row) for row, parts in every[kind] if holds_words(text, *parts)}


@pytest.mark.parametrize(
    "text",
    [
        "Aleppo",
        "aleppo offensive",
        "rebel",
        "reb",
        "council supports",
        "résumé",
        "الهدنة",
        "停戰支持聲明",
        "перемирие",
        "2024",
        "1e5",
        "27th 2nd",
        "the",
        "s",
        "a",
        "air s",
        "هد",
        "停",
        '"aleppo offensive"',
        '"the aleppo off',
        "aleppo -council",
        'aleppo -"the council" -rebels',
    ],
)
def test_all_types_are_searched_by_their_rules(enriched: Api, oracle: Oracle, text: str) -> None:
    everything = {kind: _expected(oracle, text, kind) for kind in TYPES}
    for kind in TYPES:
        assert set(ids(search(enriched, text, types=[kind]))) == everything[kind], kind
    whole = search(enriched, text)
    assert set(ids(whole)) == set().union(*everything.values())
    assert whole["totalCount"] == sum(map(len, everything.values()))
    two = search(enriched, text, types=["TOPIC", "ACTOR"])
    assert set(ids(two)) == everything["TOPIC"] | everything["ACTOR"]


def test_some_text_finds_each_type(enriched: Api) -> None:
    found = search(enriched, "Aleppo")
    assert {edge["node"]["__typename"].upper() for edge in found["edges"]} == set(TYPES)


@pytest.mark.parametrize("types", [None, ["ACTOR"], ["STATEMENT"], ["DOCUMENT", "TOPIC"], ["ACTOR", "STATEMENT"]])
@pytest.mark.parametrize("text", ["syria", "the", "aleppo", "council", "Syrian government"])
@pytest.mark.parametrize("size", [1, 3])
def test_a_walk_meets_everything_once_best_match_first(enriched: Api, types: Any, text: str, size: int) -> None:
    whole = search(enriched, text, types=types)
    places = [(-edge["score"], edge["cursor"]) for edge in whole["edges"]]
    assert [place[0] for place in places] == sorted(place[0] for place in places)
    assert all(0 < edge["score"] <= 1 for edge in whole["edges"])
    walked: list[Any] = []
    after = None
    while True:
        page = search(enriched, text, types=types, first=size, after=after)
        walked += page["edges"]
        assert page["totalCount"] == whole["totalCount"]
        assert page["pageInfo"]["hasPreviousPage"] is (len(walked) > len(page["edges"]))
        assert page["pageInfo"]["hasNextPage"] is (len(walked) < whole["totalCount"])
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert [edge["node"] for edge in walked] == [edge["node"] for edge in whole["edges"]]
    assert [edge["cursor"] for edge in walked] == [edge["cursor"] for edge in whole["edges"]]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        (" \n\t", "is empty"),
        ("!?", "'!?' holds no letter or digit"),
        ("😀", "holds no letter or digit"),
        ("_", "holds no letter or digit"),
        ("\0", "holds no letter or digit"),
        ("\u0301", "holds no letter or digit"),
        ('"', "holds no letter or digit"),
        ("-council", "only excludes"),
        ('-"the council" -x', "only excludes"),
        ("ab " * 300_000, "at most 1,000 characters, not 900,000"),
        (" ".join(f"word{n}" for n in range(33)), "at most 32 words and phrases, not 33"),
    ],
)
def test_a_text_that_asks_for_nothing_or_too_much_is_refused(reading: Api, text: str, reason: str) -> None:
    (error,) = reading.run(SEARCH, {"text": text})["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "text"}
    assert reason in error["message"]


@pytest.mark.parametrize(
    "text",
    [
        "aleppo*",
        '"aleppo',
        "aleppo AND",
        "NEAR(aleppo rebels)",
        "aleppo OR x",
        "x -aleppo",
        "words:aleppo",
        "a:* & b",
        "aleppo\0rebels",
        "'; -- x",
        "x " * 500,
        # As many words as may be, each in all its forms.
        " ".join(f"מיל{a}{b}" for a in "אבגדהוזח" for b in "אבגד"),
        '"' + " ".join(f"كلم{a}{b}" for a in "ابتثجحخد" for b in "ابتث") + '"',
    ],
)
def test_no_text_with_words_is_an_error(reading: Api, text: str) -> None:
    for types in (None, ["ACTOR"], ["DOCUMENT"]):
        search(reading, text, types=types)


def test_no_types_find_nothing(reading: Api) -> None:
    assert search(reading, "aleppo", types=[])["totalCount"] == 0


def test_types_may_be_null_or_one_value_or_repeated(reading: Api) -> None:
    assert search(reading, "aleppo", types=None) == search(reading, "aleppo")
    assert search(reading, "aleppo", types="TOPIC") == search(reading, "aleppo", types=["TOPIC", "TOPIC"])


def test_its_cursor_is_none_of_other_lists_and_theirs_none_of_its(reading: Api) -> None:
    cursor = search(reading, "aleppo")["edges"][0]["cursor"]
    (error,) = reading.run("query($c: String) { topics(after: $c) { totalCount } }", {"c": cursor})["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "after"}
    other = reading("{ topics(first: 1) { edges { cursor } } }")["topics"]["edges"][0]["cursor"]
    for bad in (
        other,
        "",
        "SCORE",
        cursor.replace("SCORE.", "SCORE.x"),
        f"SCORE.nan.{cursor[-36:]}",
        f"SCORE.inf.{cursor[-36:]}",
    ):
        (error,) = reading.run(SEARCH, {"text": "aleppo", "after": bad})["errors"]
        assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "after"}


@pytest.mark.parametrize("size", [0, 101, -5])
def test_its_sizes_run_from_1_to_100(reading: Api, size: int) -> None:
    (error,) = reading.run(SEARCH, {"text": "aleppo", "first": size})["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "first"}


def test_what_is_found_can_be_asked_for_everything(enriched: Api, oracle: Oracle) -> None:
    query = """query($t: String!) { search(text: $t, first: 30) { edges { node {
      ... on Actor { id name statements(first: 2) { edges { node { id } } } }
      ... on Statement { id speaker { name } document { publisher { name } } stances(first: 2) { totalCount } }
      ... on Document { id publishedOn } ... on Topic { id description } } } } }"""
    edges = enriched(query, {"t": "aleppo"}, as_="anna")["search"]["edges"]
    nodes = """query($ids: [ID!]!) { nodes(ids: $ids) {
      ... on Actor { id name statements(first: 2) { edges { node { id } } } }
      ... on Statement { id speaker { name } document { publisher { name } } stances(first: 2) { totalCount } }
      ... on Document { id publishedOn } ... on Topic { id description } } }"""
    wanted = oracle.seen_by("anna").answer(nodes, {"ids": [edge["node"]["id"] for edge in edges]})
    assert [edge["node"] for edge in edges] == wanted["nodes"]


def test_a_search_is_one_statement(reading: Api) -> None:
    search(reading, "aleppo")
    assert reading.statements == 1


def test_what_is_new_is_found_and_what_is_renamed_goes_by_its_new_name(api: Api) -> None:
    made = api.change("createActor", {"name": "Zyxwvut Brigade", "kind": "ARMED_GROUP"}, "actor { id }")["actor"]["id"]
    assert ids(search(api, "zyxwvut", types=["ACTOR"])) == [made]
    api.change("updateActor", {"id": made, "name": "Qponmlk Brigade"}, "actor { id }")
    assert ids(search(api, "zyxwvut", types=["ACTOR"])) == []
    assert ids(search(api, "qponmlk")) == [made]
