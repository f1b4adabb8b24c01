"""Restarts of servers, and several servers over one database."""

import signal
from collections.abc import Callable
from functools import partial

import pytest

from tests.durability.conftest import RECORD, Server, Work, acknowledged, all_at_once, keys

READ = "{ stances(first: 100) { totalCount edges { node { id label rationale annotator { name } } } } }"


def test_what_was_written_is_there_after_a_restart(work: Work, server: Callable[[], Server]) -> None:
    """All fields survive; a server that is stopped exits cleanly and answers its running requests."""
    running, token = server(), work.tokens["anna"]
    answers = [running.ask(RECORD, {"input": given}, token) for given in work.inputs[:10]]
    ids = acknowledged(answers)
    assert len(ids) == 10
    before = running.ask(READ, {}, token)
    assert before[1]["data"]["stances"]["totalCount"] == 10
    assert running.end(signal.SIGTERM) in (0, -signal.SIGTERM)
    running.start()
    assert running.ask(READ, {}, token) == before
    again = running.ask(RECORD, {"input": work.inputs[0]}, token)[1]["data"]["recordStance"]
    assert (again["created"], again["stance"]["id"]) == (False, ids[0])
    assert work.check_whole() == keys(ids)


@pytest.mark.slow
def test_two_servers_over_one_database(work: Work, server: Callable[[], Server]) -> None:
    """Both get equal concurrent requests: each stance is created once, and both servers see all stances."""
    servers, token = (server(), server()), work.tokens["anna"]
    calls = [
        partial(servers[(n + turn) % 2].ask, RECORD, {"input": given}, token)
        for n, given in enumerate(work.inputs[:100])
        for turn in range(2)
    ]
    answers = all_at_once(calls)
    ids = acknowledged(answers)
    assert len(ids) == 200
    assert all(ids[2 * n] == ids[2 * n + 1] for n in range(100))
    assert len(keys(ids)) == 100
    created = [answer[1]["data"]["recordStance"]["created"] for answer in answers]
    assert [created[2 * n] + created[2 * n + 1] for n in range(100)] == [1] * 100
    assert work.check_whole() == keys(ids)
    seen = [each.ask(READ, {}, token)[1] for each in servers]
    assert seen[0] == seen[1]
    assert seen[0]["data"]["stances"]["totalCount"] == 100
