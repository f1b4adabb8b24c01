"""Many who ask the queue at the same time, of two servers: everybody gets a right answer, and none gets an error page."""

import random
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import delete, insert, select, update
from starlette.testclient import TestClient

from api.app import create
from models import Annotator, Assignment, ProjectMember, ProjectRole, ProjectStatement, Revision
from tests.conftest import Api
from tests.conftest import settings as server_settings
from tests.services.conftest import Send, World, at_once, key_of, sender, told
from tests.services.team import FINISH, LONG_AGO, NEXT, Team, people, team

Two = tuple[Send, Send]


def payloads(answers: list[Any], mutation: str) -> list[Any]:
    """The payloads, none of which may be an error page."""
    assert not [answer for answer in answers if "errors" in answer]
    return [answer["data"][mutation] for answer in answers]


@pytest.fixture
def fifty(world: World) -> Iterator[tuple[list[str], Two]]:
    """Fifty annotators, and what sends for them to either of two servers."""
    tokens = people(world, 50)
    with TestClient(create(server_settings(world.api.url)), raise_server_exceptions=False) as other:
        yield list(tokens), (sender(world.api.client, tokens), sender(other, tokens))


def asked(work: Team, names: list[str], sends: Two) -> list[Any]:
    """What all of them are given at once."""
    given = {"input": {"projectId": work.project}}
    return payloads(
        at_once([partial(sends[n % 2], NEXT, given, name) for n, name in enumerate(names)]), "nextAssignment"
    )


@pytest.mark.slow
def test_fifty_ask_at_once(world: World, fifty: tuple[list[str], Two]) -> None:
    """Each gets a statement of their own, or one with as many others as are wanted; the rest are told there is none."""
    names, sends = fifty
    work = team(world, documents=(5, 6, 5), overlap=3)
    came = asked(work, names, sends)
    assert [payload["errors"] for payload in came] == [[]] * 50
    given = [payload["assignment"]["statement"]["id"] for payload in came if payload["assignment"]]
    assert sorted(map(given.count, work.statements)) == [3] * 16
    assert [payload["exhausted"] for payload in came].count(True) == 2
    work.check()
    # and all are done at once, and ask again
    calls = [
        partial(sends[n % 2], FINISH, {"input": {"id": payload["assignment"]["id"]}}, name)
        for n, (name, payload) in enumerate(zip(names, came, strict=True))
        if payload["assignment"]
    ]
    assert [payload["errors"] for payload in payloads(at_once(calls * 2), "finishAssignment")] == [[]] * 96
    assert all(payload["exhausted"] for payload in asked(work, names, sends))
    assert world.count(Assignment) == 48
    revisions = world.rows(select(Revision).where(Revision.entity_type == "Assignment"))
    assert len(revisions) == 96
    work.check()


@pytest.mark.slow
def test_fifty_ask_for_one_statement(world: World, fifty: tuple[list[str], Two]) -> None:
    names, sends = fifty
    work = team(world, documents=(1,), overlap=3)
    for _ in range(3):
        came = asked(work, names, sends)
        assert sum(payload["assignment"] is not None for payload in came) == 3
        assert sum(payload["exhausted"] for payload in came) == 47
        work.check()
        work.expire()


def test_one_asks_many_times_at_once(world: World, two: Two) -> None:
    """Double posts: one and the same assignment."""
    work = team(world, documents=(4,))
    came = asked(work, ["anna"] * 12, two)
    assert len({payload["assignment"]["id"] for payload in came}) == 1
    (assignment,) = world.rows(select(Assignment))
    assert assignment.version == 12


def test_a_lease_that_ran_out_while_many_ask(world: World, two: Two) -> None:
    """Who comes back late, and who asks for the statement: one of them has it."""
    work = team(world, documents=(1,), overlap=1)
    for _ in range(5):
        lost = work.given("anna")["id"]
        work.expire()
        ask = {"input": {"projectId": work.project}}
        late = {"input": {"id": lost}}
        came = at_once([partial(two[0], FINISH, late, "anna"), partial(two[1], NEXT, ask, "anton")])
        (finished,), (given,) = payloads(came[:1], "finishAssignment"), payloads(came[1:], "nextAssignment")
        assert (finished["errors"] == []) is given["exhausted"]
        assert told(finished) in (set(), {("CONFLICT", "input.id")})
        work.check()
        world.execute(delete(Assignment))
        world.execute(update(ProjectStatement).values(finished=0, is_open=True))


