"""Limits of size, time and connections, against a real `stancegraph serve`."""

import contextlib
import json
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from tests.cli.processes import Running, serving
from tests.http.sockets import opened

BODY = json.dumps({"query": "{ __typename }"}).encode()
SETTINGS: Any = {
    "header_timeout_seconds": "2",
    "body_timeout_seconds": "2",
    "max_connections": "20",
    "shutdown_seconds": "2",
}
PIECE = 65_536
MOST_SENT = 8 * 2**20
"""Bytes of an endless request after which the server must have closed: its limits and the socket buffers."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    url = f"sqlite:///{tmp_path_factory.mktemp('protocol')}/a.db"
    with serving("--local", url=url, **SETTINGS) as server:
        yield server


@contextlib.contextmanager
def connected(server: Running) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", int(server.address.rpartition(":")[2])), timeout=15) as raw:
        yield raw


def head(*more: bytes, length: int = len(BODY), line: bytes = b"POST /graphql HTTP/1.1") -> bytes:
    lines = [line, b"Host: 127.0.0.1", b"Content-Type: application/json", b"Content-Length: %d" % length, *more]
    return b"\r\n".join([*lines, b"", b""])


CHUNKED = head(b"Transfer-Encoding: chunked").replace(b"Content-Length: %d\r\n" % len(BODY), b"")


def received(raw: socket.socket) -> bytes:
    """Return all bytes until the server closes, or one response."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while piece := raw.recv(PIECE):
            found += piece
            if found.endswith(b"}"):
                break
    return found


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def asked(server: Running, request: bytes) -> int:
    with connected(server) as raw:
        raw.sendall(request)
        return status(received(raw))


def endless(server: Running, begin: bytes, piece: bytes) -> tuple[int, int]:
    """Return the number of bytes that the server reads of an endless request, and the status of the response."""
    with connected(server) as raw:
        sent = 0
        with contextlib.suppress(ConnectionError):
            raw.sendall(begin)
            while sent < 2 * MOST_SENT:
                raw.sendall(piece)
                sent += len(piece)
        return sent, status(received(raw))


def works(server: Running) -> bool:
    return asked(server, head() + BODY) == 200


@pytest.mark.parametrize("upgrade", [(), (b"Connection: Upgrade", b"Upgrade: websocket")])
def test_headers_are_bounded(running: Running, upgrade: Sequence[bytes]) -> None:
    """One long line, many short ones, and both in pieces; also for a WebSocket handshake."""
    accepted = 400 if upgrade else 200  # it lacks the key of a handshake
    lengths = (8_000, 100) if upgrade else (60_000, 5_000)  # the library that reads handshakes has bounds of its own
    for few in ([b"X: " + b"a" * lengths[0]], [b"X-%d: b" % number for number in range(lengths[1])]):
        assert asked(running, head(*upgrade, *few) + (b"" if upgrade else BODY)) == accepted
    lengths = (9_000, 130) if upgrade else (66_000, 7_000)
    for many in ([b"X: " + b"a" * lengths[0]], [b"X-%d: b" % number for number in range(lengths[1])]):
        assert asked(running, head(*upgrade, *many)) == 431
        with connected(running) as raw:
            whole = head(*upgrade, *many)
            for start in range(0, len(whole), 5_000):
                with contextlib.suppress(ConnectionError):
                    raw.sendall(whole[start : start + 5_000])
            assert status(received(raw)) == 431


@pytest.mark.parametrize(
    ("begin", "piece", "expected"),
    [
        (b"GET /graphql HTTP/1.1\r\nX: ", b"a" * PIECE, 431),
        (b"GET /graphql HTTP/1.1\r\n", b"a: b\r\n" * 10_000, 431),
        (b"GET /graphql HTTP/1.1\r\n", b"a" * PIECE, 431),
        (b"GET /graphql?query=", b"a" * PIECE, 414),
        (
            CHUNKED + b"0\r\n",
            b"a: b\r\n" * 9_999,
            431,
        ),
        (CHUNKED + b"0\r\nX: ", b"a" * PIECE, 431),
        (CHUNKED + b"1;x=", b"a" * PIECE, 431),
    ],
    ids=["a header", "headers", "a header's name", "an address", "trailers", "a trailer", "an extension of a chunk"],
)
def test_what_has_no_end_is_cut_off(running: Running, begin: bytes, piece: bytes, expected: int) -> None:
    """The server refuses early, with or without a readable response, and serves other clients meanwhile."""
    before = running.seconds
    sent, answered = endless(running, begin, piece)
    assert sent < MOST_SENT
    assert answered in (expected, 0)  # 0: what was still under way made the system throw the answer away
    assert running.seconds - before < 3
    assert works(running)


