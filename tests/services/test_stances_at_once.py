"""Several who record, withdraw and revise at the same time, from two servers: one outcome, and never an error page."""

from functools import partial
from typing import Any

from sqlalchemy import delete, select

from models import Stance
from tests.services.conftest import Send, World, at_once, told, towards

RECORD = """mutation($input: RecordStanceInput!) { recordStance(input: $input) {
  created stance { id version label } errors { code path } } }"""
BATCH = """mutation($input: RecordStancesInput!) { recordStances(input: $input) { results {
  created stance { id version label } errors { code path } } } }"""
WITHDRAW = """mutation($input: WithdrawStanceInput!) { withdrawStance(input: $input) {
  stanceId errors { code path } } }"""
Two = tuple[Send, Send]


def payloads(answers: list[Any], mutation: str) -> list[Any]:
    """The payloads, none of which may be an error page."""
    assert not [answer for answer in answers if "errors" in answer]
    return [answer["data"][mutation] for answer in answers]


def test_the_same_stance(world: World, two: Two) -> None:
    """Recorded by two connections at once: one stance, created once."""
    statement = world.statement()
    for round_ in range(5):
        one = {"statementId": statement, "target": towards(world.topic()), "label": "SUPPORT"}
        calls = [partial(two[n % 2], RECORD, {"input": one}, "anna") for n in range(6)]
        came = payloads(at_once(calls), "recordStance")
        assert [payload["errors"] for payload in came] == [[]] * 6
        assert sorted(payload["created"] for payload in came) == [False] * 5 + [True]
        assert {payload["stance"]["version"] for payload in came} == {1}
        assert len({payload["stance"]["id"] for payload in came}) == 1
        assert world.count(Stance) == round_ + 1
        assert len(world.revisions(came[0]["stance"]["id"])) == 1


def test_different_readings(world: World, two: Two) -> None:
    """Of one place by one annotator: one stance; as many revisions as it has versions, each following the last."""
    statement, topic = world.statement(), world.topic()
    labels = ("SUPPORT", "OPPOSE", "NEUTRAL", "MIXED", "UNCLEAR", "SUPPORT", "OPPOSE", "NEUTRAL")
    inputs = [{"statementId": statement, "target": towards(topic), "label": label} for label in labels]
    calls = [partial(two[n % 2], RECORD, {"input": one}, "anna") for n, one in enumerate(inputs)]
    came = payloads(at_once(calls), "recordStance")
    assert sum(payload["created"] for payload in came) == 1
    (stance,) = world.rows(select(Stance))
    written = world.revisions(came[0]["stance"]["id"])
    assert [r.after["version"] for r in written if r.after] == list(range(1, stance.version + 1))
    assert [r.before for r in written[1:]] == [r.after for r in written[:-1]]
    assert written[-1].after is not None
    assert written[-1].after["label"] == stance.label


def test_one_expected_version(world: World, two: Two) -> None:
    """Of many who looked at the same version one gets through; the others see a conflict and what stands."""
    statement, topic = world.statement(), world.topic()
    world.stance(statement, topic)
    inputs = [
        {
            "statementId": statement,
            "target": towards(topic),
            "label": "OPPOSE",
            "rationale": f"Reading {n}",
            "expectedVersion": 1,
        }
        for n in range(8)
    ]
    calls = [partial(two[n % 2], RECORD, {"input": one}, "anna") for n, one in enumerate(inputs)]
    came = payloads(at_once(calls), "recordStance")
    assert sorted(map(sorted, map(told, came))) == [[]] + [[("CONFLICT", "input.expectedVersion")]] * 7
    assert {(payload["stance"]["version"], payload["stance"]["label"]) for payload in came} == {(2, "OPPOSE")}


def test_overlapping_batches_in_different_order(world: World, two: Two) -> None:
    """They wait for one another rather than both: all are kept, none twice."""
    statements = [world.statement(exact=f"two {n}") for n in range(5)]
    topics = [world.topic() for _ in range(8)]
    places = [{"statementId": s, "target": towards(t), "label": "SUPPORT"} for s in statements for t in topics]
    orders = [places, places[::-1], places[20:] + places[:20], places[::2] + places[1::2]]
    calls = [partial(two[n % 2], BATCH, {"input": {"stances": order}}, "anna") for n, order in enumerate(orders)]
    results = [r for payload in payloads(at_once(calls), "recordStances") for r in payload["results"]]
    assert [r["errors"] for r in results] == [[]] * 160
    assert sum(r["created"] for r in results) == world.count(Stance) == 40
    # and once more, all revising
    calls = [
        partial(two[n % 2], BATCH, {"input": {"stances": [{**one, "label": "OPPOSE"} for one in order]}}, "anna")
        for n, order in enumerate(orders)
    ]
    results = [r for payload in payloads(at_once(calls), "recordStances") for r in payload["results"]]
    assert {(r["created"], r["stance"]["version"]) for r in results} == {(False, 2)}


def test_recorded_and_withdrawn(world: World, two: Two) -> None:
    """Whoever comes first: there is one stance or none, and its last revision says which."""
    statement, topic = world.statement(), world.topic()
    one = {"statementId": statement, "target": towards(topic), "label": "SUPPORT"}
    for _ in range(4):
        stance = world.stance(statement, topic)["id"]
        came = at_once(
            [
                partial(two[0], RECORD, {"input": {**one, "label": "OPPOSE"}}, "anna"),
                partial(two[1], WITHDRAW, {"input": {"id": stance}}, "anna"),
                partial(two[1], RECORD, {"input": {**one, "label": "MIXED"}}, "anna"),
                partial(two[0], WITHDRAW, {"input": {"id": stance}}, "anna"),
            ]
        )
        payloads([came[0], came[2]], "recordStance")
        withdrawn = payloads([came[1], came[3]], "withdrawStance")
        assert withdrawn == [{"stanceId": stance, "errors": []}] * 2
        assert [str(r.action) for r in world.revisions(stance)].count("DELETED") == 1
        for left in world.rows(select(Stance)):
            world.execute(delete(Stance).where(Stance.id == left.id))


def test_on_a_statement_that_goes(world: World, two: Two) -> None:
    """A statement deleted while stances are recorded on it: either the stance or the statement stays, never half."""
    delete_it = """mutation($input: DeleteStatementInput!) { deleteStatement(input: $input) {
        statementId errors { code path } } }"""
    topic = world.topic()
    for _ in range(4):
        statement = world.statement()
        one = {"statementId": statement, "target": towards(topic), "label": "SUPPORT"}
        came = at_once(
            [
                partial(two[0], RECORD, {"input": one}, "anna"),
                partial(two[1], delete_it, {"input": {"id": statement}}, "karl"),
                partial(two[0], delete_it, {"input": {"id": statement}}, "karl"),
            ]
        )
        (recorded,) = payloads(came[:1], "recordStance")
        gone = payloads(came[1:], "deleteStatement")
        if recorded["stance"]:
            assert [told(payload) for payload in gone] == [{("CONFLICT", "input.id")}] * 2
        else:
            assert told(recorded) == {("NOT_FOUND", "input.statementId")}
            assert sorted(map(sorted, map(told, gone))) == [[], [("NOT_FOUND", "input.id")]]
