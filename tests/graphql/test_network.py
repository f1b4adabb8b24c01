"""The whole picture at once, and how large it may be."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from api.database.database import Database
from models import Actor, ActorKind, Relation, RelationForm, RelationKind, new_id
from tests.conftest import Api
from tests.graphql.oracle import Oracle

MOST = 10_000
SMALL = """query($f: RelationFilter) { network(filter: $f) {
  relations { id kind source { id } target { id } evidence(first: 2) { totalCount } }
  actors { id slug aliases { name } }
  again: relations { id }
} }"""


@pytest.mark.parametrize(
    "given",
    [
        None,
        {},
        {"kind": ["ALLIANCE"]},
        {"kind": []},
        {"asOf": "2024-11-29"},
        {"status": ["CONFIRMED"], "form": ["ARMED_CONFLICT", "RIVALRY"]},
    ],
)
def test_it_holds_all_relations_and_every_actor_in_one(enriched: Api, oracle: Oracle, given: Any) -> None:
    found = enriched(SMALL, {"f": given})
    assert found == oracle.answer(SMALL, {"f": given})
    ends = {end["id"] for r in found["network"]["relations"] for end in (r["source"], r["target"])}
    assert ends == {actor["id"] for actor in found["network"]["actors"]}


def test_an_actor_is_chosen_with_its_neighbours(enriched: Api, oracle: Oracle) -> None:
    for actor in list(oracle.rows.actors)[:5]:
        given = {"f": {"involving": [f"act_{actor}"]}}
        assert enriched(SMALL, given) == oracle.answer(SMALL, given)


def test_one_side_can_be_asked_for_alone(enriched: Api, oracle: Oracle) -> None:
    for selection in ("actors { name }", "relations { form }", "__typename", "a: actors { id } b: actors { name }"):
        query = f"{{ network {{ {selection} }} }}"
        assert enriched(query) == oracle.answer(query, {})


def test_lists_below_a_network_count_for_all_it_may_hold(reading: Api) -> None:
    query = "{ network { relations { evidence(first: 10) { totalCount } } } }"
    (error,) = reading.run(query)["errors"]
    assert error["extensions"] == {"code": "LIMIT_EXCEEDED", "nodes": 110_000, "limit": 100_000}
    fewer = query.replace("10", "5")
    assert reading(fewer)["network"]["relations"]


async def _fill(database: Database) -> None:
    actors = [
        {"id": new_id(), "slug": f"a{n}", "name": f"A{n}", "sort_name": f"a{n}", "kind": ActorKind.STATE}
        for n in range(200)
    ]
    pairs = [(a["id"], b["id"]) for a in actors for b in actors if a is not b]
    relations = [
        {
            "id": new_id(),
            "source_id": source,
            "target_id": target,
            "kind": RelationKind.ALLIANCE if number % 2 else RelationKind.OPPOSITION,
            "form": RelationForm.OTHER,
            "valid_from": dt.date(2000, 1, 1) if number else None,
        }
        for number, (source, target) in enumerate(pairs[: MOST + 1])
    ]
    async with database.transaction() as session:
        await session.execute(insert(Actor), actors)
        for at in range(0, len(relations), 1_000):
            await session.execute(insert(Relation), relations[at : at + 1_000])


async def _drop_one(database: Database) -> None:
    async with database.transaction() as session:
        first = select(Relation.id).order_by(Relation.id).limit(1).scalar_subquery()
        await session.execute(delete(Relation).where(Relation.id == first))


def test_over_ten_thousand_relations_it_says_to_narrow_it(bare: Api) -> None:
    bare.inside(_fill)
    query = "query($f: RelationFilter) { all: network(filter: $f) { relations { id } actors { id } } }"
    answer = bare.run(query)
    (error,) = answer["errors"]
    assert answer["data"] is None
    assert error["extensions"] == {"code": "LIMIT_EXCEEDED", "argument": "filter"}
    assert error["path"] == ["all"]
    assert "narrow" in error["message"]
    assert "10,000" in error["message"]
    assert bare.statements == 1
    (error,) = bare.run("{ network { __typename } }")["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    measured = bare("{ network { balance { actors ties ambivalent } ties { sign } } }")["network"]
    assert measured["balance"]["actors"] == 200
    assert measured["balance"]["ties"] + measured["balance"]["ambivalent"] == len(measured["ties"])
    half = bare(query, {"f": {"kind": "ALLIANCE"}})["all"]
    assert len(half["relations"]) == MOST // 2
    bare.inside(_drop_one)
    whole = bare(query)["all"]
    assert len(whole["relations"]) == MOST
    assert len({relation["id"] for relation in whole["relations"]}) == MOST
