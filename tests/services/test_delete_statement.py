"""Deleting a statement: only where nothing rests on it, and its history stays."""

from typing import Any

from sqlalchemy import select

from models import Actor, SearchEntry, Statement
from tests.services.conftest import World, key_of, nobody, told


def remove(world: World, id: str, **more: Any) -> Any:
    """The payload of a deletion."""
    return world.api.change("deleteStatement", {"id": id, **more}, "statementId clientMutationId")


def test_a_statement_on_which_nothing_rests(world: World) -> None:
    """It is gone from node, lists and search; what it was is in its last revision."""
    speaker, document = world.actor(), world.document("One two three.")
    statement = world.statement(speaker, "two", document, statedOn="2024-11-29")
    assert world.search("two", "STATEMENT") == [statement]
    payload = remove(world, statement, clientMutationId="mine")
    assert payload == {"statementId": statement, "errors": [], "clientMutationId": "mine"}
    assert world.node(statement, "... on Statement { id }") is None
    assert world.search("two", "STATEMENT") == []
    assert world.rows(select(SearchEntry).where(SearchEntry.entity_id == key_of(statement))) == []
    assert world.node(document, "... on Document { statements { totalCount } }")["statements"]["totalCount"] == 0
    created, deleted = world.revisions(statement)
    assert (str(created.action), str(deleted.action)) == ("CREATED", "DELETED")
    assert created.after == deleted.before
    assert deleted.before is not None
    assert (deleted.before["exact"], deleted.before["stated_on"]) == ("two", "2024-11-29")


def test_marked_anew(world: World) -> None:
    """The same words may be marked again, and are found again."""
    speaker, document = world.actor(), world.document("One two three.")
    old = world.statement(speaker, "two", document)
    remove(world, old)
    new = world.statement(speaker, "two", document)
    assert new != old
    assert world.search("two", "STATEMENT") == [new]


def test_refused_while_something_rests_on_it(world: World) -> None:
    """Stances and relations are told, both at once; when they are gone it may go."""
    statement = world.statement()
    stances = [world.stance(statement, world.topic())["id"] for _ in range(2)]
    relation = world.relation(evidenceIds=[statement])
    with world.unchanged():
        payload = remove(world, statement)
        assert payload["statementId"] is None
        assert [e["code"] for e in payload["errors"]] == ["CONFLICT"] * 2
        assert told(payload) == {("CONFLICT", "input.id")}
        assert [e["message"] for e in payload["errors"]] == [
            "2 stances refer to the statement",
            "1 relation refers to the statement",
        ]
    for stance in stances:
        world.api.change("withdrawStance", {"id": stance}, "stanceId", "anna")
    with world.unchanged():
        assert [e["message"] for e in remove(world, statement)["errors"]] == ["1 relation refers to the statement"]
    world.api.change("updateRelation", {"id": relation, "evidenceIds": []}, "relation { id }")
    assert told(remove(world, statement)) == set()


def test_expected_version(world: World) -> None:
    """Where somebody looked at another version, nothing goes; all that is wrong is told at once."""
    statement = world.statement()
    with world.unchanged():
        payload = remove(world, statement, expectedVersion=2)
        assert (payload["statementId"], told(payload)) == (None, {("CONFLICT", "input.expectedVersion")})
    world.stance(statement)
    with world.unchanged():
        assert told(remove(world, statement, expectedVersion=2)) == {
            ("CONFLICT", "input.expectedVersion"),
            ("CONFLICT", "input.id"),
        }


def test_what_leads_to_no_statement(world: World) -> None:
    """Gone already, unknown, malformed."""
    gone = world.statement()
    remove(world, gone)
    with world.unchanged():
        for given, code in ((gone, "NOT_FOUND"), (nobody("Statement"), "NOT_FOUND"), (nobody("Stance"), "INVALID")):
            payload = remove(world, given)
            assert (payload["statementId"], told(payload)) == (None, {(code, "input.id")})


def test_the_speakers_count_goes_down(world: World) -> None:
    """And with it the place in the order by it."""
    one, other = world.actor("One"), world.actor("Other")
    statements = [world.statement(one) for _ in range(2)]
    world.statement(other)
    for statement in statements:
        remove(world, statement)
    ordered = world.api("{ actors(orderBy: {field: STATEMENT_COUNT, direction: DESC}) { edges { node { name } } } }")[
        "actors"
    ]["edges"]
    assert [edge["node"]["name"] for edge in ordered] == ["Other", "One"]
    assert sorted(world.rows(select(Actor.statement_count))) == [0, 1]
    assert world.count(Statement) == 1
