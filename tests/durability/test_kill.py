"""What was acknowledged is there after the server is killed in the middle of its work; nothing is half written."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from api.database import Database
from models import Revision, RevisionAction, Stance
from tests.conftest import Template, free_port, with_database

RECORD = """
mutation Record($input: RecordStanceInput!) {
  recordStance(input: $input) { stance { id version } created errors { code message } }
}
"""
MUTATIONS = 500
AT_ONCE = 16


def post(address: str, query: str, variables: dict[str, Any], token: str | None = None) -> Any:
    headers = {"content-type": "application/json", **({"authorization": f"Bearer {token}"} if token else {})}
    body = json.dumps({"query": query, "variables": variables}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{address}/graphql", body, headers), timeout=30) as response:
        return json.loads(response.read())


def inputs(address: str) -> list[dict[str, Any]]:
    """500 different stances: statements × targets."""
    found = post(
        address,
        """{ statements(first: 100) { edges { node { id } } } topics(first: 100) { edges { node { id } } }
             actors(first: 100) { edges { node { id } } } }""",
        {},
    )["data"]
    ids = {name: [edge["node"]["id"] for edge in found[name]["edges"]] for name in found}
    targets = [{"topicId": i} for i in ids["topics"]] + [{"actorId": i} for i in ids["actors"]]
    return [
        {"statementId": statement, "target": target, "label": "NEUTRAL", "rationale": f"{statement} {target}"}
        for statement in ids["statements"]
        for target in targets
    ][:MUTATIONS]


class Killed:
    """A server process that is killed once so many answers have come."""

    def __init__(self, url: str, folder: Path, after: int) -> None:
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        environment = {**os.environ, "STANCEGRAPH_DATABASE_URL": url, "STANCEGRAPH_LOG_LEVEL": "error"}
        command = [sys.executable, "-m", "uvicorn", "api.app:create", "--factory", "--port", str(port)]
        self.process = subprocess.Popen(command, env=environment, cwd=folder, stderr=subprocess.DEVNULL)
        self.acknowledged: list[tuple[str, dict[str, Any]]] = []
        self._after, self._lock = after, threading.Lock()
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{self.address}/readyz", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)

    def record(self, given: dict[str, Any], token: str) -> None:
        try:
            answer = post(self.address, RECORD, {"input": given}, token)
        except (OSError, HTTPException, ValueError):
            return  # it was killed: no answer, no promise
        payload = answer["data"]["recordStance"]
        assert payload["errors"] == []
        with self._lock:
            self.acknowledged.append((payload["stance"]["id"], given))
            if len(self.acknowledged) == self._after:
                self.process.send_signal(signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize("after", [40, 250])
def test_kill_in_the_middle_loses_nothing_acknowledged(
    seeded: Template, seeded_url: str, server: Callable[..., str], tmp_path: Path, after: int
) -> None:
    killed = Killed(seeded_url, tmp_path, after)
    given = inputs(killed.address)
    assert len(given) == MUTATIONS
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda one: killed.record(one, seeded.tokens["anna"]), given))
    assert killed.process.wait(timeout=30) == -signal.SIGKILL
    assert after <= len(killed.acknowledged) < MUTATIONS

    address = server(seeded_url)
    for start in range(0, len(killed.acknowledged), 100):
        some = killed.acknowledged[start : start + 100]
        nodes = post(
            address,
            "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Stance { rationale label version statement { id } } } }",
            {"ids": [key for key, _ in some]},
        )["data"]["nodes"]
        for node, (_, one) in zip(nodes, some, strict=True):
            assert node == {
                "rationale": one["rationale"],
                "label": "NEUTRAL",
                "version": 1,
                "statement": {"id": one["statementId"]},
            }
    with_database(seeded_url, whole)
    # The server that came after goes on where the other was broken off.
    answers = [post(address, RECORD, {"input": one}, seeded.tokens["anna"]) for one in given[-20:]]
    assert all(answer["data"]["recordStance"]["errors"] == [] for answer in answers)


async def whole(database: Database) -> None:
    """Each stance has the revision that made it, each such revision its stance, and the database finds no fault."""
    async with database.transaction() as session:
        stances = set(await session.scalars(select(Stance.id)))
        made = select(Revision.entity_id).where(
            Revision.entity_type == "Stance", Revision.action == RevisionAction.CREATED
        )
        created = list(await session.scalars(made))
        assert len(created) == len(set(created))
        assert stances == set(created)
        if database.is_sqlite:
            assert (await session.execute(text("PRAGMA integrity_check"))).scalars().all() == ["ok"]
            assert (await session.execute(text("PRAGMA foreign_key_check"))).all() == []


def test_two_servers_over_one_database(seeded: Template, seeded_url: str, server: Callable[..., str]) -> None:
    """What one records the other shows; both recording the same at once make one stance."""
    one, other = server(seeded_url), server(seeded_url)
    given = inputs(one)[:30]
    token = seeded.tokens["anna"]
    with ThreadPoolExecutor(8) as pool:
        asked = [(address, one_input) for one_input in given for address in (one, other)]
        answers = list(pool.map(lambda pair: post(pair[0], RECORD, {"input": pair[1]}, token), asked))
    payloads = [answer["data"]["recordStance"] for answer in answers]
    assert all(payload["errors"] == [] for payload in payloads)
    for first, second in zip(payloads[::2], payloads[1::2], strict=True):
        assert first["stance"] == second["stance"]
        assert [first["created"], second["created"]].count(True) == 1
    with_database(seeded_url, whole)
