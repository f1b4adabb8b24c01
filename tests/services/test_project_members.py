"""Who takes part in a project: let in, given another part, let go."""

import datetime as dt
from functools import partial
from typing import Any

from sqlalchemy import insert, select, update

from models import Annotator, Assignment, AssignmentStatus, Project, ProjectMember, now
from tests.services.conftest import Send, World, at_once, key_of, nobody, told
from tests.services.test_projects import create, me

MEMBER = "member { id role createdAt annotator { name } project { id } } created"
MEMBERS = """query($id: ID!) { node(id: $id) { ... on Project { members {
    totalCount edges { node { role annotator { name } } } } } } }"""
ADD = "mutation($i: AddProjectMemberInput!) { addProjectMember(input: $i) { created member { id } errors { code } } }"


def let(world: World, project: str, annotator: str, role: str = "ANNOTATOR", as_: str = "karl") -> Any:
    """The payload of somebody let in, or given another part."""
    given = {"projectId": project, "annotatorId": annotator, "role": role}
    return world.api.change("addProjectMember", given, MEMBER, as_)


def let_go(world: World, project: str, annotator: str, as_: str = "karl") -> Any:
    """The payload of somebody let go."""
    given = {"projectId": project, "annotatorId": annotator}
    return world.api.change("removeProjectMember", given, "projectMemberId", as_)


def parts(world: World, project: str) -> dict[str, str]:
    """Who takes part, as what."""
    found = world.api(MEMBERS, {"id": project})["node"]["members"]
    assert found["totalCount"] == len(found["edges"])
    return {edge["node"]["annotator"]["name"]: edge["node"]["role"] for edge in found["edges"]}


def test_let_in_and_given_another_part(world: World) -> None:
    """Once each; again with another role changes the role, with the same one changes nothing."""
    project, anna = create(world)["project"]["id"], me(world, "anna")
    payload = let(world, project, anna)
    member = payload["member"]
    assert (payload["errors"], payload["created"]) == ([], True)
    assert (member["role"], member["annotator"], member["project"]) == ("ANNOTATOR", {"name": "anna"}, {"id": project})
    with world.unchanged():
        assert let(world, project, anna) == {"member": member, "created": False, "errors": []}
    assert let(world, project, anna, "CURATOR")["member"] == {**member, "role": "CURATOR"}
    assert parts(world, project) == {"karl": "CURATOR", "anna": "CURATOR"}
    assert world.node(member["id"], "... on ProjectMember { annotator { name } }")["annotator"] == {"name": "anna"}
    assert [str(r.action) for r in world.revisions(member["id"])] == ["CREATED", "UPDATED"]
    changed = world.revisions(member["id"])[1]
    assert [state and state["role"] for state in (changed.before, changed.after)] == ["ANNOTATOR", "CURATOR"]
    assert changed.project_id == key_of(project)


def test_only_members_record(world: World) -> None:
    """Who is let in may record; who is let go may not any more, and what they recorded stays."""
    project, anna = create(world)["project"]["id"], me(world, "anna")
    statement, topic = world.statement(), world.topic()
    outside = {("CONFLICT", "input.projectId")}
    assert told(world.record(statement, topic, projectId=project)) == outside
    let(world, project, anna)
    stance = world.stance(statement, topic, projectId=project)
    assert world.api.statements <= 3
    gone = let_go(world, project, anna)
    assert (gone["errors"], gone["projectMemberId"][:4]) == ([], "pmb_")
    assert told(world.record(statement, topic, projectId=project, label="OPPOSE")) == outside
    assert world.node(stance["id"], "... on Stance { label }")["label"] == "SUPPORT"
    assert parts(world, project) == {"karl": "CURATOR"}
    assert world.node(gone["projectMemberId"], "id") is None


def test_leases_of_who_goes_end(world: World) -> None:
    """So that the statements return to the queue at once; what is finished stays, and so do others' leases."""
    project, statements = create(world)["project"]["id"], [world.statement() for _ in range(3)]
    people = [me(world, name) for name in ("anna", "anton")]
    later = now() + dt.timedelta(minutes=30)
    for annotator in people:
        let(world, project, annotator)
        for number, statement in enumerate(statements):
            status = AssignmentStatus.FINISHED if number == 0 else AssignmentStatus.LEASED
            until = later if number < 2 else now() - dt.timedelta(minutes=30)
            given = {
                "project_id": key_of(project),
                "statement_id": key_of(statement),
                "annotator_id": key_of(annotator),
            }
            leased = [{"status": status, "leased_until": until, **given}]
            world.execute(insert(Assignment), leased)
    let_go(world, project, people[0])
    rows: list[Any] = world.rows(select(Assignment).order_by(Assignment.created_at))
    assert len(rows) == 6
    ended = [row for row in rows if row.version == 2]
    assert [(row.annotator_id, row.statement_id) for row in ended] == [(key_of(people[0]), key_of(statements[1]))]
    assert ended[0].leased_until <= now()
    assert [row.leased_until for row in rows if row.status is AssignmentStatus.FINISHED] == [later, later]


def test_what_is_wrong_is_told(world: World) -> None:
    """Nobody, the wrong kind, who may only read, who has left, who takes no part."""
    project, anton = create(world)["project"]["id"], me(world, "anton")
    world.execute(update(Annotator).where(Annotator.id == key_of(anton)).values(active=False))
    vera = me(world, "vera")
    with world.unchanged():
        assert told(let(world, nobody("Project"), nobody("Annotator"))) == {
            ("NOT_FOUND", "input.projectId"),
            ("NOT_FOUND", "input.annotatorId"),
        }
        assert told(let(world, project, project)) == {("INVALID", "input.annotatorId")}
        assert told(let(world, project, anton)) == {("CONFLICT", "input.annotatorId")}
        assert told(let(world, project, vera)) == {("CONFLICT", "input.annotatorId")}
        assert told(let_go(world, project, vera)) == {("NOT_FOUND", "input.annotatorId")}
        assert told(let_go(world, nobody("Project"), nobody("Annotator"))) == {
            ("NOT_FOUND", "input.projectId"),
            ("NOT_FOUND", "input.annotatorId"),
        }
    assert told(let(world, project, vera, "CURATOR")) == set()


def test_the_default_project_has_no_members(world: World) -> None:
    """Everybody takes part in it."""
    (key,) = world.rows(select(Project.id).where(Project.is_default))
    with world.unchanged():
        assert told(let(world, f"prj_{key}", me(world, "anna"))) == {("CONFLICT", "input.projectId")}


def test_let_in_by_several_at_once(world: World, two: tuple[Send, Send]) -> None:
    """Once."""
    project = create(world)["project"]["id"]
    for name in ("anna", "anton"):
        given = {"i": {"projectId": project, "annotatorId": me(world, name), "role": "ANNOTATOR"}}
        answers = at_once([partial(two[n % 2], ADD, given, "karl") for n in range(6)])
        payloads = [answer["data"]["addProjectMember"] for answer in answers]
        assert sorted(payload["created"] for payload in payloads) == [False] * 5 + [True]
        assert len({payload["member"]["id"] for payload in payloads}) == 1
    assert world.count(ProjectMember) == 3
