"""Undoing: the last change of an entity, by whoever made it, where nothing stands in the way."""

from typing import Any

import pytest
from sqlalchemy import delete, update

from models import ProjectMember, Revision, RevisionAction
from tests.services.conftest import World, at_once, codes, nobody, sender, told

TEXT = """mutation($input: UndoInput!) { undo(input: $input) {
  revision { id action entityId entity { id } by { name } changes { field before after } }
  errors { code message path } clientMutationId } }"""


def undo(world: World, revision: str, as_: str = "anna") -> Any:
    """The payload."""
    return world.api(TEXT, {"input": {"revisionId": revision, "clientMutationId": "u"}}, as_)["undo"]


def last(world: World, id: str) -> str:
    """The id of the last change of what has this id."""
    return f"rev_{world.revisions(id)[-1].id}"


def done(world: World, id: str, as_: str = "anna") -> Any:
    """The last change of `id` undone without complaint: the revision that says so."""
    payload = undo(world, last(world, id), as_)
    assert payload["errors"] == []
    assert payload["clientMutationId"] == "u"
    revision = payload["revision"]
    assert (revision["entityId"], revision["id"], revision["by"]["name"]) == (id, last(world, id), as_)
    return revision


def refused(world: World, id: str, as_: str = "anna") -> str:
    """Why the last change of `id` is not undone: nothing changes."""
    with world.unchanged():
        payload = undo(world, last(world, id), as_)
    assert told(payload) == {("CONFLICT", "input.revisionId")}
    assert payload["revision"] is None
    return str(payload["errors"][0]["message"])


ODD = {"name": "Type", "value": 'a "quote", a tab\t, مجلس'}
STANCE = "... on Stance { label intensity rationale version createdAt }"


def test_a_stance_there_and_back_again(world: World) -> None:
    """Recorded, it is withdrawn; undone once more it is back under its id; revised, it says what it said."""
    statement, topic = world.statement(), world.topic()
    stance = world.stance(statement, topic, intensity=2, rationale="First.")
    id = stance["id"]
    assert done(world, id)["action"] == "DELETED"
    assert world.node(id, STANCE) is None
    back = done(world, id)
    assert (back["action"], back["entity"]["id"]) == ("CREATED", id)
    found = world.node(id, STANCE)
    assert (found["label"], found["intensity"], found["rationale"], found["version"]) == ("SUPPORT", 2, "First.", 2)
    assert found["createdAt"] == stance["createdAt"]
    world.record(statement, topic, label="OPPOSE", expectedVersion=2)
    assert done(world, id)["action"] == "UPDATED"
    found = world.node(id, STANCE)
    assert (found["label"], found["intensity"], found["rationale"], found["version"]) == ("SUPPORT", 2, "First.", 4)
    assert world.record(statement, topic, intensity=2, rationale="First.")["stance"]["version"] == 4


def test_only_ones_own(world: World) -> None:
    """Another's change is forbidden, whoever asks; a token is needed; what is no change is told so."""
    stance = world.stance()["id"]
    with world.unchanged():
        for caller in ("anton", "karl", "ada"):
            assert codes(world.api.run(TEXT, {"input": {"revisionId": last(world, stance)}}, caller)) == ["FORBIDDEN"]
        assert codes(world.api.run(TEXT, {"input": {"revisionId": last(world, stance)}})) == ["UNAUTHENTICATED"]
        for bad, code in ((nobody("Revision"), "NOT_FOUND"), (stance, "INVALID"), ("rev_", "INVALID")):
            assert told(undo(world, bad)) == {(code, "input.revisionId")}


def test_only_the_last(world: World) -> None:
    """What came after it stands in the way."""
    statement, topic = world.statement(), world.topic()
    stance = world.stance(statement, topic)["id"]
    first = last(world, stance)
    world.stance(statement, topic, label="MIXED")
    with world.unchanged():
        payload = undo(world, first)
        assert told(payload) == {("CONFLICT", "input.revisionId")}
        assert "changed since" in payload["errors"][0]["message"]


