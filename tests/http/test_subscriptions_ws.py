"""Subscriptions over WebSocket, against a real server process."""

import contextlib
import functools
import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.database.change_feed import POLL_SECONDS
from api.database.database import Database
from api.security.viewer import OPERATOR
from api.services.annotators import AddAnnotator, add_annotator, issue_token, revoke_token
from models import Role
from tests.conftest import Template, holding, with_database
from tests.http.conftest import BOUNDS, Served
from tests.http.sockets import CHANGES, conversing, opened

Start = Callable[..., str]


def post(address: str, token: str, query: str, **variables: Any) -> Any:
    """Send an operation over HTTP and return its data."""
    headers = {"authorization": f"Bearer {token}"}
    body = {"query": query, "variables": variables}
    answer = _client().post(f"{address}/graphql", json=body, headers=headers).json()
    assert "errors" not in answer, answer
    return answer["data"]


@functools.cache
def _client() -> httpx2.Client:
    """One client for all tests: making one takes longer than a request. Its connections do not outlive servers."""
    return httpx2.Client(timeout=30, limits=httpx2.Limits(max_keepalive_connections=0))


TOPIC = "mutation($name: String!) { createTopic(input: {name: $name}) { topic { id } errors { message } } }"


def topic(address: str, token: str, name: str) -> str:
    """Create a topic and return its ID."""
    return str(post(address, token, TOPIC, name=name)["createTopic"]["topic"]["id"])


def test_what_happens_is_told_as_it_happens(address: str, seeded: Template) -> None:
    with conversing(address) as socket:
        socket.follow(types=["TOPIC"])
        ids, events, delays = [], [], []
        for number in range(4):
            ids.append(topic(address, seeded.tokens["karl"], f"Topic {number}"))
            acknowledged = time.monotonic()
            events.append(socket.event())
            delays.append(time.monotonic() - acknowledged)
        # At once, not when the feed is looked at anyway; the quickest, since the machine may have other things to do.
        assert min(delays) < POLL_SECONDS / 4
        assert [e["node"]["entityId"] for e in events] == ids
        assert events[0]["node"]["action"] == "CREATED"
        assert events[0]["node"]["by"] == {"name": "karl"}
        socket.send({"type": "complete", "id": "1"})
        topic(address, seeded.tokens["karl"], "Not heard")
        assert socket.silent()


def test_what_was_missed_comes_first(address: str, seeded: Template) -> None:
    page = post(address, seeded.tokens["karl"], "{ changes(first: 10) { edges { cursor node { id } } } }")
    edges = page["changes"]["edges"]
    with conversing(address) as socket:
        socket.subscribe(after=edges[0]["cursor"])
        first = [socket.event() for _ in range(9)]
        assert [e["cursor"] for e in first] == [e["cursor"] for e in edges[1:]]
    everything: list[Any] = []
    with conversing(address) as socket:
        socket.subscribe(after=first[-1]["cursor"])
        new = topic(address, seeded.tokens["karl"], "The last")
        while not everything or everything[-1]["node"]["entityId"] != new:
            everything.append(socket.event())
    cursors = [e["cursor"] for e in everything]
    assert len(set(cursors)) == len(cursors) > 100


LAST = "{ changes(last: 1) { pageInfo { endCursor } } viewer { name } }"


def test_query_then_subscribe_after_its_cursor_misses_nothing(address: str, seeded: Template) -> None:
    """However late the subscription starts, the changes since the query come first."""
    karl = seeded.tokens["karl"]
    cursor = post(address, karl, LAST)["changes"]["pageInfo"]["endCursor"]
    between = topic(address, karl, "Between the query and the subscription")
    with conversing(address) as socket:
        assert socket.follow(types=["TOPIC"], after=cursor) == cursor
        assert socket.event()["node"]["entityId"] == between
        after = topic(address, karl, "After")
        assert socket.event()["node"]["entityId"] == after


