"""In which project a stance is recorded whose input names none."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from models import Assignment, Project, ProjectStatement, ProjectStatus, Stance, Statement
from tests.exchange.commands import called
from tests.services.conftest import World, key_of, nobody, told, towards
from tests.services.team import Team, team
from tests.services.test_record_stances import record

SHOWN = "stance { project { id } } created"


def recorded(world: World, statement: str, as_: str = "anna", **more: Any) -> Any:
    """The payload of a stance towards a topic of its own."""
    given = {"statementId": statement, "target": towards(world.topic()), "label": "SUPPORT", **more}
    return world.api.change("recordStance", given, SHOWN, as_)


def default_of(world: World) -> str:
    return str(world.api('{ project(slug: "default") { id } }')["project"]["id"])


def expect(world: World, project: str, statement: str) -> str:
    """Let the statement be one to annotate in the project, whose id is returned."""
    key = key_of(statement)
    (document,) = world.rows(select(Statement.document_id).where(Statement.id == key))
    place = {"project_id": key_of(project), "statement_id": key, "position": 1, "document_id": document}
    world.execute(insert(ProjectStatement), [place])
    return project


def restrict(world: World, project: str, topic: str) -> None:
    """Publish a codebook that names this topic alone."""
    given = {"projectId": project, "targets": [{"topicId": topic}], "freeTargets": False}
    assert world.api.change("publishCodebook", given, "__typename")["errors"] == []


@pytest.fixture
def work(world: World) -> Team:
    """A blind project with two statements; all annotators are its members."""
    return team(world, documents=(2,), blind=True)


def test_the_project_of_the_lease(world: World, work: Team) -> None:
    """At no other cost than where a project is named: in one statement on Postgres, in three on SQLite."""
    statement = work.given()["statement"]["id"]
    payload = recorded(world, statement)
    assert world.api.statements == (3 if world.api.url.startswith("sqlite") else 1)
    assert (payload["errors"], payload["created"]) == ([], True)
    assert payload["stance"]["project"]["id"] == work.project
    one = {"statementId": statement, "target": towards(world.topic()), "label": "OPPOSE"}
    (result,) = record(world, [one])
    assert result["errors"] == []
    (again,) = record(world, [{**one, "projectId": work.project}])
    assert (again["created"], again["stance"]) == (False, result["stance"])
    assert world.count(Stance) == 2


@pytest.mark.parametrize("end", ["finished", "expired"])
def test_repeated_after_the_lease(world: World, work: Team, end: str) -> None:
    """The same input leads to the same stance, alone and in a batch; another label revises it."""
    given, unread = work.given(), world.topic()
    one = {"statementId": given["statement"]["id"], "target": towards(world.topic()), "label": "SUPPORT"}
    shown = "stance { id version project { id } } created"
    first = world.api.change("recordStance", one, shown, "anna")
    if end == "finished":
        assert work.finish(given["id"])["errors"] == []
    else:
        work.expire(given["id"])
    with world.unchanged():
        again = world.api.change("recordStance", one, shown, "anna")
        assert world.api.statements == 2, "looked up, and shown"
        assert again == {**first, "created": False}
        (result,) = record(world, [one])
        assert (result["errors"], result["created"]) == ([], False)
        other = world.api.change("recordStance", {**one, "target": towards(unread)}, shown, "anna")
        assert told(other) == {("INVALID", "input.projectId")}
        refused = world.api.change("recordStance", {**one, "target": {"topicId": nobody("Topic")}}, shown, "anna")
        assert len(refused["errors"]) == len(told(refused)), "each problem once"
    revised = world.api.change("recordStance", {**one, "label": "OPPOSE"}, shown, "anna")
    assert revised["errors"] == []
    assert revised["stance"] == {**first["stance"], "version": 2}
    assert world.count(Stance) == 1


def test_a_stance_does_not_say_which_of_several(world: World, work: Team) -> None:
    """Nor does another's, nor one in the default project, nor one in a project that does not expect the statement."""
    statement, topic = work.statements[0], world.topic()
    elsewhere = world.project("elsewhere")
    for as_, project in (("anton", work.project), ("anna", default_of(world)), ("anna", elsewhere)):
        world.stance(statement, topic, as_, projectId=project)
    one = {"statementId": statement, "target": towards(topic), "label": "SUPPORT"}
    (refused,) = record(world, [one])
    assert told(refused) == {("INVALID", "input.stances.0.projectId")}
    mine = world.stance(statement, topic, projectId=work.project)["id"]
    expect(world, elsewhere, statement)
    (refused,) = record(world, [one])
    assert told(refused) == {("INVALID", "input.stances.0.projectId")}, "it stands in two of them"
    other = expect(world, world.project("other"), statement)
    world.api.change("withdrawStance", {"id": mine}, "stanceId", "anna")
    results = record(world, [{**one, "label": "MIXED"}, {**one, "projectId": other}, one])
    assert [sorted(told(r)) for r in results] == [[], [], [("INVALID", "input.stances.2.projectId")]]


