"""A minimal HTTP/1.1 load client: sends prebuilt bytes, reads whole responses, and does as little else as possible.

Both cores of a small machine are shared by the client, the server and its database, so that what the client costs is
missing from the figures of whoever is fastest.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import orjson

from bench.operations import Variables

HOST = "127.0.0.1"
_OK = b"HTTP/1.1 200 "
_ERRORS = b'"errors":[{'
_MAX_QUOTED = 600


class Failed(Exception):
    """A response is an error, so the measurement is invalid."""


@dataclass(frozen=True)
class Cell:
    """A measurement of an operation with a number of connections."""

    latencies: tuple[float, ...]
    """The latency of each request in seconds, sorted."""
    seconds: float
    """The time from the first request to the last response."""

    @property
    def throughput(self) -> float:
        """Return the requests per second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """Return the latency in milliseconds that `share` of the requests did not exceed."""
        return self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * share))] * 1000


def request_bytes(path: str, document: str, variables: Variables, token: str | None) -> bytes:
    """Return the bytes of a POST request with JSON."""
    body = orjson.dumps({"query": document, "variables": variables})
    head = f"POST {path} HTTP/1.1\r\nhost: {HOST}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
    authorization = f"authorization: Bearer {token}\r\n" if token else ""
    return f"{head}{authorization}\r\n".encode() + body


@dataclass
class _Load:
    """The state that the connections of a cell share."""

    requests: Iterator[bytes]
    deadline: float
    ended: asyncio.Future[None]
    latencies: list[float] = field(default_factory=list)
    open: int = 0

    def fail(self, why: str) -> None:
        """End the cell with an error."""
        if not self.ended.done():
            self.ended.set_exception(Failed(why))

    def finished(self) -> None:
        """Count a connection as finished."""
        self.open -= 1
        if not self.open and not self.ended.done():
            self.ended.set_result(None)


class _Connection(asyncio.Protocol):
    """Sends the next request after the response to the last one."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._chunks: list[bytes] = []
        self._missing = 0
        self._began = 0.0
        """The time at which the pending request was sent; 0 if none is pending."""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport."""
        self._transport = transport  # type: ignore[assignment]

    def send(self) -> None:
        """Send the next request, unless the time is over or there is none."""
        began = time.perf_counter()
        request = next(self._load.requests, None) if began < self._load.deadline else None
        if request is None:
            self._began = 0.0
            self._load.finished()
            return
        self._began = began
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Receive a part of a response. A small response arrives in one part."""
        if not self._missing:
            # Join a head that arrives in two parts.
            data = b"".join([*self._chunks, data])
            self._chunks.clear()
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._chunks.append(data)
                return
            self._missing = _length(data[:end].lower()) + end + 4
            if self._missing < 0:
                self._load.fail(_abbreviate(data))
                return
        self._chunks.append(data)
        self._missing -= len(data)
        if self._missing <= 0:
            self._whole()

    def _whole(self) -> None:
        self._load.latencies.append(time.perf_counter() - self._began)
        response = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self._missing = 0
        if not response.startswith(_OK) or _ERRORS in response:
            self._load.fail(_abbreviate(response))
            return
        self.send()

    def connection_lost(self, error: Exception | None) -> None:
        """Fail if a response is pending."""
        if self._began and not self._load.ended.done():
            self._load.fail(f"the connection was closed: {error}")


def _length(head: bytes) -> int:
    """Return the length of the body; a large negative number if the head does not state it."""
    at = head.find(b"content-length:")
    return int(head[at + 15 :].partition(b"\r\n")[0]) if at >= 0 else -(2**62)


def _abbreviate(response: bytes) -> str:
    return response[:_MAX_QUOTED].decode(errors="replace")


async def run(port: int, requests: Iterator[bytes], connections: int, seconds: float) -> Cell:
    """Send `requests` over a number of connections for a number of seconds, each connection one request at a time.

    What is under way when time is up is awaited, so that nothing of it runs on into the next cell.

    :raises Failed: for a response that is not 200, or that tells of errors.
    """
    loop = asyncio.get_running_loop()
    load = _Load(requests, 0.0, loop.create_future(), open=connections)
    opened = [await loop.create_connection(lambda: _Connection(load), HOST, port) for _ in range(connections)]
    began = time.perf_counter()
    load.deadline = began + seconds
    for _, connection in opened:
        connection.send()
    try:
        await load.ended
    finally:
        took = time.perf_counter() - began
        for transport, _ in opened:
            transport.close()
    return Cell(tuple(sorted(load.latencies)), took)
