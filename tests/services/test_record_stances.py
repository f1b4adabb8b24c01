"""Recording up to a thousand stances in one call, in one transaction, with a handful of statements."""

from collections.abc import Sequence
from typing import Any

from models import Stance
from tests.services.conftest import World, nobody, told, towards

BATCH = """mutation($input: RecordStancesInput!) { recordStances(input: $input) { clientMutationId results {
  created clientMutationId errors { code path message } stance { id version label rationale }
} } }"""


def record(world: World, stances: Sequence[dict[str, Any]], as_: str = "anna") -> list[Any]:
    """The results of a batch."""
    results: list[Any] = world.api(BATCH, {"input": {"stances": stances}}, as_)["recordStances"]["results"]
    return results


def places(world: World, number: int) -> list[dict[str, Any]]:
    """So many inputs, each for a place of its own, over a few statements and topics."""
    statements = [world.statement(exact=f"two {n}") for n in range(10)]
    topics = [world.topic() for _ in range(10)]
    holders = [world.actor() for _ in range(10)]
    return [
        {
            "statementId": statements[n % 10],
            "target": towards(topics[n // 10 % 10]),
            "holderId": holders[n // 100],
            "label": "SUPPORT",
            "rationale": f"Number {n}",
        }
        for n in range(number)
    ]


def test_a_thousand_take_as_many_statements_as_ten(world: World) -> None:
    """Recorded, left as they are, and revised: in their order, at the same small number of statements."""
    all_of_them = places(world, 1_000)
    assert not any(r["errors"] for r in record(world, all_of_them[:10]))
    few = world.api.statements
    results = record(world, all_of_them, "anton")
    assert world.api.statements == few <= 12
    assert [r["stance"]["rationale"] for r in results] == [f"Number {n}" for n in range(1_000)]
    assert all(r["created"] and not r["errors"] and r["stance"]["version"] == 1 for r in results)
    assert len({r["stance"]["id"] for r in results}) == 1_000

    before = world.count(Stance), len(world.revisions())
    again = record(world, all_of_them, "anton")
    assert world.api.statements <= few
    assert again == [{**r, "created": False} for r in results]
    assert (world.count(Stance), len(world.revisions())) == before

    revised = record(world, [{**one, "label": "OPPOSE"} for one in all_of_them], "anton")
    assert world.api.statements <= few + 1
    assert {(r["created"], r["stance"]["version"], r["stance"]["label"]) for r in revised} == {(False, 2, "OPPOSE")}
    assert [r["stance"]["id"] for r in revised] == [r["stance"]["id"] for r in results]
    assert (world.count(Stance), len(world.revisions())) == (before[0], before[1] + 1_000)


def test_good_ones_are_kept_and_bad_ones_reported_in_place(world: World) -> None:
    """What is wrong with one does not touch the others; its path says which one it was."""
    right = places(world, 6)
    wrong = [
        {**right[0], "statementId": "nothing"},
        {**right[0], "target": {"topicId": nobody("Topic")}, "confidence": 7.0},
        {**right[0], "label": "NEUTRAL", "intensity": 1, "clientMutationId": "third"},
        {**right[0], "expectedVersion": 9},
    ]
    mixed = [right[1], wrong[0], right[2], wrong[1], wrong[2], right[3], right[0], wrong[3], right[4]]
    results = record(world, mixed)
    assert [sorted(told(r)) for r in results] == [
        [],
        [("INVALID", "input.stances.1.statementId")],
        [],
        [("INVALID", "input.stances.3.confidence"), ("NOT_FOUND", "input.stances.3.target.topicId")],
        [("INVALID", "input.stances.4.intensity")],
        [],
        [],
        [("CONFLICT", "input.stances.7.expectedVersion")],
        [],
    ]
    assert [r["created"] for r in results] == [True, False, True, False, False, True, True, False, True]
    assert results[7]["stance"] == results[6]["stance"]
    assert results[4]["clientMutationId"] == "third"
    assert [r["stance"] for r in (results[1], results[3], results[4])] == [None, None, None]
    assert world.count(Stance) == 5


def test_nothing_but_bad_ones(world: World) -> None:
    """All are reported and nothing is written."""
    right = places(world, 1)[0]
    with world.unchanged():
        results = record(world, [{**right, "statementId": "x"}, {**right, "confidence": -1.0}])
    assert [len(r["errors"]) for r in results] == [1, 1]


def test_one_place_twice(world: World) -> None:
    """In order: recorded, left as it was, revised, refused; one stance comes of it, and each change has a revision."""
    (one,) = places(world, 1)
    other = {**one, "label": "OPPOSE", "rationale": "Looked again."}
    results = record(
        world,
        [
            {**one, "expectedVersion": 0},
            one,
            other,
            {**one, "expectedVersion": 1},
            {**one, "label": "MIXED", "expectedVersion": 2},
        ],
    )
    assert [r["created"] for r in results] == [True, False, False, False, False]
    assert [sorted(told(r)) for r in results] == [[], [], [], [("CONFLICT", "input.stances.3.expectedVersion")], []]
    assert {(r["stance"]["version"], r["stance"]["label"]) for r in results} == {(3, "MIXED")}
    assert world.count(Stance) == 1
    written = world.revisions(results[0]["stance"]["id"])
    assert [(r.action, r.after and r.after["label"], r.after and r.after["version"]) for r in written] == [
        ("CREATED", "SUPPORT", 1),
        ("UPDATED", "OPPOSE", 2),
        ("UPDATED", "MIXED", 3),
    ]
    assert [r.before for r in written] == [None, *(r.after for r in written[:-1])]


def test_one_place_by_two_names(world: World) -> None:
    """The speaker named or left out, an old id or the survivor's: it is one place all the same."""
    speaker, old, survivor = world.actor(), world.actor(), world.actor()
    statement = world.statement(speaker)
    world.merge(old, survivor)
    one = {"statementId": statement, "label": "SUPPORT"}
    results = record(
        world,
        [
            {**one, "target": {"actorId": old}},
            {**one, "target": {"actorId": survivor}, "holderId": speaker},
            {**one, "target": {"actorId": survivor}, "holderId": None},
        ],
    )
    assert [r["created"] for r in results] == [True, False, False]
    assert len({r["stance"]["id"] for r in results}) == world.count(Stance) == 1


def test_more_than_a_thousand_are_refused_whole(world: World) -> None:
    """None is recorded, and each result says so."""
    one = places(world, 1)[0]
    with world.unchanged():
        results = record(world, [one] * 1_001)
    assert len(results) == 1_001
    for result in results:
        assert told(result) == {("INVALID", "input.stances.1000")}
        assert (result["stance"], result["created"]) == (None, False)


def test_an_empty_batch(world: World) -> None:
    """Gives nothing and changes nothing."""
    with world.unchanged():
        assert record(world, []) == []


def test_viewers_record_no_batch_of_whatever_size(world: World) -> None:
    """The role is asked before anything else."""
    with world.unchanged():
        for number in (0, 1, 1_001):
            given = {"stances": [{"statementId": "x", "target": {"topicId": "x"}, "label": "MIXED"}] * number}
            (error,) = world.api.run(BATCH, {"input": given}, "vera")["errors"]
            assert error["extensions"]["code"] == "FORBIDDEN"
