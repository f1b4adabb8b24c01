"""Real server processes that tests stop and kill, with clients that ignore failures."""

import asyncio
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from starlette.testclient import TestClient

from api.app import create
from api.database.database import Database
from models import Revision, RevisionAction, Stance
from tests.conftest import Api, Template, settings
from tests.services.conftest import World, key_of, towards

ROOT = Path(__file__).parents[2]
RECORD = """mutation($input: RecordStanceInput!) { recordStance(input: $input) {
  created stance { id version label rationale } errors { code path message } } }"""
BATCH = """mutation($input: RecordStancesInput!) { recordStances(input: $input) { results {
  created stance { id } errors { code path } } } }"""


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@dataclass
class Server:
    """A server process and its client."""

    url: str
    log: Path
    port: int = field(default_factory=_free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it is ready."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("STANCEGRAPH_")}
        given = {"DATABASE_URL": self.url, "PORT": str(self.port), "LOG_LEVEL": "error"}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(Path(sys.executable).with_name("stancegraph")), "serve"],
                cwd=ROOT,
                env={**environment, **{f"STANCEGRAPH_{name}": value for name, value in given.items()}},
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + 60
        while not self._ready():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.05)

    def _ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def end(self, how: signal.Signals) -> int:
        """Send a signal and return the exit status; no child process may go on serving."""
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(30)

    def ask(self, query: str, variables: Mapping[str, Any], token: str) -> Any:
        """Return status and answer; None if the server died before the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
        try:
            connection.request("POST", "/graphql", json.dumps({"query": query, "variables": variables}), headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()


@dataclass(frozen=True)
class Work:
    """A database with room for many stances, and the stances to record."""

    backend: str
    url: str
    tokens: Mapping[str, str]
    inputs: Sequence[Mapping[str, Any]]

    def check_whole(self) -> set[UUID]:
        """Return the keys of all stances, after a check that stances and first revisions correspond."""

        async def run() -> set[UUID]:
            database = Database(settings(self.url))
            try:
                async with database.transaction() as session:
                    if self.backend == "sqlite":
                        assert (await session.execute(text("PRAGMA integrity_check"))).all() == [("ok",)]
                        assert (await session.execute(text("PRAGMA foreign_key_check"))).all() == []
                    else:
                        # Both queries must see one state: Postgres may commit what a killed server sent between them.
                        await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
                    stances = (await session.scalars(select(Stance))).all()
                    created = select(Revision).where(
                        Revision.entity_type == "Stance", Revision.action == RevisionAction.CREATED
                    )
                    revisions = (await session.scalars(created)).all()
            finally:
                await database.close()
            said = {stance.id: (str(stance.label), stance.rationale) for stance in stances}
            written = {r.entity_id: (r.after["label"], r.after["rationale"]) for r in revisions if r.after}
            assert said == written
            assert len(revisions) == len(stances)
            return set(said)

        return asyncio.run(run())


def places(world: World, number: int) -> list[dict[str, Any]]:
    """Return inputs for different stances."""
    document = world.document(" ".join(f"<{n}>" for n in range(20)))
    speaker = world.actor("Speaker")
    statements = [world.statement(speaker, f"<{n}>", document) for n in range(20)]
    topics = [world.topic() for _ in range(-(-number // 20))]
    return [
        {
            "statementId": statements[n % 20],
            "target": towards(topics[n // 20]),
            "label": "OPPOSE",
            "intensity": n % 3 + 1,
            "rationale": f"Number {n}",
        }
        for n in range(number)
    ]


@pytest.fixture
def work(migrated: Template) -> Iterator[Work]:
    """A database with 20 statements and 25 topics: 500 possible stances."""
    url = migrated.copy()
    with TestClient(create(settings(url)), raise_server_exceptions=False) as client:
        inputs = places(World(Api(client, url, migrated.tokens)), 500)
    yield Work(migrated.backend, url, migrated.tokens, inputs)
    migrated.drop(url)


@pytest.fixture
def server(work: Work, tmp_path: Path) -> Iterator[Callable[[], Server]]:
    """Return a function that starts servers over the database of `work`; they are killed at the end."""
    made: list[Server] = []

    def make() -> Server:
        made.append(Server(work.url, tmp_path / f"server{len(made)}.log"))
        made[-1].start()
        return made[-1]

    yield make
    for each in made:
        if each.process is not None and each.process.poll() is None:
            each.end(signal.SIGKILL)


def all_at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all calls in threads and return their results."""
    with ThreadPoolExecutor(len(calls)) as threads:
        return [future.result() for future in [threads.submit(call) for call in calls]]


def acknowledged(answers: Sequence[Any]) -> dict[int, str]:
    """Return the IDs of acknowledged stances by the index of their answers; error pages are ignored."""
    ids = {}
    for place, answer in enumerate(answers):
        if answer is not None:
            status, body = answer
            assert status == 200, body
            assert "errors" not in body, body
            payload = body["data"]["recordStance"]
            assert payload["errors"] == []
            ids[place] = payload["stance"]["id"]
    return ids


def keys(ids: Mapping[int, str]) -> set[UUID]:
    """Return the keys in IDs."""
    return {key_of(each) for each in ids.values()}
