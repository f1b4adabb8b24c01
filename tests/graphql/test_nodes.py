"""Rows by id and slug: in their order, null where there is none, the survivor where two were merged."""

from typing import Any

import pytest

from tests.conftest import Api
from tests.graphql.enrichment import FORMER
from tests.graphql.oracle import Oracle
from tests.graphql.rows import PREFIXES, global_id

UNKNOWN = "00000000-0000-4000-8000-000000000000"
HIDDEN = ("Adjudication", "Assignment", "Stance")
"""Of what there is, not everybody sees each."""
NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"


@pytest.mark.parametrize(("prefix", "name"), PREFIXES.items())
def test_an_id_leads_back_to_its_row(enriched: Api, oracle: Oracle, prefix: str, name: str) -> None:
    row = next(row for row in oracle.rows.of_type(name).values() if oracle.seen_by("karl")._sees(row))
    query = "query($id: ID!) { node(id: $id) { __typename id } }"
    assert enriched(query, {"id": global_id(row)}, "karl") == {"node": {"__typename": name, "id": global_id(row)}}
    assert enriched(query, {"id": f"{prefix}_{UNKNOWN}"}) == {"node": None}


def test_nodes_come_in_the_order_of_their_ids_with_null_for_none(enriched: Api, oracle: Oracle) -> None:
    ids = [
        global_id(next(iter(oracle.rows.of_type(name).values()))) for name in PREFIXES.values() if name not in HIDDEN
    ]
    asked = [ids[3], f"act_{UNKNOWN}", ids[0], ids[0], f"top_{UNKNOWN}", *reversed(ids)]
    found = enriched(NODES, {"ids": asked})["nodes"]
    assert [node and node["id"] for node in found] == [None if UNKNOWN in text else text for text in asked]


def test_no_ids_give_no_nodes(reading: Api) -> None:
    assert reading(NODES, {"ids": []}) == {"nodes": []}


