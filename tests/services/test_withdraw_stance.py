"""Withdrawing a stance: it is gone, its history is not."""

from typing import Any

from models import ProjectStatus, Stance
from tests.services.conftest import World, codes, nobody, told

TEXT = """mutation($input: WithdrawStanceInput!) { withdrawStance(input: $input) {
  stanceId errors { code message path } clientMutationId } }"""


def withdraw(world: World, id: str, as_: str = "anna", **more: Any) -> Any:
    """The payload of a withdrawal."""
    return world.api(TEXT, {"input": {"id": id, **more}}, as_)["withdrawStance"]


def test_ones_own(world: World) -> None:
    """It is gone from every list and count, and its id leads nowhere."""
    statement, topic = world.statement(), world.topic()
    stance, others = world.stance(statement, topic), world.stance(statement, topic, "anton")
    assert withdraw(world, stance["id"], clientMutationId="mine") == {
        "stanceId": stance["id"],
        "errors": [],
        "clientMutationId": "mine",
    }
    assert world.node(stance["id"], "... on Stance { label }") is None
    seen = world.api("{ stances { totalCount edges { node { id } } } }")["stances"]
    assert seen == {"totalCount": 1, "edges": [{"node": {"id": others["id"]}}]}
    counts = world.node(statement, "... on Statement { stanceCounts { count } }")["stanceCounts"]
    assert counts == [{"count": 1}]


def test_its_history_is_kept(world: World) -> None:
    """All that it ever said is in the revisions, the last of which tells what was withdrawn, and by whom."""
    statement, topic = world.statement(), world.topic()
    stance = world.stance(statement, topic, rationale="First.")
    world.stance(statement, topic, label="OPPOSE", rationale="Second.")
    withdraw(world, stance["id"])
    created, updated, deleted = world.revisions(stance["id"])
    assert [str(r.action) for r in (created, updated, deleted)] == ["CREATED", "UPDATED", "DELETED"]
    assert (created.before, deleted.after) == (None, None)
    assert created.after == updated.before
    assert updated.after is not None
    assert deleted.before is not None
    assert updated.after.items() <= deleted.before.items()
    assert (deleted.before["label"], deleted.before["rationale"]) == ("OPPOSE", "Second.")
    assert len({r.annotator_id for r in (created, updated, deleted)}) == 1


def test_recorded_anew_it_is_a_new_stance(world: World) -> None:
    """With an id of its own and the first version; the old id stays gone."""
    statement, topic = world.statement(), world.topic()
    old = world.stance(statement, topic)
    withdraw(world, old["id"])
    new = world.record(statement, topic, expectedVersion=0)
    assert new["created"] is True
    assert new["stance"]["version"] == 1
    assert new["stance"]["id"] != old["id"]
    with world.unchanged():
        assert withdraw(world, old["id"])["errors"] == []


def test_safe_to_repeat(world: World) -> None:
    """Withdrawing again says the same and changes nothing, whatever version was expected."""
    stance = world.stance()["id"]
    first = withdraw(world, stance)
    with world.unchanged():
        assert withdraw(world, stance) == first
        assert withdraw(world, stance, expectedVersion=1) == first


def test_expected_version(world: World) -> None:
    """Where somebody looked at another version, nothing is withdrawn."""
    statement, topic = world.statement(), world.topic()
    stance = world.stance(statement, topic)["id"]
    world.stance(statement, topic, label="OPPOSE")
    with world.unchanged():
        for stale in (0, 1, 3):
            payload = withdraw(world, stance, expectedVersion=stale)
            assert (payload["stanceId"], told(payload)) == (None, {("CONFLICT", "input.expectedVersion")})
    assert withdraw(world, stance, expectedVersion=2)["errors"] == []


def test_anothers(world: World) -> None:
    """Only an ADMIN withdraws another's; a CURATOR does not. The revision says who did."""
    stance = world.stance(as_="anna")["id"]
    with world.unchanged():
        for caller in ("anton", "karl"):
            answer = world.api.run(TEXT, {"input": {"id": stance}}, caller)
            assert codes(answer) == ["FORBIDDEN"]
            assert answer["data"] is None
    assert withdraw(world, stance, "ada")["stanceId"] == stance
    assert withdraw(world, stance, "ada")["stanceId"] == stance
    ada = world.api("{ viewer { id } }", as_="ada")["viewer"]["id"]
    assert f"ann_{world.revisions(stance)[-1].annotator_id}" == ada


def test_in_a_closed_project(world: World) -> None:
    """Nothing in it changes any more."""
    statement, topic, project = world.statement(), world.topic(), world.project("aleppo")
    stance = world.stance(statement, topic, projectId=project)["id"]
    world.close_projects()
    with world.unchanged():
        for caller in ("anna", "ada"):
            payload = withdraw(world, stance, caller)
            assert (payload["stanceId"], told(payload)) == (None, {("CONFLICT", "input.id")})
        payload = withdraw(world, stance, expectedVersion=7)
        assert told(payload) == {("CONFLICT", "input.id"), ("CONFLICT", "input.expectedVersion")}


def test_what_leads_to_no_stance(world: World) -> None:
    """Unknown is not found, malformed or of another kind is invalid."""
    with world.unchanged():
        for given, code in (
            (nobody("Stance"), "NOT_FOUND"),
            (nobody("Statement"), "INVALID"),
            ("stn_", "INVALID"),
            ("", "INVALID"),
        ):
            payload = withdraw(world, given)
            assert (payload["stanceId"], told(payload)) == (None, {(code, "input.id")})


def test_in_a_blind_project_nobody_learns_of_anothers(world: World) -> None:
    """An id that the caller may not see is never carried out."""
    project = world.project("blind", blind=True, status=ProjectStatus.OPEN)
    stance = world.stance(as_="anna", projectId=project)["id"]
    assert world.api("{ stances { totalCount } }", as_="anton")["stances"]["totalCount"] == 0
    with world.unchanged():
        answer = world.api.run(TEXT, {"input": {"id": stance}}, "anton")
        assert "errors" in answer or told(answer["data"]["withdrawStance"]) == {("NOT_FOUND", "input.id")}
    assert world.count(Stance) == 1
