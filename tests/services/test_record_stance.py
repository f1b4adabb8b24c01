"""Recording one stance: the rules of `recordStance`."""

from typing import Any

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import update

from models import Project, Stance
from tests.services.conftest import ANY_STANCE, World, codes, nobody, told, towards

DIRECTED, UNDIRECTED = ("SUPPORT", "OPPOSE"), ("NEUTRAL", "MIXED", "UNCLEAR")


def test_records(world: World) -> None:
    """What was sent is what stands."""
    statement, holder, target = world.statement(), world.actor(), world.actor()
    project = world.project("aleppo")
    said: dict[str, Any] = {
        "label": "OPPOSE",
        "intensity": 3,
        "confidence": 0.25,
        "rationale": "«لا» — no 🙅\n\n  at all",
    }
    payload = world.record(statement, target, holderId=holder, projectId=project, **said)
    stance = payload["stance"]
    assert payload["created"] is True
    assert {name: stance[name] for name in said} == said
    assert stance["version"] == 1
    assert stance["createdAt"] == stance["updatedAt"]
    assert (stance["statement"]["id"], stance["holder"]["id"], stance["target"]["id"]) == (statement, holder, target)
    assert (stance["annotator"]["name"], stance["project"]["slug"]) == ("anna", "aleppo")
    assert world.node(stance["id"], "... on Stance { label version }") == {
        "__typename": "Stance",
        "label": "OPPOSE",
        "version": 1,
    }


def test_what_is_left_out(world: World) -> None:
    """The holder is the speaker, the project the default one, the rest is null; an explicit null says the same."""
    speaker, topic = world.actor(), world.topic()
    statement = world.statement(speaker)
    stance = world.stance(statement, topic)
    assert stance["holder"]["id"] == speaker
    assert stance["project"]["slug"] == "default"
    assert (stance["intensity"], stance["confidence"], stance["rationale"]) == (None, None, None)
    nulls: tuple[str, ...] = (
        "holderId",
        "projectId",
        "intensity",
        "confidence",
        "rationale",
        "expectedVersion",
        "clientMutationId",
    )
    left_out: dict[str, Any] = dict.fromkeys(nulls)
    again = world.record(statement, topic, **left_out)
    assert (again["stance"], again["created"]) == (stance, False)


def test_safe_to_repeat(world: World) -> None:
    """The same input again gives the same stance and changes nothing, however it names holder and project."""
    speaker, topic = world.actor(), world.topic()
    said: dict[str, Any] = {"intensity": 2, "confidence": 0.1 + 0.2, "rationale": "So."}
    statement = world.statement(speaker)
    first = world.record(statement, topic, **said)
    default = world.api('{ project(slug: "default") { id } }')["project"]["id"]
    with world.unchanged():
        for named in ({}, {"holderId": speaker}, {"projectId": default}, {"holderId": speaker, "projectId": default}):
            again = world.record(statement, topic, **said, **named)
            assert again == {**first, "created": False}


def test_a_change_revises(world: World) -> None:
    """Whatever of it changes, the stance stays the same one, in its next version."""
    statement, topic = world.statement(), world.topic()
    first = last = world.stance(statement, topic, intensity=2, confidence=0.5, rationale="So.")
    kept: dict[str, Any] = {"label": "SUPPORT", "intensity": 2, "confidence": 0.5, "rationale": "So."}
    changes: tuple[dict[str, Any], ...] = (
        {"label": "OPPOSE"},
        {"intensity": 3},
        {"confidence": 0.75},
        {"rationale": "No: so."},
        {"rationale": None},
        {"confidence": None},
        {"intensity": None},
        {"label": "UNCLEAR"},
    )
    for version, change in enumerate(changes, start=2):
        kept = {**kept, **change}
        payload = world.record(statement, topic, **kept)
        stance = payload["stance"]
        assert payload["created"] is False
        assert {name: stance[name] for name in kept} == kept
        assert (stance["id"], stance["version"], stance["createdAt"]) == (first["id"], version, first["createdAt"])
        assert stance["updatedAt"] > last["updatedAt"]
        last = stance
    assert world.count(Stance) == 1


def test_what_makes_another_stance(world: World) -> None:
    """One stance for each project, statement, holder, target and annotator."""
    statement, other, topic = world.statement(), world.statement(), world.topic()
    actor, project = world.actor(), world.project("aleppo")
    ids = [
        world.stance(statement, topic)["id"],
        world.stance(statement, topic, "anton")["id"],
        world.stance(statement, topic, projectId=project)["id"],
        world.stance(statement, topic, holderId=actor)["id"],
        world.stance(statement, actor)["id"],
        world.stance(statement, actor, holderId=actor)["id"],
        world.stance(statement, world.topic())["id"],
        world.stance(other, topic)["id"],
    ]
    assert len(set(ids)) == len(ids) == world.count(Stance)