def test_a_hundred_ids_may_be_asked_for_and_no_more(reading: Api) -> None:
    assert reading(NODES, {"ids": [f"act_{UNKNOWN}"] * 100}) == {"nodes": [None] * 100}
    (error,) = reading.run(NODES, {"ids": [f"act_{UNKNOWN}"] * 101})["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "ids"}


@pytest.mark.parametrize(
    "bad", ["", "act", UNKNOWN, f"ACT_{UNKNOWN}", f"act_{UNKNOWN}\n", f"act_{UNKNOWN.replace('-', '')}", "\0"]
)
def test_a_malformed_id_is_told_with_its_argument(reading: Api, bad: str) -> None:
    one_answer = reading.run("query($id: ID!) { it: node(id: $id) { id } }", {"id": bad})
    (one,) = one_answer["errors"]
    assert one["extensions"] == {"code": "BAD_USER_INPUT", "argument": "id"}
    assert one["path"] == ["it"]
    assert one_answer["data"] == {"it": None}
    (several,) = reading.run(NODES, {"ids": [f"act_{UNKNOWN}", bad]})["errors"]
    assert several["extensions"] == {"code": "BAD_USER_INPUT", "argument": "ids[1]"}
    assert several["path"] == ["nodes", 1]


def test_an_id_may_be_written_as_a_number_and_is_then_none(reading: Api) -> None:
    (error,) = reading.run("{ node(id: 17) { id } }")["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "id"}


def test_fragments_choose_by_type(enriched: Api, oracle: Oracle) -> None:
    ids = [
        global_id(next(iter(rows.values()))) for rows in (oracle.rows.actors, oracle.rows.topics, oracle.rows.projects)
    ]
    query = (
        "query($ids: [ID!]!) { nodes(ids: $ids) { ...Named ... on StanceTarget { __typename } ... on Project { slug } } }"
        " fragment Named on Node { ... on Actor { name kind } ... on Topic { slug } }"
    )
    assert enriched(query, {"ids": ids}) == oracle.answer(query, {"ids": ids})


def test_a_node_of_which_nothing_is_selected_is_an_empty_object(enriched: Api, oracle: Oracle) -> None:
    topic = global_id(next(iter(oracle.rows.topics.values())))
    assert enriched("query($id: ID!) { node(id: $id) { ... on Actor { name } } }", {"id": topic}) == {"node": {}}


# ---------------------------------------------------------------- merged


def test_former_id_and_slug_lead_to_the_survivor(enriched: Api, oracle: Oracle) -> None:
    (redirect,) = oracle.rows.redirects
    survivor, former = FORMER
    selection = "{ id slug name aliases { name } statements { totalCount } }"
    by_slug = enriched(f'{{ one: actor(slug: "{survivor}") {selection} other: actor(slug: "{former}") {selection} }}')
    assert by_slug["one"] == by_slug["other"]
    assert by_slug["one"]["id"] == f"act_{redirect.actor_id}"
    query = f"query($id: ID!) {{ node(id: $id) {{ ... on Actor {selection} }} }}"
    assert enriched(query, {"id": f"act_{redirect.former_id}"})["node"] == by_slug["one"]


def test_one_former_id_does_not_change_what_the_others_lead_to(enriched: Api, oracle: Oracle) -> None:
    (redirect,) = oracle.rows.redirects
    others = [f"act_{key}" for key in oracle.rows.actors][:3]
    former, survivor = f"act_{redirect.former_id}", f"act_{redirect.actor_id}"
    for asked in (
        [former, *others],
        [*others, former],
        [former, former],
        [survivor, others[0], former, f"act_{UNKNOWN}"],
    ):
        found = enriched(NODES, {"ids": asked})["nodes"]
        wanted = [survivor if text == former else None if UNKNOWN in text else text for text in asked]
        assert [node and node["id"] for node in found] == wanted


def test_a_chain_of_merges_leads_to_its_end(api: Api) -> None:
    slugs = ["turkey", "iran", "israel"]
    ids = [api("query($s: String!) { actor(slug: $s) { id } }", {"s": slug})["actor"]["id"] for slug in slugs]
    for into, duplicate in ((1, 0), (2, 1)):
        merged = api.change(
            "mergeActors", {"intoId": ids[into], "duplicateId": ids[duplicate], "force": True}, "actor { id }"
        )
        assert merged["errors"] == []
    assert [node["id"] for node in api(NODES, {"ids": ids})["nodes"]] == [ids[2]] * 3
    for slug in slugs:
        assert api("query($s: String!) { actor(slug: $s) { slug } }", {"s": slug}) == {"actor": {"slug": "israel"}}
    counts = "query($f: RelationFilter) { relations(filter: $f) { totalCount } }"
    wanted = api(counts, {"f": {"involving": [ids[2]]}})["relations"]["totalCount"]
    assert wanted > 0
    for other in ids:
        assert api(counts, {"f": {"involving": [other]}})["relations"]["totalCount"] == wanted


# ---------------------------------------------------------------- slugs


@pytest.mark.parametrize("field", ["actor", "topic", "project"])
@pytest.mark.parametrize("slug", ["nobody", "", "\0", "Turkey", "a' OR 1=1 --", "x" * 100_000])
def test_a_slug_of_none_gives_null(reading: Api, field: str, slug: str) -> None:
    assert reading(f"query($s: String!) {{ {field}(slug: $s) {{ id }} }}", {"s": slug}) == {field: None}


def test_the_viewer_is_whoever_the_token_belongs_to(reading: Api) -> None:
    query = "{ viewer { name role active } }"
    assert reading(query) == {"viewer": None}
    assert reading(query, as_="anna") == {"viewer": {"name": "anna", "role": "ANNOTATOR", "active": True}}


# ---------------------------------------------------------------- hidden


def _hidden(oracle: Oracle) -> Any:
    anna = oracle.seen_by("anna").viewer
    assert anna is not None
    (project,) = [p for p in oracle.rows.projects.values() if p.name == "Blind"]
    return next(s for s in oracle.rows.stances.values() if s.project_id == project.id and s.annotator_id != anna.id)


def test_a_stance_of_an_open_blind_project_is_as_if_it_were_not(enriched: Api, oracle: Oracle) -> None:
    hidden = _hidden(oracle)
    for caller, seen in ((None, False), ("vera", False), ("anna", False), ("karl", True), ("ada", True)):
        answer = enriched(NODES, {"ids": [global_id(hidden)]}, as_=caller)
        assert answer["nodes"] == [{"__typename": "Stance", "id": global_id(hidden)} if seen else None]
        for part, value in (("statement", f"stm_{hidden.statement_id}"), ("project", f"prj_{hidden.project_id}")):
            query = (
                f'{{ stances(first: 100, filter: {{{part}: "{value}"}}) {{ totalCount edges {{ node {{ id }} }} }} }}'
            )
            found = enriched(query, as_=caller)["stances"]
            assert found == oracle.seen_by(caller).answer(query, {})["stances"]
            assert (global_id(hidden) in [edge["node"]["id"] for edge in found["edges"]]) is seen


def test_counts_and_filters_tell_nothing_of_what_is_hidden(enriched: Api, oracle: Oracle) -> None:
    query = """{
      statements(first: 100) { edges { node { stanceCounts { count label } stances { totalCount } } } }
      actors(first: 100) { edges { node {
        stanceSummary { count label } stancesHeld { totalCount } stancesReceived { totalCount } } } }
      supported: statements(filter: {stanceLabel: [SUPPORT]}) { totalCount }
    }"""
    answers = {}
    for caller in (None, "anna", "karl"):
        answers[caller] = enriched(query, as_=caller)
        assert answers[caller] == oracle.seen_by(caller).answer(query, {})
    assert answers[None] != answers["anna"] != answers["karl"]