def test_a_subscription_says_when_it_has_begun(seeded_url: str, server: Start, seeded: Template, backend: str) -> None:
    """It begins when the server comes to it, here (Postgres) not while its one reading connection is in use: what is
    committed meanwhile is no news to it, though its client had subscribed before. All after its start cursor comes.
    """
    address, karl = server(seeded_url, read_pool_size="1"), seeded.tokens["karl"]
    busy = holding(seeded_url, "LOCK TABLE topic") if backend == "postgres" else contextlib.nullcontext()
    with conversing(address) as socket, ThreadPoolExecutor(1) as thread:
        with busy:
            reading = thread.submit(post, address, karl, "{ topics(first: 1) { edges { node { id } } } }")
            time.sleep(0.5 if backend == "postgres" else 0)
            payload = {"query": CHANGES, "extensions": {"startCursor": True}}
            socket.send({"type": "subscribe", "id": "1", "payload": payload})
            if backend == "postgres":
                assert socket.silent()
                add = AddAnnotator(name="meanwhile", role=Role.VIEWER)
                with_database(seeded_url, lambda d: d.perform(lambda session: add_annotator(session, OPERATOR, add)))
        reading.result()
        start = socket.receive()["payload"]["extensions"]["startCursor"]
        last = post(address, karl, LAST)["changes"]["pageInfo"]["endCursor"]
        assert int(last.split(".")[1]) <= int(start.split(".")[1])
        new = topic(address, karl, "New")
        assert socket.event()["node"]["entityId"] == new


def test_queries_and_mutations_are_served_too(address: str, seeded: Template) -> None:
    with conversing(address, seeded.tokens["karl"]) as socket:
        socket.subscribe("q", "{ viewer { name } }")
        assert socket.receive() == {"id": "q", "type": "next", "payload": {"data": {"viewer": {"name": "karl"}}}}
        assert socket.receive() == {"id": "q", "type": "complete"}
        socket.subscribe("m", TOPIC, name="By socket")
        assert socket.receive()["payload"]["data"]["createTopic"]["errors"] == []
        assert socket.receive() == {"id": "m", "type": "complete"}
        socket.subscribe("m", "{ nothing }")
        refused = socket.receive()
        assert (refused["id"], refused["type"]) == ("m", "error")
        assert refused["payload"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        hashed = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}
        socket.send({"type": "subscribe", "id": "h", "payload": hashed})
        assert socket.receive()["payload"][0]["message"] == "PersistedQueryNotSupported"
        socket.subscribe("m", after="nonsense")
        assert socket.receive()["payload"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        socket.send({"type": "ping"})
        assert socket.receive() == {"type": "pong"}


def test_what_is_hidden_from_others_is_in_no_event(address: str, seeded: Template) -> None:
    """A subscriber without a token gets no stances of an open project that is not public."""
    karl = seeded.tokens["karl"]
    post(address, karl, "{ viewer { id } }")
    with conversing(address) as nobody, conversing(address, karl) as curator:
        for socket in (nobody, curator):
            socket.follow(types=["TOPIC", "ANNOTATOR"])
        new = topic(address, karl, "Seen by all")
        assert nobody.event()["node"]["entityId"] == curator.event()["node"]["entityId"] == new


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("nonsense", 4400),
        (b"{}", 4400),
        ("[]", 4400),
        ('{"type": 1}', 4400),
        ('{"type": "subscribe"}', 4400),
        ('{"type": "subscribe", "id": "", "payload": {}}', 4400),
        ('{"type": "subscribe", "id": "1"}', 4400),
        ('{"type": "subscribe", "id": "1", "payload": {"query": 7}}', 4400),
        ('{"type": "start", "id": "1"}', 4400),
        ('{"type": "connection_init"}', 4429),
    ],
)
def test_what_is_no_message_ends_it(reading_server: str, message: Any, code: int) -> None:
    with conversing(reading_server) as socket:
        socket.send(message)
        assert socket.closed()[0] == code


def test_the_handshake(reading_server: str) -> None:
    with opened(reading_server) as socket:
        socket.subscribe()
        assert socket.closed()[0] == 4401
    with opened(reading_server, subprotocols=None) as socket:
        assert socket.closed()[0] == 4406
    with opened(reading_server) as socket:
        assert socket.closed() == (4408, "connection initialisation timeout")
    with opened(reading_server) as socket:
        socket.send({"type": "connection_init", "payload": {"authorization": "Bearer wrong"}})
        assert socket.closed()[0] == 4403
    with opened(reading_server) as socket:
        socket.send({"type": "connection_init", "payload": {"authorization": 1}})
        assert socket.closed()[0] == 4400
    with conversing(reading_server) as socket:
        socket.subscribe("same")
        socket.subscribe("same")
        assert socket.closed() == (4409, "subscriber for same already exists")


