"""Subscriptions as server-sent events, against a real server process."""

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.database.database import Database
from api.http.sse import KEEPALIVE_SECONDS
from api.security.viewer import OPERATOR
from api.services.annotators import issue_token, revoke_token
from tests.conftest import Template, with_database
from tests.http.conftest import Served
from tests.http.sockets import CHANGES
from tests.http.test_subscriptions_ws import topic

Start = Callable[..., str]


class Stream:
    """Reads the events of one connection."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response, self._lines = response, response.iter_lines()

    def event(self) -> tuple[str, str | None, Any]:
        """Return name, ID and data of the next event; a comment is an event without a name."""
        name, id, data = "", None, ""
        for number, line in enumerate(self._lines):
            if not line and number:
                return name, id, json.loads(data) if data else None
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            name = value if field == "event" else name
            id = value if field == "id" else id
            data = data + value if field == "data" else data
        raise EOFError

    def change(self) -> Any:
        """Return the next change."""
        name = ""
        while not name:
            name, id, data = self.event()
        assert name == "next", data
        found = data["data"]["changes"]
        assert found["cursor"] == id
        return found


@contextmanager
def streaming(
    address: str, body: Mapping[str, Any], token: str | None = None, method: str = "POST", **headers: str
) -> Iterator[Stream]:
    """Open a stream of events."""
    given = {"accept": "text/event-stream", **({"authorization": f"Bearer {token}"} if token else {}), **headers}
    sent: dict[str, Any] = {"json": dict(body)} if method == "POST" else {"params": dict(body)}
    with (
        httpx2.Client(timeout=30) as client,
        client.stream(method, f"{address}/graphql", headers=given, **sent) as response,
    ):
        yield Stream(response)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_happens_is_told_as_it_happens(address: str, seeded: Template, method: str) -> None:
    variables: Any = {"types": ["TOPIC"]}
    body = {"query": CHANGES, "variables": json.dumps(variables) if method == "GET" else variables}
    with streaming(address, body, method=method) as stream:
        assert stream.response.headers["content-type"].startswith("text/event-stream")
        assert stream.event() == ("", None, None)
        ids = [topic(address, seeded.tokens["karl"], f"Topic {n}") for n in range(3)]
        seen = [stream.change() for _ in ids]
        assert [change["node"]["entityId"] for change in seen] == ids
    # A browser that comes again says what it had last.
    with streaming(address, body, method=method, **{"last-event-id": seen[0]["cursor"]}) as stream:
        assert [stream.change()["node"]["entityId"] for _ in ids[1:]] == ids[1:]


def test_queries_and_mutations_are_served_too(address: str, seeded: Template) -> None:
    with streaming(address, {"query": "{ viewer { name } }"}, seeded.tokens["anna"]) as stream:
        stream.event()
        assert stream.event() == ("next", None, {"data": {"viewer": {"name": "anna"}}})
        assert stream.event() == ("complete", None, None)
        with pytest.raises(EOFError):
            stream.event()
    changing = {"query": 'mutation { createTopic(input: {name: "x"}) { topic { id } } }'}
    with streaming(address, changing, seeded.tokens["karl"], "GET") as stream:
        stream.event()
        assert stream.event()[2]["errors"][0]["message"] == "a mutation must be sent by POST"


def test_what_is_refused(address: str) -> None:
    for query, token, status in ((CHANGES, "wrong", 401), ("", None, 400)):
        with streaming(address, {"query": query}, token) as stream:
            assert stream.response.status_code == status
            assert json.loads(stream.response.read())["errors"]
    for body in ({"query": CHANGES, "variables": {"after": "nonsense"}}, {"query": "{ nothing }"}):
        with streaming(address, dict(body)) as stream:
            stream.event()
            assert stream.event()[2]["errors"]
            assert stream.event()[0] == "complete"


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)  # it waits 12 seconds, on no database
def test_where_nothing_happens_a_comment_is_sent(address: str) -> None:
    with streaming(address, {"query": CHANGES}) as stream:
        stream.event()
        began = time.monotonic()
        assert stream.event() == ("", None, None)
        assert KEEPALIVE_SECONDS - 1 < time.monotonic() - began < KEEPALIVE_SECONDS + 5


def test_so_many_and_no_more(seeded_url: str, server: Start) -> None:
    address = server(seeded_url, max_subscribers="1")
    with streaming(address, {"query": CHANGES}) as stream:
        stream.event()
        with streaming(address, {"query": CHANGES}) as second:
            assert second.response.status_code == 503
    until = time.monotonic() + 10
    status = 0
    while status != 200 and time.monotonic() < until:
        with streaming(address, {"query": CHANGES}) as stream:
            status = stream.response.status_code
    assert status == 200


def test_a_revoked_token_ends_it(served: Served) -> None:
    async def issue(database: Database) -> Any:
        return await database.perform(lambda session: issue_token(session, OPERATOR, "anna"))

    issued = with_database(served.url, issue)

    async def revoke(database: Database) -> Any:
        return await database.perform(lambda session: revoke_token(session, OPERATOR, issued.key))

    with streaming(served.address, {"query": CHANGES}, issued.secret) as stream:
        stream.event()
        assert with_database(served.url, revoke)
        name, _, data = stream.event()
        assert (name, data["errors"][0]["extensions"]["code"]) == ("next", "UNAUTHENTICATED")
        assert stream.event()[0] == "complete"


def test_a_server_that_ends_does_not_wait_for_streams(seeded_url: str, tmp_path: Path) -> None:
    """The stream ends without `complete`, so that the client reconnects."""
    from tests.durability.conftest import Server

    process = Server(seeded_url, tmp_path / "log")
    process.start()
    with streaming(f"http://127.0.0.1:{process.port}", {"query": CHANGES}) as stream:
        stream.event()
        threading.Timer(0.5, lambda: process.end(signal.SIGTERM)).start()
        began = time.monotonic()
        with pytest.raises(EOFError):
            stream.event()
    assert process.process is not None
    process.process.wait(10)
    assert time.monotonic() - began < 10