def test_a_repeated_stance_is_held_to_the_codebook(world: World, work: Team) -> None:
    """As where the project is named: its targets may have changed since."""
    named, topic = world.topic(), world.topic()
    given = work.given()
    one = {"statementId": given["statement"]["id"], "target": towards(topic), "label": "SUPPORT"}
    assert world.api.change("recordStance", one, SHOWN, "anna")["errors"] == []
    work.expire(given["id"])
    restrict(world, work.project, named)
    assert told(world.api.change("recordStance", one, SHOWN, "anna")) == {("INVALID", "input.target")}
    restrict(world, work.project, topic)
    assert world.api.change("recordStance", one, SHOWN, "anna")["errors"] == []


def test_members_of_a_project_name_it(world: World, work: Team) -> None:
    """Neither before the lease, nor when it ended, nor when the statement is finished, is anything guessed."""
    first, second = work.statements
    given = work.given()
    work.expire(given["id"])
    other = world.project("other")
    for statement in (first, second):
        payload = recorded(world, statement)
        assert told(payload) == {("INVALID", "input.projectId")}
        (error,) = payload["errors"]
        assert f"team ({work.project})" in error["message"]
        assert default_of(world) in error["message"]
        assert other not in error["message"], "it does not hold the statement"
    results = record(world, [{"statementId": first, "target": towards(world.topic()), "label": "MIXED"}])
    assert told(results[0]) == {("INVALID", "input.stances.0.projectId")}
    assert world.count(Stance) == 0
    for project in (work.project, default_of(world)):
        assert recorded(world, first, projectId=project)["stance"]["project"]["id"] == project


def test_a_batch_names_each(world: World, work: Team) -> None:
    """One statement is leased, one expected, one in no project."""
    leased, free = work.given()["statement"]["id"], world.statement()
    (expected,) = set(work.statements) - {leased}
    given = [{"statementId": s, "target": towards(world.topic()), "label": "MIXED"} for s in (leased, expected, free)]
    results = record(world, given)
    assert [sorted(told(result)) for result in results] == [[], [("INVALID", "input.stances.1.projectId")], []]
    query = "query($s: ID!) { node(id: $s) { ... on Stance { project { id } } } }"
    projects = [world.api(query, {"s": results[n]["stance"]["id"]}, "anna")["node"]["project"]["id"] for n in (0, 2)]
    assert projects == [work.project, default_of(world)]


def test_two_leases_name_neither(world: World, work: Team) -> None:
    given = work.given()
    other = world.project("other")
    (lease,) = world.rows(select(Assignment))
    copied = {name: getattr(lease, name) for name in ("statement_id", "annotator_id", "leased_until")}
    world.write(lambda session: session.add(Assignment(project_id=key_of(other), **copied)))
    payload = recorded(world, given["statement"]["id"])
    assert told(payload) == {("INVALID", "input.projectId")}
    assert other in payload["errors"][0]["message"]
    assert work.project in payload["errors"][0]["message"]


def test_a_closed_project_leaves_the_default_one(world: World, work: Team) -> None:
    """Unless a lease is still running in it: what was read there is nobody else's."""
    statement = work.given()["statement"]["id"]
    world.execute(update(Project).where(Project.id == key_of(work.project)).values(status=ProjectStatus.CLOSED))
    assert told(recorded(world, statement)) == {("CONFLICT", "input.projectId")}
    work.expire()
    assert recorded(world, statement)["stance"]["project"]["id"] == default_of(world)


def test_who_is_no_member_records_in_the_default_one(world: World, work: Team) -> None:
    assert recorded(world, work.statements[0], "karl")["stance"]["project"]["id"] == default_of(world)


def test_a_lease_in_the_default_project(world: World, work: Team) -> None:
    """Also where the statement is to be annotated in another project, too."""
    given, default = work.given(), default_of(world)
    world.execute(update(Assignment).values(project_id=key_of(default)))
    assert recorded(world, given["statement"]["id"])["stance"]["project"]["id"] == default


def test_many_projects_are_not_all_named(world: World, work: Team) -> None:
    for number in range(6):
        expect(world, world.project(f"other-{number}"), work.statements[0])
    (error,) = recorded(world, work.statements[0])["errors"]
    assert error["message"].count("prj_") == 6, "five, and the default one"
    assert "2 more" in error["message"]


def test_an_import_names_the_project_too(world: World, work: Team, tmp_path: Path) -> None:
    """What an import must not guess either is refused by its line; a line that names the project is taken."""
    statement, topic, file = work.statements[0], world.topic(), tmp_path / "stances.csv"
    speaker = world.node(statement, "... on Statement { speaker { id } }")["speaker"]["id"]
    file.write_text(
        f"statement,holder,targetTopic,label,annotator\n{statement},{speaker},{topic},SUPPORT,anna\n", encoding="utf-8"
    )
    refused = called("import", "csv", file, "--table", "stances", url=world.api.url)
    assert refused.status == 1
    assert f"team ({work.project})" in refused.err + refused.out
    assert world.count(Stance) == 0
    taken = called("import", "csv", file, "--table", "stances", "--project", "team", url=world.api.url)
    assert taken.status == 0, taken.err
    assert world.count(Stance) == 1
