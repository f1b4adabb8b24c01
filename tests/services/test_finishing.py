"""An assignment is finished when every target of the codebook has a stance, or its annotator says that there is none."""

from typing import Any

import pytest

from models import Assignment
from tests.services.conftest import World, told
from tests.services.team import Team, team

PROGRESS = """{ project(slug: "team") { progress { required completed withoutStance stances
  perAnnotator { annotator { name } completed withoutStance stances } } } }"""
AGREEMENT = """query($who: [ID!], $kind: [StatementKind!]) { project(slug: "team") {
  agreement(resamples: 0, annotators: $who, statementFilter: {kind: $kind}) { judgedWithoutStance } } }"""


@pytest.fixture
def targets(world: World) -> list[str]:
    """A topic and an actor."""
    return [world.topic("The accord"), world.actor("The minister")]


@pytest.fixture
def work(world: World, targets: list[str]) -> Team:
    """A blind project of two statements, in which both targets are to be judged."""
    made = team(world, documents=(2,), blind=True)
    topic, actor = targets
    given = {"projectId": made.project, "targets": [{"topicId": topic}, {"actorId": actor}]}
    assert told(world.api.change("publishCodebook", given, "created")) == set()
    return made


def finish(world: World, assignment: str, as_: str = "anna", **more: Any) -> Any:
    shown = "assignment { status nothingToRecord }"
    return world.api.change("finishAssignment", {"id": assignment, **more}, shown, as_)


def progress(world: World, as_: str = "karl") -> tuple[dict[str, int], dict[str, tuple[int, int, int]]]:
    found = world.api(PROGRESS, as_=as_)["project"]["progress"]
    assert world.api.statements == 1
    each = {a["annotator"]["name"]: (a["completed"], a["withoutStance"], a["stances"]) for a in found["perAnnotator"]}
    return {name: value for name, value in found.items() if name != "perAnnotator"}, each


def judged(world: World, as_: str = "karl", **variables: Any) -> int:
    """How many readings the agreement says were completed without a stance."""
    return int(world.api(AGREEMENT, variables, as_)["project"]["agreement"]["judgedWithoutStance"])


def test_missing_targets_are_listed(world: World, work: Team, targets: list[str]) -> None:
    """In the order of the codebook, and only those that have no stance of the annotator's in this project."""
    given, (topic, actor) = work.given(), targets
    statement = given["statement"]["id"]
    payload = finish(world, given["id"])
    assert told(payload) == {("CONFLICT", "input.id")}
    assert payload["assignment"] == {"status": "LEASED", "nothingToRecord": False}
    assert f'"The accord" ({topic}), "The minister" ({actor})' in payload["errors"][0]["message"]
    default = world.api('{ project(slug: "default") { id } }')["project"]["id"]
    world.stance(statement, actor, "anton", projectId=work.project)
    world.stance(statement, actor, projectId=default)
    world.stance(statement, topic, projectId=work.project, label="UNCLEAR", holderId=actor)
    (error,) = finish(world, given["id"])["errors"]
    assert topic not in error["message"]
    assert actor in error["message"]
    world.stance(statement, actor, projectId=work.project)
    assert finish(world, given["id"]) == {"assignment": {"status": "FINISHED", "nothingToRecord": False}, "errors": []}
    work.check()


def test_nothing_to_record_is_stored_and_counted(world: World, work: Team, targets: list[str]) -> None:
    """As judged without a stance, in progress and beside agreement."""
    given, other = work.given(), work.given("anton")
    world.stance(given["statement"]["id"], targets[0], projectId=work.project)
    payload = finish(world, given["id"], nothingToRecord=True)
    assert payload == {"assignment": {"status": "FINISHED", "nothingToRecord": True}, "errors": []}
    assert finish(world, given["id"]) == payload, "safe to repeat, whatever is said the second time"
    after = world.revisions(given["id"])[-1].after
    assert after is not None
    assert after["nothing_to_record"] is True
    assert judged(world) == 1
    finish(world, other["id"], "anton", nothingToRecord=True)
    found, each = progress(world)
    assert found == {"required": 4, "completed": 2, "withoutStance": 2, "stances": 1}
    assert each == {"anna": (1, 1, 1), "anton": (1, 1, 0)}
    assert judged(world) == 2
    work.check()


def test_it_is_not_stored_where_nothing_is_missing(world: World, work: Team, targets: list[str]) -> None:
    given = work.given()
    for target in targets:
        world.stance(given["statement"]["id"], target, projectId=work.project)
    assert finish(world, given["id"], nothingToRecord=True)["assignment"]["nothingToRecord"] is False


def test_without_a_codebook_nothing_is_missing(world: World) -> None:
    """A statement is judged without a stance where the annotator says so."""
    work = team(world, documents=(2,))
    first, second = work.given(), work.given("anton")
    assert finish(world, first["id"])["assignment"] == {"status": "FINISHED", "nothingToRecord": False}
    assert finish(world, second["id"], "anton", nothingToRecord=True)["assignment"]["nothingToRecord"] is True
    assert world.count(Assignment) == 2


def test_in_a_blind_project_only_ones_own_counts(world: World, work: Team, targets: list[str]) -> None:
    """How many readings are completed is told to all; what came of them is not."""
    mine, other = work.given(), work.given("anton")
    world.stance(mine["statement"]["id"], targets[0], projectId=work.project)
    finish(world, mine["id"], nothingToRecord=True)
    before = progress(world, "anna")
    finish(world, other["id"], "anton", nothingToRecord=True)
    world.stance(other["statement"]["id"], targets[0], "anton", projectId=work.project)
    after = progress(world, "anna")
    assert (before[0].pop("completed"), after[0].pop("completed")) == (1, 2)
    assert before == after == ({"required": 4, "withoutStance": 1, "stances": 1}, {"anna": (1, 1, 1)})
    assert (judged(world, "anna"), judged(world, "karl")) == (1, 2)
    assert progress(world, "vera")[0] == {"required": 4, "completed": 2, "withoutStance": 0, "stances": 0}


def test_agreement_narrows_what_was_judged(world: World, work: Team) -> None:
    finish(world, work.given()["id"], nothingToRecord=True)
    anna, anton = (world.api("{ viewer { id } }", as_=name)["viewer"]["id"] for name in ("anna", "anton"))
    asked: list[dict[str, Any]] = [
        {},
        {"who": [anna]},
        {"kind": ["QUOTATION"]},
        {"who": [anton]},
        {"kind": ["PARAPHRASE"]},
    ]
    assert [judged(world, **variables) for variables in asked] == [1, 1, 1, 0, 0]
