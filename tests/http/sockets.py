"""A minimal client of graphql-transport-ws."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.frames import Close
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

PROTOCOL = Subprotocol("graphql-transport-ws")
CHANGES = """subscription($after: String, $types: [EntityType!], $projectId: ID) {
  changes(after: $after, types: $types, projectId: $projectId) {
    cursor node { id action entityType entityId by { name } changes { field before after } } } }"""


@dataclass
class Socket:
    """A connection."""

    raw: ClientConnection

    def send(self, message: Any) -> None:
        """Send a message: text as it is, anything else as JSON."""
        self.raw.send(message if isinstance(message, str | bytes) else json.dumps(message))

    def receive(self, seconds: float = 20) -> Any:
        """Return the next message."""
        return json.loads(self.raw.recv(timeout=seconds))

    def subscribe(self, id: str = "1", query: str = CHANGES, **variables: Any) -> None:
        """Start an operation."""
        self.send({"type": "subscribe", "id": id, "payload": {"query": query, "variables": variables}})

    def follow(self, id: str = "1", query: str = CHANGES, **variables: Any) -> str:
        """Start a subscription, wait for its start, and return the start cursor."""
        payload = {"query": query, "variables": variables, "extensions": {"startCursor": True}}
        self.send({"type": "subscribe", "id": id, "payload": payload})
        message = self.receive()
        assert (message["id"], message["type"]) == (id, "next"), message
        assert message["payload"]["data"] is None
        return str(message["payload"]["extensions"]["startCursor"])

    def event(self, seconds: float = 20) -> Any:
        """Return the next change."""
        message = self.receive(seconds)
        assert message["type"] == "next", message
        return message["payload"]["data"]["changes"]

    def closed(self, seconds: float = 20) -> tuple[int, str]:
        """Return the code and reason with which the server closes."""
        told = None
        while told is None:
            try:
                self.raw.recv(timeout=seconds)
            except ConnectionClosed as error:
                told = error.rcvd or Close(1006, "without a word")
        return told.code, told.reason

    def silent(self, seconds: float = 0.3) -> bool:
        """True if no message arrives for a while."""
        try:
            self.raw.recv(timeout=seconds)
        except TimeoutError:
            return True
        return False


@contextmanager
def opened(address: str, **more: Any) -> Iterator[Socket]:
    """Open a connection without sending a message."""
    more.setdefault("subprotocols", [PROTOCOL])
    # What was not read stands before the answer to a close, which the client waits for in vain.
    more.setdefault("close_timeout", 1)
    with connect(address.replace("http", "ws", 1) + "/graphql", **more) as raw:
        yield Socket(raw)


@contextmanager
def conversing(address: str, token: str | None = None, payload: Mapping[str, Any] | None = None) -> Iterator[Socket]:
    """Open a connection and wait for its acknowledgement."""
    with opened(address) as socket:
        given = dict(payload or ({"authorization": f"Bearer {token}"} if token else {}))
        socket.send({"type": "connection_init", "payload": given})
        assert socket.receive() == {"type": "connection_ack"}
        yield socket
