"""Statements are given to annotators one at a time, for a time, and no more often than the project wants."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update

from api.database.database import Database
from api.ids import global_id
from api.services.assignment_queue import LockedQueue
from models import Assignment, Project, ProjectMember, ProjectRole, ProjectStatement, ProjectStatus
from tests.services.conftest import World, codes, key_of, nobody, told
from tests.services.team import joined, team

FINISH = "mutation($id: ID!) { finishAssignment(input: {id: $id}) { assignment { id } errors { code } } }"
WRITTEN = {"literal_binds": True}
NEXT = "mutation($p: ID!) { nextAssignment(input: {projectId: $p}) { exhausted errors { code } } }"


def until(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def test_next_leases_a_statement(world: World) -> None:
    work = team(world)
    given = work.given()
    assert given["statement"]["id"] == work.statements[0]
    assert (given["status"], given["reason"], given["version"]) == ("LEASED", None, 1)
    assert given["annotator"] == {"name": "anna"}
    left = until(given["leasedUntil"]) - dt.datetime.now(dt.UTC)
    assert dt.timedelta(minutes=29) < left <= dt.timedelta(minutes=30)
    assert [str(r.action) for r in world.revisions(given["id"])] == ["CREATED"]
    work.check()


def test_next_gives_again_what_one_has(world: World) -> None:
    """A double click does no harm: the same assignment, its time counted anew."""
    work = team(world)
    first, again = work.given(), work.given()
    assert (again["id"], again["version"]) == (first["id"], 2)
    assert until(again["leasedUntil"]) >= until(first["leasedUntil"])
    before, after = world.revisions(first["id"])[1].before, world.revisions(first["id"])[1].after
    assert before is not None
    assert after is not None
    assert before["leased_until"] <= after["leased_until"]
    assert world.count(Assignment) == 1


def test_what_it_costs(world: World) -> None:
    """A handful of statements, however long the queue is."""
    work = team(world, documents=(30,), overlap=2)
    begin = world.api.url.startswith("sqlite")  # which takes its lock by a statement of its own
    first = work.given()
    assert world.api.statements - begin == 8, "three looks for something left, the first for what is near"
    work.given()
    assert world.api.statements - begin == 5
    work.finish(first["id"])
    assert world.api.statements - begin == 9, "one of them for the targets that have no stance"
    work.given()
    assert world.api.statements - begin == 6


def test_finish(world: World) -> None:
    work = team(world)
    given = work.given()
    payload = work.finish(given["id"])
    assert (payload["errors"], payload["assignment"]["status"]) == ([], "FINISHED")
    with world.unchanged():
        assert work.finish(given["id"]) == payload
    assert [str(r.action) for r in world.revisions(given["id"])] == ["CREATED", "UPDATED"]
    work.check()


def test_overlap(world: World) -> None:
    """Of three annotators two get a statement, whether they are done with it or not."""
    work = team(world, documents=(1,))
    joined(world, work.project, "karl", ProjectRole.CURATOR)
    work.done("anna")
    held = work.given("anton")
    payload = work.next("karl")
    assert (payload["assignment"], payload["exhausted"], payload["errors"]) == (None, True, [])
    work.finish(held["id"], "anton")
    assert [work.next(name)["exhausted"] for name in ("anna", "anton", "karl")] == [True] * 3
    work.check()


def test_an_expired_lease_returns_by_itself(world: World) -> None:
    work = team(world, documents=(1,), overlap=1)
    lost = work.given("anna")
    assert work.next("anton")["exhausted"]
    work.expire(lost["id"])
    taken = work.given("anton")
    assert taken["statement"] == lost["statement"]
    # and now it has no room for her any more
    assert work.next("anna")["exhausted"]
    for change in (work.finish, work.extend):
        payload = change(lost["id"], "anna")
        assert told(payload) == {("CONFLICT", "input.id")}
        assert payload["assignment"]["status"] == "EXPIRED"
    assert work.finish(taken["id"], "anton")["errors"] == []
    work.check()


def test_an_expired_lease_is_resumed(world: World) -> None:
    """By the same row, where nobody else took the room: nobody has a statement twice."""
    work = team(world)
    first = work.given()
    work.expire()
    again = work.given()
    assert (again["id"], again["status"], again["version"]) == (first["id"], "LEASED", 2)
    work.expire()
    assert work.extend(first["id"])["assignment"]["status"] == "LEASED"
    work.expire()
    assert work.finish(first["id"])["assignment"]["status"] == "FINISHED"
    assert world.count(Assignment) == 1
    work.check()


def test_skip(world: World) -> None:
    """A skipped statement takes no room, and does not come back to who skipped it."""
    work = team(world, documents=(2,), overlap=1)
    given = work.given()
    payload = work.skip(given["id"], reason="In Kurdish")
    assert (payload["errors"], payload["assignment"]["status"]) == ([], "SKIPPED")
    assert payload["assignment"]["reason"] == "In Kurdish"
    with world.unchanged():
        assert work.skip(given["id"], reason="In Kurdish") == payload
    assert work.done("anna") == work.statements[1]
    assert work.next("anna")["exhausted"]
    assert work.done("anton") == work.statements[0]
    work.check()


def test_a_lease_that_ran_out_can_be_skipped(world: World) -> None:
    work = team(world, documents=(1,), overlap=1)
    given = work.given()
    work.expire()
    work.done("anton")
    assert work.skip(given["id"])["assignment"]["status"] == "SKIPPED"


def test_what_ended_stays(world: World) -> None:
    work = team(world)
    finished, skipped = work.given()["id"], ""
    work.finish(finished)
    skipped = work.given()["id"]
    work.skip(skipped)
    with world.unchanged():
        for payload in (work.skip(finished), work.extend(finished), work.finish(skipped), work.extend(skipped)):
            assert told(payload) == {("CONFLICT", "input.id")}
            assert payload["assignment"]["id"] in (finished, skipped)


def test_a_reason_is_wanted(world: World) -> None:
    work = team(world)
    given = work.given()
    with world.unchanged():
        assert told(work.skip(given["id"], reason=" ")) == {("INVALID", "input.reason")}
        assert told(work.skip(given["id"], reason="x" * 2_001)) == {("INVALID", "input.reason")}


def test_documents_are_kept_together(world: World) -> None:
    """Each goes through a document; others begin with the next one once it has as many as may read a statement."""
    work = team(world, documents=(3, 3), overlap=1)
    anna, anton = work.given("anna"), work.given("anton")
    assert [anna["statement"]["id"], anton["statement"]["id"]] == [work.statements[0], work.statements[3]]
    order = {"anna": [], "anton": []}  # type: dict[str, list[str]]
    for _ in range(3):
        for name, read in order.items():
            read.append(work.done(name))
    assert order == {"anna": list(work.statements[:3]), "anton": list(work.statements[3:])}
    work.check()


def test_back_to_a_document_that_was_begun(world: World) -> None:
    """What comes back in a document that one knows comes before what one does not know."""
    work = team(world, documents=(2, 3), overlap=1)
    first = work.done("anna")
    # anton has the other statement of the first document, and lets it go
    world.execute(update(ProjectStatement).where(ProjectStatement.position > 2).values(is_open=False))
    lost = work.given("anton")
    world.execute(update(ProjectStatement).where(ProjectStatement.position > 2).values(is_open=True))
    assert work.done("anna") == work.statements[2]
    work.expire(lost["id"])
    assert work.done("anna") == work.statements[3]  # the document at hand
    assert work.done("anna") == work.statements[4]
    assert work.done("anna") == work.statements[1]
    assert first == work.statements[0]
    work.check()


def test_the_rest_behind_one_is_not_lost(world: World) -> None:
    """Who has come to the end begins again at what came back meanwhile."""
    work = team(world, documents=(1, 1, 1), overlap=1)
    lost = work.given("anton")
    assert [work.done("anna") for _ in range(2)] == list(work.statements[1:])
    work.expire(lost["id"])
    assert work.done("anna") == work.statements[0]
    assert work.next("anna")["exhausted"]


def test_who_may(world: World) -> None:
    work = team(world)
    with world.unchanged():
        assert codes(world.api.run(NEXT, {"p": work.project})) == ["UNAUTHENTICATED"]
        assert codes(world.api.run(NEXT, {"p": work.project}, "vera")) == ["FORBIDDEN"]
        assert told(work.next("karl")) == {("CONFLICT", "input.projectId")}
        payload = world.api.change("nextAssignment", {"projectId": nobody("Project")}, "exhausted", "anna")
        assert (told(payload), payload["exhausted"]) == ({("NOT_FOUND", "input.projectId")}, False)
        payload = world.api.change("nextAssignment", {"projectId": nobody("Actor")}, "exhausted", "anna")
        assert told(payload) == {("INVALID", "input.projectId")}
    given = work.given("anna")
    with world.unchanged():
        assert told(work.finish(given["id"], "anton")) == {("NOT_FOUND", "input.id")}, "anton does not see it"
        assert codes(world.api.run(FINISH, {"id": given["id"]}, "ada")) == ["FORBIDDEN"]
        assert told(work.finish(nobody("Assignment"))) == {("NOT_FOUND", "input.id")}
        assert told(work.finish(given["statement"]["id"])) == {("INVALID", "input.id")}


def test_who_leaves_gives_nothing_and_gets_nothing(world: World) -> None:
    work = team(world)
    given = work.given()
    world.execute(delete(ProjectMember))
    with world.unchanged():
        assert told(work.next()) == {("CONFLICT", "input.projectId")}
        for payload in (work.finish(given["id"]), work.extend(given["id"]), work.skip(given["id"])):
            assert told(payload) == {("CONFLICT", "input.id")}


def test_in_the_default_project_everyone_takes_part(world: World) -> None:
    work = team(world)
    (key,) = world.rows(select(Project.id).where(Project.is_default))
    world.execute(update(ProjectStatement).values(project_id=key))
    work.project = global_id("Project", key)
    assert work.given("karl")["statement"]["id"] == work.statements[0]


def test_a_closed_project_hands_out_nothing(world: World) -> None:
    work = team(world)
    finished, held = work.given()["id"], ""
    work.finish(finished)
    held = work.given()["id"]
    world.execute(update(Project).values(status=ProjectStatus.CLOSED))
    with world.unchanged():
        assert told(work.next()) == {("CONFLICT", "input.projectId")}
        for payload in (work.finish(held), work.extend(held), work.skip(held)):
            assert told(payload) == {("CONFLICT", "input.id")}
        assert work.finish(finished)["errors"] == []


def test_a_lowered_overlap_holds_at_once(world: World) -> None:
    """Two have the statement, one is wanted: the first who is done is the one."""
    work = team(world, documents=(1,), overlap=2)
    anna, anton = work.given("anna"), work.given("anton")
    world.execute(update(Project).values(overlap=1))
    assert told(work.finish(anna["id"])) == {("CONFLICT", "input.id")}
    work.skip(anton["id"], "anton")
    assert work.finish(anna["id"])["errors"] == []
    work.check()


def test_a_raised_overlap_opens_what_was_done(world: World) -> None:
    work = team(world, documents=(1,), overlap=1)
    work.done("anna")
    assert work.next("anton")["exhausted"]
    world.execute(update(Project).values(overlap=2))
    world.execute(update(ProjectStatement).values(is_open=True))
    assert work.done("anton") == work.statements[0]
    work.check()


def test_the_lease_is_as_long_as_it_is_set(serve: Any) -> None:
    world = World(serve(lease_minutes="0.5"))
    given = team(world).given()
    left = until(given["leasedUntil"]) - dt.datetime.now(dt.UTC)
    assert dt.timedelta(seconds=25) < left <= dt.timedelta(seconds=30)


def test_what_is_next_is_found_by_indexes(world: World) -> None:
    """None of the looks walks through all statements or all assignments, however many there are."""
    if not world.api.url.startswith("sqlite"):
        pytest.skip("Postgres chooses by how many there are")
    work = team(world)
    work.given()
    (key,) = world.rows(select(Assignment.annotator_id))

    async def plans(database: Database) -> list[str]:
        async with database.transaction() as session:
            queue = await LockedQueue.lock(session, key_of(work.project), key)
            assert queue is not None
            looks = [str(look.compile(database.engine, compile_kwargs=WRITTEN)) for look in queue._candidates()]
            explained = [
                await session.execute(text(f"EXPLAIN QUERY PLAN {look}".replace(":", "\\:"))) for look in looks
            ]
            return [str(row[-1]) for rows in explained for row in rows]

    steps = world.api.inside(plans)
    assert [step for step in steps if step.startswith("SCAN") and "anon" not in step] == []
    assert any("ix_project_statement_open" in step for step in steps)
    assert any("ix_assignment_leased" in step for step in steps)
