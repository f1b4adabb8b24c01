"""Checks of `Host` and `Origin`: names of the server, and pages that may open WebSockets."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse

from api.app import create
from tests.conftest import settings

PROTOCOL = "graphql-transport-ws"
TYPENAME = {"query": "{ __typename }"}


@contextmanager
def served(tmp_path: Path, **more: str) -> Iterator[TestClient]:
    """A server without a database, by default without allowed hosts."""
    given = settings(f"sqlite:///{tmp_path}/none.db", **{"allowed_hosts": "", **more})
    with TestClient(create(given), base_url="http://127.0.0.1:8000") as client:
        yield client


def connects(client: TestClient, host: str = "127.0.0.1:8000", **headers: str) -> bool:
    """True if a WebSocket is opened; a refusal must have a reason."""
    try:
        with client.websocket_connect("/graphql", [PROTOCOL], headers={"host": host, **headers}) as socket:
            socket.send_json({"type": "connection_init"})
            return bool(socket.receive_json() == {"type": "connection_ack"})
    except WebSocketDenialResponse as response:
        (error,) = response.json()["errors"]
        return not (response.status_code in (400, 403) and error["message"])


FOREIGN = ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000", "a@127.0.0.1", "", "[::1", "x/y")
OWN = ("localhost", "localhost:8000", "LOCALHOST.", "127.0.0.1:1", "127.1.2.3", "[::1]:8000", "stances.localhost:80")


def test_a_server_on_loopback_is_reached_by_names_of_loopback_alone(tmp_path: Path) -> None:
    """DNS rebinding: the page has the server's origin, and only the `Host` header shows its name."""
    with served(tmp_path) as client:
        for host in OWN:
            assert client.post("/graphql", json=TYPENAME, headers={"host": host}).status_code == 200, host
            assert connects(client, host), host
        for host in FOREIGN:
            for method, path in (("POST", "/graphql"), ("GET", "/graphql?query={__typename}"), ("GET", "/export")):
                answer = client.request(method, path, json=TYPENAME, headers={"host": host})
                assert answer.status_code == 400, host
                assert "STANCEGRAPH_ALLOWED_HOSTS" in answer.json()["errors"][0]["message"]
            assert not connects(client, host), host
        assert client.get("/healthz", headers={"host": "10.1.2.3:8000"}).status_code == 200


def test_listed_names_are_served(tmp_path: Path) -> None:
    listed = "api.example.org, *.example.net, 192.0.2.1"
    with served(tmp_path, host="0.0.0.0", allowed_hosts=listed) as client:
        for host in ("API.example.org", "x.example.net:8443", "a.b.example.net", "192.0.2.1:80", "localhost"):
            assert client.post("/graphql", json=TYPENAME, headers={"host": host}).status_code == 200, host
        for host in ("example.org", "example.net", "xexample.net", "192.0.2.2", "evil.example"):
            assert client.post("/graphql", json=TYPENAME, headers={"host": host}).status_code == 400, host
    for more in ({"host": "0.0.0.0"}, {"allowed_hosts": "*"}):
        with served(tmp_path, **more) as client:
            assert client.post("/graphql", json=TYPENAME, headers={"host": "any.example"}).status_code == 200


@pytest.mark.parametrize("origins", ["", "https://app.example.org, http://localhost:5173"])
def test_pages_of_other_origins_open_no_websocket(tmp_path: Path, origins: str) -> None:
    with served(tmp_path, cors_origins=origins) as client:
        assert connects(client)  # a program, which has no origin
        assert connects(client, origin="http://127.0.0.1:8000")
        assert connects(client, "localhost", origin="https://localhost:443")  # TLS ended before it
        listed = bool(origins)
        assert connects(client, origin="https://app.example.org") == listed
        assert connects(client, origin="http://localhost:5173") == listed
        for foreign in (
            "https://evil.example",
            "null",
            "http://127.0.0.1:8001",
            "http://127.0.0.1",
            "file://",
            "x",
            "",
        ):
            assert not connects(client, origin=foreign), foreign


def test_every_origin_may_where_all_are_listed(tmp_path: Path) -> None:
    with served(tmp_path, cors_origins="*") as client:
        assert connects(client, origin="https://any.example")


def test_a_proxy_may_rewrite_the_host_where_the_origin_is_listed(tmp_path: Path) -> None:
    more: dict[str, Any] = {"host": "0.0.0.0", "allowed_hosts": "api"}
    with served(tmp_path, **more) as client:
        assert not connects(client, "api:8000", origin="https://app.example.org")
    with served(tmp_path, **more, cors_origins="https://app.example.org") as client:
        assert connects(client, "api:8000", origin="https://app.example.org")


def test_a_token_that_cannot_be_looked_up_ends_the_connection_in_words(tmp_path: Path) -> None:
    """There is no database: the client is asked to retry."""
    host = {"host": "127.0.0.1:8000"}
    with served(tmp_path) as client, client.websocket_connect("/graphql", [PROTOCOL], headers=host) as socket:
        socket.send_json({"type": "connection_init", "payload": {"authorization": f"Bearer sg_{'x' * 43}"}})
        ended = socket.receive()
    assert (ended["type"], ended["code"]) == ("websocket.close", 1013)
    assert ended["reason"].startswith("try again later")