def test_later_changes_that_were_undone(world: World) -> None:
    """They cancel out: the change before them can be undone, and then no other of them."""
    statement, topic = world.statement(), world.topic()
    stance = world.stance(statement, topic, rationale="First.")["id"]
    world.record(statement, topic, label="OPPOSE", expectedVersion=1)
    first = last(world, stance)
    world.record(statement, topic, label="MIXED", expectedVersion=2)
    later = last(world, stance)
    done(world, stance)
    with world.unchanged():
        assert told(undo(world, later)) == {("CONFLICT", "input.revisionId")}
    assert undo(world, first)["errors"] == []
    found = world.node(stance, STANCE)
    assert (found["label"], found["rationale"], found["version"]) == ("SUPPORT", "First.", 5)
    with world.unchanged():
        assert told(undo(world, first)) == {("CONFLICT", "input.revisionId")}


def test_a_deletion_after_which_the_row_was_restored(world: World) -> None:
    """Of two deletions only the later can be undone: the row may have been edited in between."""
    relation = world.relation()
    world.api.change("deleteRelation", {"id": relation}, "relationId")
    first = last(world, relation)
    done(world, relation, "karl")
    world.api.change("updateRelation", {"id": relation, "summary": "Since."}, "relation { id }")
    world.api.change("deleteRelation", {"id": relation}, "relationId")
    with world.unchanged():
        assert told(undo(world, first, "karl")) == {("CONFLICT", "input.revisionId")}
    done(world, relation, "karl")
    assert world.node(relation, "... on Relation { summary }")["summary"] == "Since."


def test_a_place_that_is_taken(world: World) -> None:
    """A stance recorded anew in its place stands in the way of the old one."""
    statement, topic = world.statement(), world.topic()
    old = world.stance(statement, topic)["id"]
    world.api.change("withdrawStance", {"id": old}, "stanceId", "anna")
    new = world.stance(statement, topic)["id"]
    assert "same holder and target" in refused(world, old)
    world.api.change("withdrawStance", {"id": new}, "stanceId", "anna")
    done(world, old)


def test_what_it_refers_to_was_merged(world: World) -> None:
    """It cannot be put back as it was."""
    holder, topic = world.actor(), world.topic()
    stance = world.stance(world.statement(holder), topic)["id"]
    world.api.change("withdrawStance", {"id": stance}, "stanceId", "anna")
    world.merge(holder, world.actor())
    assert "the holder is gone" in refused(world, stance)


def test_in_a_project(world: World) -> None:
    """Not where it is closed, nor where one takes no part any more."""
    project = world.project("aleppo")
    statement, topic = world.statement(), world.topic()
    stance = world.stance(statement, topic, projectId=project)["id"]
    world.stance(statement, topic, projectId=project, label="MIXED")
    world.execute(delete(ProjectMember))
    assert "no longer a member" in refused(world, stance)
    world.close_projects()
    assert "closed" in refused(world, stance)


def test_an_admin_undoes_the_withdrawal_of_anothers(world: World) -> None:
    """It is its annotator's again."""
    stance = world.stance()["id"]
    world.api.change("withdrawStance", {"id": stance}, "stanceId", "ada")
    done(world, stance, "ada")
    assert world.node(stance, "... on Stance { annotator { name } }")["annotator"] == {"name": "anna"}


def test_relations(world: World) -> None:
    """Entered, edited and deleted, with the statements that bear them out."""
    first, second = world.statement(exact="two"), world.statement(exact="two")
    relation = world.relation(evidenceIds=[first], summary="Once.", validFrom="2015-09-30")
    fields = "... on Relation { summary validFrom validTo form evidence { edges { node { id } } } }"
    was = world.node(relation, fields)
    change = {"id": relation, "summary": None, "validTo": "2020-01-01", "evidenceIds": [second, first]}
    world.api.change("updateRelation", change, "relation { id }")
    done(world, relation, "karl")
    assert world.node(relation, fields) == was
    world.api.change("deleteRelation", {"id": relation}, "relationId")
    done(world, relation, "karl")
    assert world.node(relation, fields) == was
    done(world, relation, "karl")
    assert world.node(relation, fields) is None
    world.api.change("deleteStatement", {"id": first}, "statementId")
    assert "was its evidence" in refused(world, relation, "karl")


