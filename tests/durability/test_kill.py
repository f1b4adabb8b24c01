"""Killed servers: acknowledged changes are stored, and no change is stored partially."""

import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import Any

import pytest

from tests.durability.conftest import BATCH, RECORD, Server, Work, acknowledged, all_at_once, keys
from tests.services.conftest import key_of


def _killed_after(server: Server, work: Work, number: int) -> list[Any]:
    """Send all mutations of `work` concurrently, kill the server after some answers, and return the answers."""
    lock, answered = Lock(), [0]

    def call(given: Any) -> Any:
        answer = server.ask(RECORD, {"input": given}, work.tokens["anna"])
        with lock:
            answered[0] += answer is not None
            if answered[0] == number and answer is not None:
                server.end(signal.SIGKILL)
        return answer

    return all_at_once([partial(call, given) for given in work.inputs])


@pytest.mark.slow
def test_in_the_middle_of_five_hundred_mutations(work: Work, server: Callable[[], Server]) -> None:
    """Every acknowledged stance is complete after a restart; repeating all mutations creates each stance once."""
    running = server()
    ids = acknowledged(_killed_after(running, work, 120))
    assert 120 <= len(ids) < 500
    there = work.check_whole()
    assert keys(ids) <= there

    running.start()
    assert work.check_whole() == there
    again = all_at_once([partial(running.ask, RECORD, {"input": given}, work.tokens["anna"]) for given in work.inputs])
    repeated = acknowledged(again)
    assert len(repeated) == len(keys(repeated)) == 500
    assert {place: repeated[place] for place in ids} == ids
    created = [answer[1]["data"]["recordStance"]["created"] for answer in again]
    assert sum(created) == 500 - len(there)
    assert not any(created[place] for place in ids)
    assert {answer[1]["data"]["recordStance"]["stance"]["version"] for answer in again} == {1}
    assert work.check_whole() == keys(repeated)


@pytest.mark.parametrize("seconds", [0.1, 0.25, 0.5])
@pytest.mark.slow
def test_in_the_middle_of_a_batch(work: Work, server: Callable[[], Server], seconds: float) -> None:
    """A batch is stored completely or not at all; an acknowledged batch completely."""
    running = server()
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(running.ask, BATCH, {"input": {"stances": list(work.inputs)}}, work.tokens["anna"])
        time.sleep(seconds)
        running.end(signal.SIGKILL)
        answer = asked.result()
    there = work.check_whole()
    assert len(there) in (0, 500)
    if answer is not None:
        assert {key_of(r["stance"]["id"]) for r in answer[1]["data"]["recordStances"]["results"]} == there
    running.start()
    # What had reached Postgres in whole when the server was killed is finished there nonetheless.
    there = work.check_whole()
    assert len(there) in (0, 500)
    _, body = running.ask(BATCH, {"input": {"stances": list(work.inputs)}}, work.tokens["anna"])
    created = {r["created"] for r in body["data"]["recordStances"]["results"]}
    assert created == {not there}
    assert len(work.check_whole()) == 500
