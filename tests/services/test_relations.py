"""Entering, editing and deleting alliances and oppositions."""

from typing import Any

from models import Relation, RelationEvidence
from tests.services.conftest import World, nobody, told

READ = """relation { id kind form status directed validFrom validTo summary version createdAt updatedAt
  source { id } target { id } evidence { edges { node { id } } } }"""
TIE: dict[str, Any] = {
    "kind": "OPPOSITION",
    "form": "ARMED_CONFLICT",
    "status": "DISPUTED",
    "directed": True,
    "validFrom": "2015-09-30",
    "validTo": "2024-11-29",
    "summary": "Fights on the other side.",
}
EDITABLE = ("form", "status", "validFrom", "validTo", "summary")


def create(world: World, source: str, target: str, **given: Any) -> Any:
    """The payload of a new relation."""
    ends = {"sourceId": source, "targetId": target}
    return world.api.change("createRelation", {**ends, "kind": "ALLIANCE", "form": "COOPERATION", **given}, READ)


def update(world: World, id: str, **given: Any) -> Any:
    """The payload of an edited relation."""
    return world.api.change("updateRelation", {"id": id, **given}, READ)


def remove(world: World, id: str, **given: Any) -> Any:
    """The payload of a deletion."""
    return world.api.change("deleteRelation", {"id": id, **given}, "relationId")


def evidence(relation: Any) -> set[str]:
    """The ids of the statements that bear a relation out."""
    return {edge["node"]["id"] for edge in relation["evidence"]["edges"]}


def test_what_is_sent_is_what_stands(world: World) -> None:
    """All fields, with each piece of evidence once."""
    source, target = world.actor(), world.actor()
    statements = [world.statement() for _ in range(3)]
    relation = create(world, source, target, **TIE, evidenceIds=[*statements, *statements[:2]])["relation"]
    assert {name: relation[name] for name in TIE} == TIE
    assert (relation["source"]["id"], relation["target"]["id"]) == (source, target)
    assert evidence(relation) == set(statements)
    assert len(relation["evidence"]["edges"]) == 3
    assert (relation["version"], relation["createdAt"]) == (1, relation["updatedAt"])


def test_what_is_left_out(world: World) -> None:
    """Confirmed and undirected, the rest unknown; an explicit null says the same."""
    nulls = dict.fromkeys(("status", "directed", "validFrom", "validTo", "summary", "evidenceIds"))
    for more in ({}, nulls):
        relation = create(world, world.actor(), world.actor(), **more)["relation"]
        assert (relation["status"], relation["directed"], evidence(relation)) == ("CONFIRMED", False, set())
        assert {relation[name] for name in ("validFrom", "validTo", "summary")} == {None}


def test_several_at_once_of_both_signs(world: World) -> None:
    """The same two may be tied as often as there is something to say: seen from both ends."""
    one, other = world.actor(), world.actor()
    for given in ({}, {}, TIE, {"kind": "OPPOSITION", "form": "RIVALRY"}):
        assert create(world, one, other, **given)["errors"] == []
        assert create(world, other, one, **given)["errors"] == []
    seen = "... on Actor { alliances { totalCount } oppositions { totalCount } relations { totalCount } }"
    for actor in (one, other):
        counts = world.node(actor, seen)
        assert [counts[name]["totalCount"] for name in ("alliances", "oppositions", "relations")] == [4, 4, 8]


def test_what_is_wrong_is_told(world: World) -> None:
    """All of it at once; nobody is tied to themselves, by whatever name; each piece of evidence in its place."""
    actor, old, another, statement = world.actor(), world.actor(), world.actor(), world.statement()
    world.merge(old, actor)
    with world.unchanged():
        payload = create(
            world,
            nobody("Actor"),
            "x",
            validFrom="2024-11-30",
            validTo="2024-11-29",
            summary=" ",
            evidenceIds=[statement, nobody("Statement"), actor, statement],
        )
        assert payload["relation"] is None
        assert told(payload) == {
            ("NOT_FOUND", "input.sourceId"),
            ("INVALID", "input.targetId"),
            ("INVALID", "input.validTo"),
            ("INVALID", "input.summary"),
            ("NOT_FOUND", "input.evidenceIds.1"),
            ("INVALID", "input.evidenceIds.2"),
        }
        for other in (actor, old):
            assert told(create(world, actor, other)) == {("INVALID", "input.targetId")}
        too_much = create(world, actor, another, evidenceIds=[statement] * 501)
        assert told(too_much) == {("INVALID", "input.evidenceIds")}


