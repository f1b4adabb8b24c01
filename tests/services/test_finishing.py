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


def recorded(world: World, work: Team, given: Any, targets: list[str]) -> list[str]:
    """Both stances of anna's on a statement given to her."""
    return [world.stance(given["statement"]["id"], target, projectId=work.project)["id"] for target in targets]


def undo(world: World, entity: str, as_: str = "anna") -> Any:
    """Undo the last change of something."""
    revision = f"rev_{world.revisions(entity)[-1].id}"
    return world.api.change("undo", {"revisionId": revision}, "revision { action }", as_)


@pytest.mark.parametrize("undoing", [False, True])
def test_a_finished_assignment_that_loses_a_stance_counts_as_without(
    world: World, work: Team, targets: list[str], undoing: bool
) -> None:
    """Withdrawn, or its recording undone; restored, it counts as before. The assignment stays finished."""
    given, other = work.given(), work.given("anton")
    stance, _ = recorded(world, work, given, targets)
    world.stance(other["statement"]["id"], targets[0], "anton", projectId=work.project)
    finish(world, given["id"])
    assert progress(world)[0] == {"required": 4, "completed": 1, "withoutStance": 0, "stances": 3}
    if undoing:
        assert undo(world, stance)["errors"] == []
    else:
        assert told(world.api.change("withdrawStance", {"id": stance}, "stanceId", "anna")) == set()
    assert progress(world)[0] == {"required": 4, "completed": 1, "withoutStance": 1, "stances": 2}
    assert judged(world) == 1
    work.check()
    change = world.revisions(given["id"])[-1]
    assert [(change.before or {})["nothing_to_record"], (change.after or {})["nothing_to_record"]] == [False, True]
    assert finish(world, given["id"]) == {"assignment": {"status": "FINISHED", "nothingToRecord": True}, "errors": []}
    assert undo(world, stance)["errors"] == []
    assert progress(world)[0] == {"required": 4, "completed": 1, "withoutStance": 0, "stances": 3}
    work.check()


def test_finished_again_the_flag_is_stored(world: World, work: Team, targets: list[str]) -> None:
    """True where a stance is missing by now, as a newer codebook may have it; false once what was missing is recorded."""
    given = work.given()
    recorded(world, work, given, targets)
    finish(world, given["id"])
    with world.unchanged():
        assert finish(world, given["id"], nothingToRecord=True)["assignment"]["nothingToRecord"] is False
    more = world.topic("The ceasefire")
    codebook = {"projectId": work.project, "targets": [{"topicId": targets[0]}, {"topicId": more}]}
    assert told(world.api.change("publishCodebook", codebook, "created")) == set()
    with world.unchanged():
        assert finish(world, given["id"])["assignment"]["nothingToRecord"] is False
    without = {"assignment": {"status": "FINISHED", "nothingToRecord": True}, "errors": []}
    assert finish(world, given["id"], nothingToRecord=True) == without
    with world.unchanged():
        assert finish(world, given["id"], nothingToRecord=True) == without
    recorded(world, work, given, [more])
    assert finish(world, given["id"])["assignment"] == {"status": "FINISHED", "nothingToRecord": False}
    assert progress(world)[1] == {"anna": (1, 0, 3)}
    work.check()


def test_finished_again_in_a_closed_project(world: World, work: Team) -> None:
    """What would change is refused aloud; what would not is answered as ever."""
    given = work.given()
    finish(world, given["id"], nothingToRecord=True)
    world.api.change("publishCodebook", {"projectId": work.project, "targets": []}, "created")
    world.stance(given["statement"]["id"], world.topic(), projectId=work.project)
    assert told(world.api.change("closeProject", {"id": work.project}, "project { id }")) == set()
    with world.unchanged():
        assert told(finish(world, given["id"])) == {("CONFLICT", "input.id")}


def test_without_a_codebook_nothing_is_missing(world: World) -> None:
    """A statement is judged without a stance where the annotator says so."""
    work = team(world, documents=(2,))
    first, second = work.given(), work.given("anton")
    assert finish(world, first["id"])["assignment"] == {"status": "FINISHED", "nothingToRecord": False}
    assert finish(world, second["id"], "anton", nothingToRecord=True)["assignment"]["nothingToRecord"] is True
    assert finish(world, first["id"], nothingToRecord=True)["assignment"]["nothingToRecord"] is True
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
