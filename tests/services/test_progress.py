"""What is seen of the work: assignments, by those who have them and who curate; progress, by everybody."""

from typing import Any

import pytest
from sqlalchemy import update

from models import Project, ProjectRole, ProjectStatus
from tests.conftest import Api
from tests.services.conftest import World, key_of, nobody
from tests.services.team import joined, team

MINE = """query($filter: AssignmentFilter) { viewer { assignments(first: 10, filter: $filter) {
  totalCount edges { node { id status } } } } }"""


def mine(world: World, as_: str = "anna", **filter: Any) -> list[tuple[str, str]]:
    found = world.api(MINE, {"filter": filter}, as_)["viewer"]["assignments"]
    assert world.api.statements == 1
    assert found["totalCount"] == len(found["edges"])
    return [(edge["node"]["id"], edge["node"]["status"]) for edge in found["edges"]]


def test_the_viewers_assignments(world: World) -> None:
    """The latest first; a lease that ran out is no longer one."""
    work = team(world)
    done, skipped = work.given()["id"], ""
    work.finish(done)
    skipped = work.given()["id"]
    work.skip(skipped)
    lost = work.given()["id"]
    assert mine(world) == [(lost, "LEASED"), (skipped, "SKIPPED"), (done, "FINISHED")]
    assert mine(world, status=["LEASED"]) == [(lost, "LEASED")]
    work.expire(lost)
    assert mine(world)[0] == (lost, "EXPIRED")
    assert mine(world, status=["LEASED"]) == []
    assert mine(world, status=["EXPIRED", "SKIPPED"]) == [(lost, "EXPIRED"), (skipped, "SKIPPED")]
    assert len(mine(world, project=[work.project])) == 3
    assert mine(world, project=[nobody("Project")]) == []
    assert mine(world, "anton") == []


def test_assignments_of_others_are_seen_by_curators_alone(world: World) -> None:
    work = team(world, blind=True)
    given = work.given("anna")["id"]
    query = """query($p: [ID!], $id: ID!) { node(id: $id) { id } project(slug: "team") { assignments {
      totalCount edges { node { annotator { name assignments(filter: {project: $p}) { totalCount } } } } } } }"""

    def seen(as_: str | None) -> tuple[bool, int]:
        found = world.api(query, {"p": [work.project], "id": given}, as_)
        return found["node"] is not None, found["project"]["assignments"]["totalCount"]

    assert {name: seen(name) for name in (None, "anton", "anna", "karl")} == {
        None: (False, 0),
        "anton": (False, 0),
        "anna": (True, 1),
        "karl": (True, 1),
    }
    joined(world, work.project, "vera", ProjectRole.CURATOR)
    assert seen("vera") == (True, 1)


CALLERS = (None, "anna", "vera", "karl")
PROGRESS = """{ project(slug: "team") { progress { statements required completed finished
  perAnnotator { annotator { name } assigned completed } } } }"""


def progress(api: Api, as_: str | None = "karl") -> tuple[list[int], dict[str, tuple[int, int]]]:
    found = api(PROGRESS, as_=as_)["project"]["progress"]
    assert api.statements == 1
    each = {a["annotator"]["name"]: (a["assigned"], a["completed"]) for a in found["perAnnotator"]}
    return [found[name] for name in ("statements", "required", "completed", "finished")], each


def test_progress(world: World) -> None:
    work = team(world, documents=(3, 2), overlap=2)
    assert progress(world.api) == ([5, 10, 0, 0], {})
    for _ in range(3):
        work.done("anna")
    work.done("anton")
    skipped = work.given("anton")
    work.skip(skipped["id"], "anton")
    held = work.given("anton")
    assert progress(world.api) == ([5, 10, 4, 1], {"anna": (3, 3), "anton": (2, 1)})
    work.expire(held["id"])
    assert progress(world.api) == ([5, 10, 4, 1], {"anna": (3, 3), "anton": (1, 1)})


def test_progress_needs_no_stance(world: World) -> None:
    """It is about assignments: what was read there without being given is no progress, and shows in none."""
    work = team(world, documents=(1,), overlap=1)
    world.stance(work.statements[0], projectId=work.project)
    assert progress(world.api) == ([1, 1, 0, 0], {})


@pytest.mark.parametrize(
    ("project", "seen"),
    [
        ({"blind": True}, {None: [], "anna": ["anna"], "vera": [], "karl": ["anna", "anton"]}),
        (
            {"public": False},
            {None: [], "anna": ["anna", "anton"], "vera": ["anna", "anton"], "karl": ["anna", "anton"]},
        ),
        ({"public": True}, {who: ["anna", "anton"] for who in CALLERS}),
        (
            {"blind": True, "status": ProjectStatus.CLOSED},
            {who: ["anna", "anton"] for who in CALLERS},
        ),
    ],
    ids=["blind", "private", "public", "closed"],
)
def test_whose_progress_is_seen(world: World, project: Any, seen: Any) -> None:
    work = team(world, documents=(2,), **{**project, "status": ProjectStatus.OPEN})
    work.done("anna")
    work.done("anton")
    world.execute(update(Project).where(Project.id == key_of(work.project)).values(project))
    assert {who: sorted(progress(world.api, who)[1]) for who in seen} == seen
    assert {tuple(progress(world.api, who)[0]) for who in seen} == {(2, 4, 2, 1)}


def test_parts_of_progress(world: World) -> None:
    """What is asked for alone comes out alone."""
    work = team(world)
    work.done("anna")
    query = '{ project(slug: "team") { progress { %s } } }'
    for part, found in (
        ("__typename", {"__typename": "ProjectProgress"}),
        ("perAnnotator { completed }", {"perAnnotator": [{"completed": 1}]}),
        ("perAnnotator { stances }", {"perAnnotator": [{"stances": 0}]}),
        ("stances", {"stances": 0}),
        ("withoutStance recorded", {"withoutStance": 0, "recorded": 1}),
        ("perAnnotator { annotator { id: name } }", {"perAnnotator": [{"annotator": {"id": "anna"}}]}),
        ("a: completed b: recorded", {"a": 1, "b": 1}),
    ):
        assert world.api(query % part, as_="karl")["project"]["progress"] == found
    stance = world.stance(work.statements[0], projectId=work.project)["id"]
    query = "query($id: ID!) { node(id: $id) { ... on Stance { project { progress { required recorded } } } } }"
    found = world.api(query, {"id": stance}, "karl")["node"]["project"]["progress"]
    assert found == {"required": 8, "recorded": 1}, "also where another row leads to the project"
    listed = world.api("{ projects { edges { node { slug progress { required recorded } } } } }")["projects"]["edges"]
    assert {e["node"]["slug"]: e["node"]["progress"]["required"] for e in listed}["team"] == 8