def test_an_update(world: World) -> None:
    """What is left out stays, what is sent changes, null clears; ends and sign stay in any case."""
    relation = create(world, world.actor(), world.actor(), **TIE, evidenceIds=[world.statement()])["relation"]
    changes: dict[str, Any] = {
        "form": "SANCTIONS",
        "status": "ALLEGED",
        "validFrom": "2015-01-01",
        "validTo": None,
        "summary": "Otherwise.",
    }
    for version, (name, value) in enumerate(changes.items(), start=2):
        changed = update(world, relation["id"], **{name: value})["relation"]
        assert changed == {**relation, name: value, "version": version, "updatedAt": changed["updatedAt"]}
        assert changed["updatedAt"] > relation["updatedAt"]
        relation = changed
    cleared = update(world, relation["id"], validFrom=None, validTo=None, summary=None, evidenceIds=None)["relation"]
    assert {cleared[name] for name in ("validFrom", "validTo", "summary")} == {None}
    assert evidence(cleared) == set()


def test_null_for_what_is_needed(world: World) -> None:
    """Refused, all of it at once."""
    relation = create(world, world.actor(), world.actor(), **TIE)["relation"]
    with world.unchanged():
        payload = update(world, relation["id"], form=None, status=None, summary="")
        assert told(payload) == {("INVALID", f"input.{name}") for name in ("form", "status", "summary")}
        assert payload["relation"] == relation
        assert told(update(world, relation["id"], validTo="2015-09-29")) == {("INVALID", "input.validTo")}
        assert told(update(world, relation["id"], validFrom="2024-11-30")) == {("INVALID", "input.validFrom")}


def test_evidence_is_replaced(world: World) -> None:
    """All of it; the same in another order is nothing new."""
    one, two, three = (world.statement() for _ in range(3))
    relation = create(world, world.actor(), world.actor(), evidenceIds=[one, two])["relation"]
    with world.unchanged():
        assert update(world, relation["id"], evidenceIds=[two, one, two])["relation"] == relation
        payload = update(world, relation["id"], evidenceIds=[one, nobody("Statement")])
        assert told(payload) == {("NOT_FOUND", "input.evidenceIds.1")}
        assert payload["relation"] == relation
    replaced = update(world, relation["id"], evidenceIds=[three, two])["relation"]
    assert (evidence(replaced), replaced["version"]) == ({two, three}, 2)
    left = update(world, relation["id"], summary="Evidence is left out.")["relation"]
    assert (evidence(left), left["version"]) == ({two, three}, 3)
    assert evidence(update(world, relation["id"], evidenceIds=[])["relation"]) == set()
    assert world.count(RelationEvidence) == 0


def test_nothing_different_changes_nothing(world: World) -> None:
    """Neither version nor revisions, whether all is sent again or nothing at all."""
    statement = world.statement()
    relation = create(world, world.actor(), world.actor(), **TIE, evidenceIds=[statement])["relation"]
    same = {name: TIE[name] for name in EDITABLE}
    with world.unchanged():
        for given in ({}, same, {**same, "evidenceIds": [statement], "expectedVersion": 1}):
            assert update(world, relation["id"], **given) == {"relation": relation, "errors": []}


def test_expected_version(world: World) -> None:
    """No longer the version: nothing changes or goes; an edit shows the relation as it stands."""
    relation = world.relation()
    stands = update(world, relation, summary="Now.", expectedVersion=1)["relation"]
    with world.unchanged():
        for stale in (0, 1, 3):
            payload = update(world, relation, summary="Late.", expectedVersion=stale)
            assert told(payload) == {("CONFLICT", "input.expectedVersion")}
            assert payload["relation"] == stands
            gone = remove(world, relation, expectedVersion=stale)
            assert (gone["relationId"], told(gone)) == (None, {("CONFLICT", "input.expectedVersion")})
    assert remove(world, relation, expectedVersion=2) == {"relationId": relation, "errors": []}


def test_deleted(world: World) -> None:
    """Gone with its evidence; what it was, evidence and all, is in its last revision."""
    statement = world.statement()
    relation = create(world, world.actor(), world.actor(), **TIE, evidenceIds=[statement])["relation"]["id"]
    assert remove(world, relation) == {"relationId": relation, "errors": []}
    assert world.node(relation, "... on Relation { id }") is None
    assert (world.count(Relation), world.count(RelationEvidence)) == (0, 0)
    created, deleted = world.revisions(relation)
    assert (str(deleted.action), deleted.after) == ("DELETED", None)
    assert created.after == deleted.before
    assert deleted.before is not None
    assert deleted.before["evidence"] == [statement.removeprefix("stm_")]
    assert told(world.api.change("deleteStatement", {"id": statement}, "statementId")) == set()


def test_what_leads_to_no_relation(world: World) -> None:
    """Gone already, unknown, of another kind."""
    gone = world.relation()
    remove(world, gone)
    with world.unchanged():
        for given, code in ((gone, "NOT_FOUND"), (nobody("Relation"), "NOT_FOUND"), (nobody("Actor"), "INVALID")):
            assert told(update(world, given, summary="x")) == {(code, "input.id")}
            assert remove(world, given)["relationId"] is None
            assert told(remove(world, given)) == {(code, "input.id")}