def test_a_team_at_work(world: World, two: Two) -> None:
    """Everybody asks, finishes, skips and loses leases at the same time, until nothing is left."""
    work = team(world, documents=(4, 3, 5), overlap=2)
    for name in ("karl", "ada", "vera"):
        (key,) = world.rows(select(Annotator.id).where(Annotator.name == name))
        row = {"project_id": key_of(work.project), "annotator_id": key, "role": ProjectRole.ANNOTATOR}
        world.execute(insert(ProjectMember), [row])

    def annotate(number: int, name: str) -> None:
        chance, send = random.Random(number), two[number % 2]
        for _ in range(60):
            ask = {"input": {"projectId": work.project}}
            (payload,) = payloads([send(NEXT, ask, name)], "nextAssignment")
            if payload["exhausted"]:
                return
            if chance.random() < 0.2:
                work.expire(payload["assignment"]["id"])
            (done,) = payloads([send(FINISH, {"input": {"id": payload["assignment"]["id"]}}, name)], "finishAssignment")
            assert told(done) in (set(), {("CONFLICT", "input.id")})

    names = ["anna", "anton", "karl", "ada"]
    at_once([partial(annotate, number, name) for number, name in enumerate(names * 2)])
    work.check()
    done = world.rows(select(ProjectStatement.finished).where(ProjectStatement.project_id == key_of(work.project)))
    assert done == [2] * 12


# ---------------------------------------------------------------- any sequence


class Queue(RuleBasedStateMachine):
    """Annotators who ask, finish, skip, extend and let leases run out in any order."""

    work: Team
    names = ("anna", "anton", "karl")

    def __init__(self) -> None:
        super().__init__()
        world = self.work.world
        world.execute(delete(Assignment))
        world.execute(update(ProjectStatement).values(finished=0, is_open=True))
        self.given: dict[str, list[str]] = {name: [] for name in self.names}

    def _assignment(self, id: str) -> Assignment:
        (found,) = self.work.world.rows(select(Assignment).where(Assignment.id == key_of(id)))
        assert isinstance(found, Assignment)
        return found

    @rule(name=st.sampled_from(names))
    def next(self, name: str) -> None:
        payload = self.work.next(name)
        assert payload["errors"] == []
        assert payload["exhausted"] is (payload["assignment"] is None)
        if payload["assignment"] is None:
            # Nothing has room for them but what they are through with.
            assert self._left_for(name) == set()
            return
        assert payload["assignment"]["status"] == "LEASED"
        if payload["assignment"]["id"] not in self.given[name]:
            self.given[name].append(payload["assignment"]["id"])

    def _left_for(self, name: str) -> set[Any]:
        world, overlap = self.work.world, 2
        (me,) = world.rows(select(Annotator.id).where(Annotator.name == name))
        taken: dict[Any, list[Assignment]] = {key_of(s): [] for s in self.work.statements}
        for a in world.rows(select(Assignment)):
            taken[a.statement_id].append(a)
        return {
            statement
            for statement, given in taken.items()
            if not [a for a in given if a.annotator_id == me and a.status != "LEASED"]
            and len([a for a in given if a.annotator_id != me and _holds(a)]) < overlap
        }

    @precondition(lambda self: any(self.given.values()))
    @rule(data=st.data(), change=st.sampled_from(("finish", "skip", "extend", "expire")))
    def change(self, data: st.DataObject, change: str) -> None:
        name = data.draw(st.sampled_from([name for name, given in self.given.items() if given]))
        id = data.draw(st.sampled_from(self.given[name]))
        before = self._assignment(id)
        if change == "expire":
            assume(before.status == "LEASED")
            self.work.expire(id)
            return
        payload = getattr(self.work, change)(id, name)
        after = self._assignment(id)
        wanted = {"finish": "FINISHED", "skip": "SKIPPED", "extend": "LEASED"}[change]
        if payload["errors"]:
            assert told(payload) == {("CONFLICT", "input.id")}
            assert (after.status, after.version) == (before.status, before.version)
        else:
            assert after.status == wanted
        if before.status == wanted != "LEASED":
            assert (payload["errors"], after.version) == ([], before.version)
        if before.status == "LEASED" and before.leased_until > LONG_AGO:
            assert payload["errors"] == [], "who holds a lease can do all with it"

    @invariant()
    def holds(self) -> None:
        self.work.check()

    @invariant()
    def each_version_has_its_revision(self) -> None:
        world = self.work.world
        for a in world.rows(select(Assignment)):
            rows = world.rows(select(Revision).where(Revision.entity_id == a.id))
            assert len(rows) == a.version
            assert {(r.owner_id, r.project_id) for r in rows} == {(a.annotator_id, a.project_id)}


def _holds(given: Assignment) -> bool:
    return given.status == "FINISHED" or (given.status == "LEASED" and given.leased_until > LONG_AGO)


@pytest.mark.slow
def test_any_sequence_keeps_the_rules(bare: Api) -> None:
    world = World(bare)
    Queue.work = team(world, documents=(2, 1), overlap=2)
    (key,) = world.rows(select(Annotator.id).where(Annotator.name == "karl"))
    row = {"project_id": key_of(Queue.work.project), "annotator_id": key, "role": ProjectRole.CURATOR}
    world.execute(insert(ProjectMember), [row])
    few = settings(max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Queue, settings=few)
