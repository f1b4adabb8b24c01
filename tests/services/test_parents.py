"""What is removed says what it belonged to: in the payload, and in the change that the feed tells."""

from collections.abc import Callable
from typing import Any

from models import ProjectRole
from tests.http.sockets import conversing
from tests.services.conftest import World, told
from tests.services.team import joined, team

DELETED = """query($after: String) { changes(first: 20, after: $after) { edges { node { action entityType entity { id }
  project { id } statement { id stances { totalCount } } document { id statements { totalCount } }
  source { id relations { totalCount } } target { id } member { id } group { id } } } } }"""


def place(world: World) -> str | None:
    """Where the feed is."""
    edges = world.api("{ changes(first: 100) { pageInfo { endCursor hasNextPage } } }")["changes"]["pageInfo"]
    assert not edges["hasNextPage"]
    return str(edges["endCursor"])


def change(world: World, after: str | None, as_: str = "karl") -> dict[str, Any]:
    """What the one deletion behind `after` tells, without what it says nothing of."""
    nodes = [edge["node"] for edge in world.api(DELETED, {"after": after}, as_)["changes"]["edges"]]
    assert world.api.statements == 1
    (node,) = [node for node in nodes if node["action"] == "DELETED"]
    return {name: value for name, value in node.items() if value is not None and name != "action"}


def test_a_stance_withdrawn(world: World) -> None:
    """Also when it is withdrawn once more; nothing where it was refused."""
    statement, topic, project = world.statement(), world.topic(), world.project("aleppo")
    stance = world.stance(statement, topic, projectId=project)["id"]
    world.stance(statement, topic, "anton", projectId=project)
    after, shown = place(world), "stanceId statement { id stances { totalCount } }"
    wrong = world.api.change("withdrawStance", {"id": stance, "expectedVersion": 2}, shown, "anna")
    assert (told(wrong), wrong["statement"]) == ({("CONFLICT", "input.expectedVersion")}, None)
    gone = {"id": statement, "stances": {"totalCount": 1}}
    for _ in range(2):
        assert world.api.change("withdrawStance", {"id": stance}, shown, "anna")["statement"] == gone
    assert change(world, after) == {"entityType": "STANCE", "project": {"id": project}, "statement": gone}


def test_a_statement_deleted(world: World) -> None:
    document = world.document("One two three.")
    statement, _ = world.statement(None, "two", document), world.statement(None, "one", world.document("one"))
    after, shown = place(world), "statementId document { id statements { totalCount } }"
    relation = world.relation(evidenceIds=[statement])
    assert world.api.change("deleteStatement", {"id": statement}, shown)["document"] is None
    world.api.change("updateRelation", {"id": relation, "evidenceIds": []}, "relation { id }")
    gone = {"id": document, "statements": {"totalCount": 0}}
    assert world.api.change("deleteStatement", {"id": statement}, shown)["document"] == gone
    assert change(world, after) == {"entityType": "STATEMENT", "document": gone}


def test_a_relation_deleted(world: World) -> None:
    """Ends that were merged are the survivors."""
    source, target, survivor = world.actor(), world.actor(), world.actor()
    relation = world.relation(source, target)
    after = place(world)
    shown = "relationId source { id relations { totalCount } } target { id }"
    payload = world.api.change("deleteRelation", {"id": relation}, shown)
    gone = {"source": {"id": source, "relations": {"totalCount": 0}}, "target": {"id": target}}
    assert {name: payload[name] for name in gone} == gone
    assert change(world, after) == {"entityType": "RELATION", **gone}
    world.merge(target, survivor)
    assert change(world, after) == {"entityType": "RELATION", **gone, "target": {"id": survivor}}


def test_a_membership_undone(world: World) -> None:
    member, group = world.actor(), world.actor()
    membership = world.membership(member, group)
    after = place(world)
    made = f"rev_{world.revisions(membership)[0].id}"
    payload = world.api.change("undo", {"revisionId": made}, "revision { member { id } group { id } }")
    assert payload["revision"] == {"member": {"id": member}, "group": {"id": group}}
    assert change(world, after) == {"entityType": "MEMBERSHIP", "member": {"id": member}, "group": {"id": group}}


def test_a_member_removed(world: World) -> None:
    work = team(world)
    joined(world, work.project, "vera", ProjectRole.CURATOR)
    vera, after = world.api("{ viewer { id } }", as_="vera")["viewer"]["id"], place(world)
    given, shown = (
        {"projectId": work.project, "annotatorId": vera},
        "projectMemberId project { id members { totalCount } }",
    )
    payload = world.api.change("removeProjectMember", given, shown)
    assert payload["project"] == {"id": work.project, "members": {"totalCount": 2}}
    assert change(world, after) == {"entityType": "PROJECT_MEMBER", "project": {"id": work.project}}
    again = world.api.change("removeProjectMember", given, shown)
    assert (told(again), again["project"]) == ({("NOT_FOUND", "input.annotatorId")}, None)


def test_a_subscription_tells_the_parent(world: World, server: Callable[..., str]) -> None:
    """Of what is gone by the time that it is read, as in the feed."""
    statement, topic = world.statement(), world.topic()
    stance, after = world.stance(statement, topic)["id"], place(world)
    assert told(world.api.change("withdrawStance", {"id": stance}, "stanceId", "anna")) == set()
    text = """subscription($after: String) { changes(after: $after) { node {
      action entity { id } project { slug } statement { id stances { totalCount } } document { id } } } }"""
    with conversing(server(world.api.url)) as socket:
        socket.subscribe(query=text, after=after)
        node = socket.event()["node"]
    assert node == {
        "action": "DELETED",
        "entity": None,
        "project": {"slug": "default"},
        "statement": {"id": statement, "stances": {"totalCount": 0}},
        "document": None,
    }