def test_foreign_pages_and_names_are_refused_as_it_is_started(running: Running) -> None:
    """As `make serve`: without settings, on a loopback address."""
    with pytest.raises(InvalidStatus) as refused, opened(running.address, origin=Origin("https://evil.example")):
        pass
    assert refused.value.response.status_code == 403
    assert b"STANCEGRAPH_CORS_ORIGINS" in (refused.value.response.body or b"")
    with opened(running.address, origin=Origin(running.address)) as socket:
        socket.send({"type": "connection_init"})
        assert socket.receive() == {"type": "connection_ack"}
    assert asked(running, (head() + BODY).replace(b"127.0.0.1", b"evil.example")) == 400


def test_an_address_is_bounded(running: Running) -> None:
    assert (
        asked(running, head(line=b"GET /graphql?query={__typename}&x=" + b"a" * 60_000 + b" HTTP/1.1", length=0)) == 200
    )
    assert asked(running, head(line=b"GET /graphql?query=" + b"a" * 66_000 + b" HTTP/1.1", length=0)) == 414


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (b"", 0),
        (b"\r\n", 0),
        (b"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ", 408),
        (head() + BODY[:7], 408),
        (head() + BODY + b"POST /gra", 200),
        (head(length=10**9) + b"x" * 2_000_000, 413),
    ],
    ids=["nothing", "an empty line", "half a head", "half a body", "half a second request", "too much of a body"],
)
def test_who_sends_no_more_is_not_waited_for(running: Running, request_: bytes, expected: int) -> None:
    began = time.monotonic()
    with connected(running) as raw:
        with contextlib.suppress(ConnectionError):
            raw.sendall(request_)
        answer = b""
        with contextlib.suppress(ConnectionError):
            while piece := raw.recv(PIECE):
                answer += piece
    assert status(answer) == expected
    assert 0.5 < time.monotonic() - began < 12
    assert works(running)


def test_who_drips_is_not_waited_for_either(running: Running) -> None:
    """Single bytes do not extend the timeout: it applies to the whole head."""
    began = time.monotonic()
    with connected(running) as raw, contextlib.suppress(ConnectionError):
        raw.sendall(b"GET / HTTP/1.1\r\nX: ")
        while time.monotonic() - began < 10:
            raw.sendall(b"a")
            time.sleep(0.1)
    assert time.monotonic() - began < 9


def test_connections_are_bounded_and_the_log_says_so(running: Running) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(connected(running))
        deadline = time.monotonic() + 10
        answer = b""
        while status(answer) != 503 and time.monotonic() < deadline:
            with connected(running) as raw:
                raw.sendall(head() + BODY)
                answer = received(raw)
        assert status(answer) == 503
        assert b"STANCEGRAPH_MAX_CONNECTIONS" in answer
    assert "connections refused" in running.err
    assert running.err.count("connections refused") <= 2
    deadline = time.monotonic() + 10
    while not works(running) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert works(running)


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_half_a_request_does_not_keep_it_from_ending(tmp_path: Path, workers: int) -> None:
    """Nor may it send an endless header, with any number of processes."""
    with serving(
        "--local", "--workers", str(workers), url=f"sqlite:///{tmp_path}/a.db", shutdown_seconds="2"
    ) as server:
        assert asked(server, head(b"X: " + b"a" * 66_000)) == 431
        with connected(server) as body, connected(server) as begun, connected(server):
            body.sendall(head() + BODY[:7])
            begun.sendall(b"POST /graphql HTTP/1.1\r\n")
            time.sleep(0.5)
            began = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            server.process.wait(15)
            assert time.monotonic() - began < 10
        assert "Traceback" not in server.err


REFUSED_ORIGINS = ("http://[::1", "http://[", "http://]", "http://a:b", "http://[v1.x]", "null", "https://evil.example")


def test_a_refused_handshake_is_no_error_of_the_server(running: Running) -> None:
    """Any page can try: it gets the reason, and the log gets no error."""
    before = len(running.err)
    for origin in REFUSED_ORIGINS:
        with pytest.raises(InvalidStatus) as refused, opened(running.address, origin=Origin(origin)):
            pass
        assert refused.value.response.status_code == 403, origin
        assert b"STANCEGRAPH_CORS_ORIGINS" in (refused.value.response.body or b"")
    upgrade = (b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13")
    key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    for host in (b"evil.example", b"[::1", b"a:b", b"\xff"):
        handshake = head(*upgrade, key, length=0, line=b"GET /graphql HTTP/1.1").replace(b"127.0.0.1", host)
        assert asked(running, handshake) == 400, host
    assert asked(running, head(*upgrade, length=0, line=b"GET /graphql HTTP/1.1")) == 400
    assert asked(running, head(*upgrade, key, length=0, line=b"GET /nothing HTTP/1.1")) == 403
    logged = running.err[before:]
    assert logged.count("refused") == len(REFUSED_ORIGINS) + 4
    assert "error" not in logged, logged
    assert "Traceback" not in logged
    with opened(running.address) as socket_:
        socket_.send({"type": "connection_init"})
        assert socket_.receive() == {"type": "connection_ack"}
