"""`stancegraph serve`: start, workers and shutdown."""

import json
import os
import re
import shlex
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import make_url

from tests.cli.processes import serving
from tests.conftest import Template

TOKEN = re.compile(r"sg_[A-Za-z0-9_-]{43}")
ACTORS = "query Actors { actors { totalCount } }"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_serve_says_where_it_is_and_logs_each_operation(seeded_url: str) -> None:
    with serving(url=seeded_url, log_format="json") as server:
        assert server.address in server.out
        assert server.ask(ACTORS)["data"]["actors"]["totalCount"] > 0
        logged = [json.loads(line) for line in server.err.splitlines()]
        (line,) = [each for each in logged if each["event"] == "operation"]
        assert (line["operation"], line["outcome"], line["statements"]) == ("Actors", "ok", 1)


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_serve_ends_when_it_is_told_to(seeded_url: str, sent: signal.Signals) -> None:
    """Without delay and without a stack trace, for every signal."""
    with serving(url=seeded_url) as server:
        assert server.ask(ACTORS)["data"]
        server.process.send_signal(sent)
        server.process.wait(10)
        assert "Traceback" not in server.err


@pytest.mark.slow
def test_several_processes_serve_one_database(seeded: Template, seeded_url: str) -> None:
    """All processes read the changes of each; no change is lost, and a dead process is replaced."""
    create = "mutation($name: String!) { createTopic(input: { name: $name }) { topic { id } errors { message } } }"
    with serving("--workers", "2", url=seeded_url) as server:
        assert "2 processes" in server.out
        with ThreadPoolExecutor(8) as pool:
            names = [f"Topic of many {number}" for number in range(40)]
            answers = list(pool.map(lambda name: server.ask(create, seeded.tokens["karl"], name=name), names))
        assert [answer["data"]["createTopic"]["errors"] for answer in answers] == [[]] * 40
        ids = [answer["data"]["createTopic"]["topic"]["id"] for answer in answers]
        for _ in range(4):
            found = server.ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)["data"]["nodes"]
            assert [node["id"] for node in found] == ids
        workers = children(server.process.pid)
        assert len(workers) == 2
        os.kill(workers[0], signal.SIGKILL)
        # One that dies while it is asked how it is counts as slow for as long as a start may take: a minute.
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and len(set(children(server.process.pid)) - set(workers)) < 1:
            time.sleep(0.1)
        assert len(set(children(server.process.pid)) - set(workers)) == 1
        assert server.ask(ACTORS)["data"]
    assert children(server.process.pid) == []


def children(pid: int) -> list[int]:
    """Return the child processes of the server."""
    listed = subprocess.run(
        ["ps", "-ww", "-o", "pid=", "-o", "args=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    lines = [line.split(maxsplit=1) for line in listed.stdout.splitlines()]
    return [int(number) for number, arguments in lines if "spawn_main" in arguments]


@pytest.mark.slow
def test_a_first_start_prepares_everything_and_a_second_changes_nothing(empty_url: str, tmp_path: Path) -> None:
    """As `make serve`: a migrated and seeded database and a token, which is printed once."""
    with serving("--local", url=empty_url, cwd=tmp_path) as first:
        assert f"{first.address}/graphql" in first.out
        assert first.ask(ACTORS)["data"]["actors"]["totalCount"] > 15
        (token,) = TOKEN.findall(first.out)
        assert token not in first.err
        answer = first.ask(
            'mutation { createTopic(input: { name: "Mine" }) { topic { slug } errors { code } } }', token
        )
        assert answer["data"]["createTopic"] == {"topic": {"slug": "mine"}, "errors": []}
        curl = next(line for line in first.out.splitlines() if "curl" in line).partition("curl")[2]
        _, address, _, header, _, body = shlex.split(curl)
        name, _, value = header.partition(": ")
        response = httpx2.post(address, content=body.encode(), headers={name: value})
        assert response.json()["data"]["actor"]["alliances"]["edges"]
        told_at_first = first.out

    with serving("--local", url=empty_url, cwd=tmp_path) as second:
        assert second.seconds < 8
        assert "up to date" in second.out
        assert "Seed" in told_at_first
        assert "Seed" not in second.out
        assert not TOKEN.search(second.out)
        assert second.ask(ACTORS) == first_count(told_at_first)
        assert second.ask("{ viewer { name role } }", token) == {
            "data": {"viewer": {"name": "local", "role": "CURATOR"}}
        }
        assert second.ask('{ topic(slug: "mine") { name } }') == {"data": {"topic": {"name": "Mine"}}}


def first_count(told: str) -> object:
    """Return the number of actors that the first start reported."""
    (number,) = re.findall(r"(\d+) actors", told)
    return {"data": {"actors": {"totalCount": int(number)}}}


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.slow
def test_the_default_database_lies_below_where_the_server_is_started(backend: str, tmp_path: Path) -> None:
    with serving("--local", url=None, cwd=tmp_path) as server:
        assert server.ask(ACTORS)["data"]
    assert {path.name.partition(".db")[0] for path in tmp_path.glob("var/*")} == {"stancegraph"}


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
def test_passwords_are_not_shown(seeded_url: str) -> None:
    """Neither in the output of a start nor in its log."""
    url = make_url(seeded_url).set(password="hunter2")
    with serving("--local", url=url.render_as_string(hide_password=False), log_level="debug") as server:
        assert server.ask(ACTORS)["data"]
        assert str(url.database) in server.out
        assert "hunter2" not in server.out + server.err
