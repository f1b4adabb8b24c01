"""Errors are those of single fields: what stands beside a field that failed is answered."""

from typing import Any

import pytest

from tests.conftest import Api
from tests.services.conftest import World, codes, world

__all__ = ["world"]

TWO_PROJECTS = "{ projects(first: 2) { edges { node { slug %s } } } viewer { name } }"


def test_a_malformed_id_is_null_and_what_is_beside_it_is_answered(reading: Api) -> None:
    answer = reading.run(
        '{ node(id: "nope") { id } viewer { name } topic(slug: "aleppo-offensive") { slug } }', as_="anna"
    )
    assert answer["data"] == {"node": None, "viewer": {"name": "anna"}, "topic": {"slug": "aleppo-offensive"}}
    (error,) = answer["errors"]
    assert error["path"] == ["node"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "id"}


def test_malformed_ids_among_others_are_null_in_their_places(reading: Api) -> None:
    known = reading("{ topics(first: 1) { edges { node { id } } } }")["topics"]["edges"][0]["node"]["id"]
    answer = reading.run("query($ids: [ID!]!) { it: nodes(ids: $ids) { id } }", {"ids": ["", known, "top_x", known]})
    assert answer["data"] == {"it": [None, {"id": known}, None, {"id": known}]}
    assert [error["path"] for error in answer["errors"]] == [["it", 0], ["it", 2]]


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ viewer { name } actors(first: 1000) { totalCount } }", {}),
        ("query($n: Int) { viewer { name } actors(first: $n) { totalCount } }", {"n": 0}),
        ('{ viewer { name } actors(after: "nonsense") { totalCount } }', {}),
        ('{ viewer { name } statements(filter: {speaker: ["nobody"]}) { totalCount } }', {}),
        ('{ viewer { name } projects { edges { node { agreement(targets: ["nothing"]) { units } } } } }', {}),
        ("{ viewer { name } projects { edges { node { agreement { pairs(first: 0) { totalCount } } } } } }", {}),
        ("query($n: Int) { projects { edges { node { consensus(first: $n) { totalCount } } } } }", {"n": 1_000}),
    ],
)
def test_bad_arguments_are_found_before_anything_is_executed(reading: Api, query: str, variables: Any) -> None:
    """Wherever they stand, and whether they are written out or variables."""
    answer = reading.run(query, variables)
    assert "data" not in answer
    assert reading.statements == 0
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["argument"] in error["message"]


def test_nested_errors_have_the_whole_path(reading: Api) -> None:
    """Of each place that failed; null goes up to the next thing that may be null, here all of it."""
    below = 'it: agreement(resamples: 0) { pairs(after: "nonsense") { totalCount } }'
    answer = reading.run(TWO_PROJECTS % below)
    assert [e["path"] for e in answer["errors"]] == [["projects", "edges", n, "node", "it", "pairs"] for n in (0, 1)]
    assert answer["data"] is None
    assert reading.run(TWO_PROJECTS % "")["data"]["viewer"] is None


def test_null_goes_up_to_what_may_be_null_and_no_further(reading: Api) -> None:
    query = """{
      bad: project(slug: "default") { agreement(resamples: 0) { pairs(after: "nonsense") { totalCount } } }
      good: project(slug: "default") { slug agreement(resamples: 0) { units } } }"""
    answer = reading.run(query)
    assert answer["data"]["bad"] is None
    assert answer["data"]["good"]["slug"] == "default"
    assert [error["path"] for error in answer["errors"]] == [["bad", "agreement", "pairs"]]


def test_a_member_of_a_list_is_null_where_what_failed_within_cannot_be(reading: Api) -> None:
    key = reading('{ project(slug: "default") { id } }')["project"]["id"]
    query = """query($ids: [ID!]!) { nodes(ids: $ids) { ... on Project {
        slug agreement(resamples: 0) { disagreements(after: "nonsense") { totalCount } } } ... on Topic { slug } } }"""
    topic = reading('{ topic(slug: "aleppo-offensive") { id } }')["topic"]["id"]
    answer = reading.run(query, {"ids": [key, topic]})
    assert answer["data"] == {"nodes": [None, {"slug": "aleppo-offensive"}]}
    assert [e["path"] for e in answer["errors"]] == [["nodes", 0, "agreement", "disagreements"]]


def test_where_the_first_mutation_fails_there_is_no_data(world: World) -> None:
    """What it did, and a later one, are in `test_mutation_answers`."""
    refused = 'mutation { a: createTopic(input: {name: "A"}) { topic { id } } b: createTopic(input: {name: "B"}) { topic { id } } }'
    answer = world.api.run(refused, as_="anna")
    assert codes(answer) == ["FORBIDDEN"]
    assert answer["data"] is None
    assert answer["errors"][0]["path"] == ["a"]


def test_a_bad_argument_anywhere_in_a_document_of_mutations_changes_nothing(world: World) -> None:
    text = """mutation {
        one: createTopic(input: {name: "One"}) { topic { name } }
        two: createTopic(input: {name: "Two"}) { topic { history(first: 0) { totalCount } } } }"""
    with world.unchanged():
        answer = world.api.run(text, as_="karl")
    assert "data" not in answer
    assert answer["errors"][0]["path"] == ["two", "topic", "history"]