def test_expected_version(world: World) -> None:
    """Where the version is no longer the expected one, nothing changes and the stance as it stands is shown."""
    statement, topic = world.statement(), world.topic()
    none_yet = world.record(statement, topic, expectedVersion=1)
    assert told(none_yet) == {("CONFLICT", "input.expectedVersion")}
    assert none_yet["stance"] is None
    first = world.stance(statement, topic, expectedVersion=0)
    second = world.stance(statement, topic, label="OPPOSE", expectedVersion=1)
    assert (second["id"], second["version"]) == (first["id"], 2)
    with world.unchanged():
        for stale in (0, 1, 3, -1, 2**31 - 1):
            payload = world.record(statement, topic, label="MIXED", expectedVersion=stale)
            assert told(payload) == {("CONFLICT", "input.expectedVersion")}
            assert (payload["stance"], payload["created"]) == (second, False)
    assert world.stance(statement, topic, label="MIXED", expectedVersion=2)["version"] == 3


def test_everything_wrong_at_once(world: World) -> None:
    """All that can be put right is told in one go, each at its path; nothing is written."""
    with world.unchanged():
        payload = world.api.change(
            "recordStance",
            {
                "statementId": "no id at all",
                "holderId": nobody("Topic"),
                "target": {"actorId": nobody("Actor")},
                "label": "NEUTRAL",
                "intensity": 1,
                "confidence": 1.5,
                "rationale": " \n ",
                "projectId": nobody("Project"),
                "clientMutationId": "mine",
            },
            ANY_STANCE,
            "anna",
        )
    assert told(payload) == {
        ("INVALID", "input.statementId"),
        ("INVALID", "input.holderId"),
        ("NOT_FOUND", "input.target.actorId"),
        ("INVALID", "input.intensity"),
        ("INVALID", "input.confidence"),
        ("INVALID", "input.rationale"),
        ("NOT_FOUND", "input.projectId"),
    }
    assert [e["path"] for e in payload["errors"] if "actorId" in e["path"]] == [["input", "target", "actorId"]]
    assert (payload["stance"], payload["created"], payload["clientMutationId"]) == (None, False, "mine")


EACH: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"statementId": nobody("Statement")}, "NOT_FOUND", "input.statementId"),
    ({"statementId": nobody("Actor")}, "INVALID", "input.statementId"),
    ({"statementId": ""}, "INVALID", "input.statementId"),
    ({"statementId": "stm_" + "0" * 10_000}, "INVALID", "input.statementId"),
    ({"holderId": nobody("Actor")}, "NOT_FOUND", "input.holderId"),
    ({"holderId": "act_\u0000"}, "INVALID", "input.holderId"),
    ({"projectId": nobody("Project")}, "NOT_FOUND", "input.projectId"),
    ({"target": {"actorId": nobody("Actor")}}, "NOT_FOUND", "input.target.actorId"),
    ({"target": {"actorId": nobody("Topic")}}, "INVALID", "input.target.actorId"),
    ({"target": {"topicId": nobody("Topic")}}, "NOT_FOUND", "input.target.topicId"),
    ({"target": {"topicId": "top_x"}}, "INVALID", "input.target.topicId"),
    ({"confidence": -0.001}, "INVALID", "input.confidence"),
    ({"confidence": 1.0000001}, "INVALID", "input.confidence"),
    ({"rationale": ""}, "INVALID", "input.rationale"),
    ({"rationale": "a\u0000b"}, "INVALID", "input.rationale"),
    ({"rationale": "x" * 20_001}, "INVALID", "input.rationale"),
)


def test_each_thing_wrong(world: World) -> None:
    """What is wrong with one field is told at that field alone, and briefly."""
    right = {"statementId": world.statement(), "target": towards(world.topic()), "label": "SUPPORT"}
    with world.unchanged():
        for wrong, code, path in EACH:
            payload = world.api.change("recordStance", {**right, **wrong}, ANY_STANCE, "anna")
            assert told(payload) == {(code, path)}, wrong
            assert payload["stance"] is None
            assert all(len(error["message"]) < 300 for error in payload["errors"])


def test_intensity(world: World) -> None:
    """From 1 to 3, and only where there is a direction."""
    statement, topic = world.statement(), world.topic()
    for label in DIRECTED:
        for intensity in (1, 2, 3):
            assert world.stance(statement, topic, label=label, intensity=intensity)["intensity"] == intensity
        for intensity in (0, 4, -1):
            payload = world.record(statement, topic, label=label, intensity=intensity)
            assert told(payload) == {("INVALID", "input.intensity")}
    for label in UNDIRECTED:
        assert told(world.record(statement, topic, label=label, intensity=2)) == {("INVALID", "input.intensity")}
        assert world.stance(statement, topic, label=label)["intensity"] is None