def test_the_header_will_do_where_nothing_else_is_said(reading_server: str, seeded: Template) -> None:
    headers = {"authorization": f"Bearer {seeded.tokens['anna']}"}
    with opened(reading_server, additional_headers=headers) as socket:
        socket.send({"type": "connection_init"})
        socket.receive()
        socket.subscribe("q", "{ viewer { name } }")
        assert socket.receive()["payload"] == {"data": {"viewer": {"name": "anna"}}}


def test_limits(seeded_url: str, server: Start) -> None:
    """Limits of operations per connection and of connections; on a server of its own, without connections of other tests."""
    address = server(seeded_url, **BOUNDS)
    with conversing(address) as socket:
        for number in range(3):
            socket.subscribe(str(number))
        refused = socket.receive()
        assert (refused["id"], refused["type"]) == ("2", "error")
        assert refused["payload"][0]["extensions"] == {"code": "LIMIT_EXCEEDED", "limit": 2}
        assert "STANCEGRAPH_MAX_ANONYMOUS_SUBSCRIPTIONS" in refused["payload"][0]["message"]
        with conversing(address), conversing(address), opened(address) as last:
            reason = "too many connections: a process may have 3 (STANCEGRAPH_MAX_SUBSCRIBERS): try again later"
            assert last.closed() == (4429, reason)
    with conversing(address):
        pass


def test_by_post_a_subscription_is_refused(reading_server: str) -> None:
    answer = httpx2.post(f"{reading_server}/graphql", json={"query": CHANGES}).json()
    assert answer["errors"][0]["extensions"]["code"] == "NOT_ACCEPTABLE"
    assert "text/event-stream" in answer["errors"][0]["message"]


@pytest.fixture
def reading_server(bounded: Served) -> str:
    return bounded.address


def test_a_revoked_token_ends_it(served: Served) -> None:
    async def issue(database: Database) -> Any:
        return await database.perform(lambda session: issue_token(session, OPERATOR, "anna"))

    issued = with_database(served.url, issue)

    async def revoke(database: Database) -> Any:
        return await database.perform(lambda session: revoke_token(session, OPERATOR, issued.key))

    with conversing(served.address, issued.secret) as socket:
        socket.follow(types=["TOPIC"])
        assert socket.silent(1.5)
        assert with_database(served.url, revoke)
        began = time.monotonic()
        assert socket.closed()[0] == 4403
        assert time.monotonic() - began < 4


@pytest.mark.slow
def test_a_slow_reader_is_cut_off(seeded_url: str, server: Start, seeded: Template, tmp_path: Path) -> None:
    """The client gets the reason if it reads on; the server buffers nothing for it."""
    address = server(seeded_url, client_patience_seconds="3")
    first = post(address, seeded.tokens["karl"], "{ changes(first: 1) { edges { cursor } } }")["changes"]["edges"][0]
    fields = " ".join(f"c{n}: changes {{ field before after }}" for n in range(10))
    query = f"subscription($after: String) {{ changes(after: $after) {{ node {{ {fields} }} }} }}"
    with conversing(address, seeded.tokens["karl"]) as socket:
        for number in range(100):
            socket.subscribe(str(number), query, after=first["cursor"])
        (log,) = tmp_path.glob("server-*.log")
        # Until then nothing may be read; how long it takes to fill what lies between depends on the machine.
        deadline = time.monotonic() + 120
        while "too slow" not in log.read_text() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert socket.closed() == (4429, "too slow")


@pytest.mark.slow
def test_a_restart_is_told_and_nothing_is_lost(seeded_url: str, tmp_path: Path, seeded: Template) -> None:
    """Subscribers are disconnected immediately, and find all changes after their cursor later."""
    from tests.durability.conftest import Server

    process = Server(seeded_url, tmp_path / "log")
    process.start()
    address = f"http://127.0.0.1:{process.port}"
    with conversing(address) as socket:
        socket.follow(types=["TOPIC"])
        first = topic(address, seeded.tokens["karl"], "Before")
        event = socket.event()
        assert event["node"]["entityId"] == first
        process.process.send_signal(signal.SIGTERM)  # type: ignore[union-attr]
        assert socket.closed()[0] == 1012
    assert isinstance(process.process, subprocess.Popen)
    assert process.process.wait(20) is not None
    process.start()
    try:
        second = topic(address, seeded.tokens["karl"], "While away")
        with conversing(address) as socket:
            socket.subscribe(types=["TOPIC"], after=event["cursor"])
            assert socket.event()["node"]["entityId"] == second
            assert socket.silent()
    finally:
        process.end(signal.SIGTERM)