def test_statements(world: World) -> None:
    """Whoever marked one takes it back, as long as nothing rests on it; a curator's deletion is undone."""
    speaker = world.actor()
    statement = world.statement(speaker)
    world.stance(statement)
    assert "stance refers" in refused(world, statement)
    other = world.statement(speaker, "one", world.document("one and two"))
    assert done(world, other)["action"] == "DELETED"
    assert world.node(other, "... on Statement { id }") is None
    third = world.statement(speaker, "three", world.document("three"))
    world.api.change("deleteStatement", {"id": third}, "statementId")
    done(world, third, "karl")
    found = world.node(third, "... on Statement { quote { exact } position { start end } speaker { id } }")
    assert found["quote"] == {"exact": "three"}
    assert world.search("three", "STATEMENT") == [third]
    counted = "{ actors(orderBy: {field: STATEMENT_COUNT, direction: DESC}, first: 1) { edges { cursor } } }"
    assert world.api(counted)["actors"]["edges"][0]["cursor"].startswith("STATEMENT_COUNT.2.")


def test_actors_and_memberships(world: World) -> None:
    """Edits go back, names and all; what stands in the way of an edit stands in the way here."""
    actor = world.actor("One", slug="one", aliases=[{"name": "Eins", "language": "de"}], attributes=[ODD])
    fields = "... on Actor { slug name kind activeFrom aliases { name language script } attributes { name value } }"
    was = world.node(actor, fields)
    edit = {"id": actor, "slug": "uno", "name": "Uno", "kind": "STATE", "activeFrom": "2000-01-01", "aliases": []}
    colour = [{"name": "colour", "value": "#ff9900"}]
    world.api.change("updateActor", {**edit, "attributes": colour}, "actor { id }")
    assert world.search("Eins") == []
    done(world, actor, "karl")
    assert world.node(actor, fields) == was
    assert world.search("Eins") == [actor]
    world.api.change("updateActor", {"id": actor, "slug": "uno"}, "actor { id }")
    world.actor("Another", slug="one")
    assert "belongs to another" in refused(world, actor, "karl")
    group = world.actor()
    membership = world.membership(actor, group)
    done(world, membership, "karl")
    assert world.node(membership, "... on Membership { id }") is None
    done(world, membership, "karl")
    assert world.node(membership, "... on Membership { id }") == {"__typename": "Membership", "id": membership}


def test_topics(world: World) -> None:
    """Edits go back, attributes and all."""
    topic = world.topic("The truce", slug="truce", attributes=[ODD])
    fields = "... on Topic { slug name description attributes { name value } }"
    was = world.node(topic, fields)
    edit = {"id": topic, "slug": "peace", "name": "Peace", "description": "All of it.", "attributes": []}
    world.api.change("updateTopic", edit, "topic { id }")
    assert (world.search("truce", "TOPIC"), world.search("peace", "TOPIC")) == ([], [topic])
    done(world, topic, "karl")
    assert world.node(topic, fields) == was
    assert (world.search("truce", "TOPIC"), world.search("peace", "TOPIC")) == ([topic], [])
    world.api.change("updateTopic", {"id": topic, "slug": "peace"}, "topic { id }")
    world.topic("Another", slug="truce")
    assert "belongs to another" in refused(world, topic, "karl")


def test_what_cannot_be_undone(world: World) -> None:
    """What others refer to, and the parts of mergers by themselves."""
    gone, stays = world.actor(), world.actor()
    document = world.document(publisherId=gone)
    relation = world.relation(gone, world.actor())
    assert "cannot be undone" in refused(world, world.topic(), "karl")
    assert "cannot be undone" in refused(world, document, "karl")
    world.merge(gone, stays)
    assert "merger" in refused(world, relation, "karl")
    assert "cannot be undone by itself" in refused(world, document, "karl")
    world.execute(update(Revision).values(cause_id=None))
    assert "did not record what it moved" in refused(world, stays, "karl")


@pytest.mark.parametrize("times", [5])
def test_at_once_it_is_undone_once(world: World, times: int) -> None:
    """The other requests are refused: the row changed since."""
    stance = world.stance()["id"]
    world.api.change("withdrawStance", {"id": stance}, "stanceId", "anna")
    revision = last(world, stance)
    send = sender(world.api.client, world.api.tokens)
    answers = at_once([lambda: send(TEXT, {"input": {"revisionId": revision}}, "anna")] * times)
    errors = [len(answer["data"]["undo"]["errors"]) for answer in answers]
    assert sorted(errors) == [0, *[1] * (times - 1)]
    assert [r.action for r in world.revisions(stance)][-1] is RevisionAction.CREATED
    assert world.api("{ stances { totalCount } }")["stances"]["totalCount"] == 1