def test_rationale_is_kept_to_the_letter(world: World) -> None:
    """Neither trimmed nor normalised; 20,000 characters are not too many."""
    statement, topic = world.statement(), world.topic()
    for text in ("  e\u0301 is not é ", "\u200fمرحبا\u200e\u0301", "👩‍👩‍👧", "🙂" * 20_000, '"\\\n\t\u2028'):
        assert world.stance(statement, topic, rationale=text)["rationale"] == text


def _written(statement: str, target: str, confidence: str = "null") -> str:
    """A mutation whose input is written in the document."""
    return f"""mutation {{ recordStance(input: {{
        statementId: "{statement}", target: {target}, label: SUPPORT, confidence: {confidence}
    }}) {{ created errors {{ code path }} }} }}"""


def test_confidence_that_is_no_number(world: World) -> None:
    """Written in the document: beyond what a number can hold, or none, is a client's error and never a failure."""
    statement, target = world.statement(), f'{{topicId: "{world.topic()}"}}'
    with world.unchanged():
        for literal in ("1e39", "1e400", "-1e400", '"0.5"', "true", "[]"):
            answer = world.api.run(_written(statement, target, literal), as_="anna")
            if "errors" in answer:
                assert codes(answer) in (["GRAPHQL_VALIDATION_FAILED"], ["BAD_USER_INPUT"]), (literal, answer)
            else:
                assert told(answer["data"]["recordStance"]) == {("INVALID", "input.confidence")}, literal


def test_confidence_comes_back_as_it_was_sent(world: World) -> None:
    """To the last bit, so that the same input again is the same stance."""
    statement, topic = world.statement(), world.topic()

    @hypothesis_settings(max_examples=30)
    @given(confidence=st.floats(0, 1))
    def check(confidence: float) -> None:
        first = world.stance(statement, topic, confidence=confidence)
        assert first["confidence"] == confidence
        assert world.stance(statement, topic, confidence=confidence)["version"] == first["version"]

    check()


def test_exactly_one_target(world: World) -> None:
    """The schema itself holds a target to one of two (@oneOf), in literals and in variables."""
    statement, actor, topic = world.statement(), world.actor(), world.topic()
    both = {"actorId": actor, "topicId": topic}
    written = [
        "{}",
        "null",
        "{actorId: null}",
        f'{{actorId: "{actor}", topicId: null}}',
        f'{{actorId: "{actor}", topicId: "{topic}"}}',
        f'"{topic}"',
    ]
    by_variable = (
        "mutation($t: StanceTargetInput!) { recordStance(input: "
        f'{{statementId: "{statement}", target: $t, label: SUPPORT}}) {{ created }} }}'
    )
    with world.unchanged():
        for literal in written:
            answer = world.api.run(_written(statement, literal), as_="anna")
            assert codes(answer) in (["GRAPHQL_VALIDATION_FAILED"], ["BAD_USER_INPUT"]), (literal, answer)
        for wrong in ({}, None, {"actorId": None}, both, {**both, "topicId": None}):
            answer = world.api.run(by_variable, {"t": wrong}, "anna")
            assert codes(answer) == ["BAD_USER_INPUT"], (wrong, answer)
            assert "data" not in answer


def test_closed_projects_take_nothing(world: World) -> None:
    """Neither a new stance nor a revision, whether the project is named or the default."""
    statement, topic, project = world.statement(), world.topic(), world.project("aleppo")
    in_it = {"projectId": project}
    stands = [world.stance(statement, topic), world.stance(statement, topic, **in_it)]
    world.close_projects()
    with world.unchanged():
        for more in ({}, in_it):
            for target in (topic, stands[0]["holder"]["id"]):
                payload = world.record(statement, target, label="OPPOSE", **more)
                assert told(payload) == {("CONFLICT", "input.projectId")}


def test_no_default_project(world: World) -> None:
    """Where there is none, a project must be named."""
    statement, topic, project = world.statement(), world.topic(), world.project("aleppo")
    world.execute(update(Project).values(is_default=False))
    assert told(world.record(statement, topic)) == {("NOT_FOUND", "input.projectId")}
    assert told(world.record(statement, topic, projectId=project)) == set()


def test_a_merged_actor_still_answers_to_its_old_id(world: World) -> None:
    """As holder and as target: the stance is the survivor's, and the same as if it had been named."""
    statement, old, survivor = world.statement(), world.actor(), world.actor()
    assert told(world.merge(old, survivor)) == set()
    stance = world.stance(statement, old, holderId=old)
    assert (stance["holder"]["id"], stance["target"]["id"]) == (survivor, survivor)
    again = world.record(statement, survivor, holderId=survivor)
    assert (again["stance"], again["created"]) == (stance, False)
