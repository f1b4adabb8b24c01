"""Writers and followers of the feed, in threads, over servers that are processes of their own."""

import itertools
import json
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
from websockets.exceptions import ConnectionClosed

from tests.http.sockets import conversing

FOLLOW = """subscription($after: String, $types: [EntityType!], $projectId: ID) {
  changes(after: $after, types: $types, projectId: $projectId) { cursor node { id entityId } } }"""
TOPIC = "mutation($name: String!) { createTopic(input: {name: $name}) { topic { id } errors { message } } }"


@dataclass
class Follower:
    """Follows the feed over one of the servers after another, and goes away at random points to come again."""

    addresses: tuple[str, ...]
    after: str
    rng: random.Random
    token: str | None = None
    narrowed: Mapping[str, Any] = field(default_factory=lambda: {"types": ["TOPIC"]})
    """To which changes."""
    kept: str = "entityId"
    """What is kept of a change beside its cursor."""
    seen: list[tuple[str, str]] = field(default_factory=list)
    """Cursor and what is kept of each."""
    stop: threading.Event = field(default_factory=threading.Event)
    over_sse: bool = False
    visits: int = 0
    errors: list[Exception] = field(default_factory=list)

    def follow(self) -> None:
        """Follow until told to stop and nothing comes any more."""
        for address in itertools.cycle(self.addresses):
            self.visits += 1
            patience = self.rng.randint(1, 60)
            try:
                ended = (self._by_sse if self.over_sse else self._by_socket)(address, patience)
            except (ConnectionClosed, OSError, httpx2.HTTPError):
                ended = False  # the server went: so it is with servers
            except Exception as error:  # noqa: BLE001 (the test looks at it)
                self.errors.append(error)
                return
            if ended:
                return

    def _take(self, change: Mapping[str, Any]) -> None:
        self.seen.append((change["cursor"], change["node"][self.kept]))
        self.after = change["cursor"]

    def _by_socket(self, address: str, patience: int) -> bool:
        with conversing(address, token=self.token) as socket:
            socket.subscribe(query=FOLLOW, after=self.after, **self.narrowed)
            for _ in range(patience):
                try:
                    self._take(socket.event(1.5))
                except TimeoutError:
                    return self.stop.is_set()
        return False

    def _by_sse(self, address: str, patience: int) -> bool:
        body = {"query": FOLLOW, "variables": {"after": self.after, **self.narrowed}}
        headers = {"accept": "text/event-stream"}
        if self.token is not None:
            headers["authorization"] = f"Bearer {self.token}"
        with (
            httpx2.Client(timeout=1.5) as client,
            client.stream("POST", f"{address}/graphql", json=body, headers=headers) as response,
        ):
            lines = response.iter_lines()
            try:
                for line in lines:
                    if line.startswith("data: {"):
                        self._take(json.loads(line[6:])["data"]["changes"])
                        patience -= 1
                        if not patience:
                            return False
            except httpx2.ReadTimeout:
                return self.stop.is_set()
        return False


def write(address: str, token: str, name: str) -> str | None:
    """The id of a new topic; None where the server did not say."""
    headers = {"authorization": f"Bearer {token}"}
    body = {"query": TOPIC, "variables": {"name": name}}
    try:
        answer = httpx2.post(f"{address}/graphql", json=body, headers=headers, timeout=30).json()
        return str(answer["data"]["createTopic"]["topic"]["id"])
    except (httpx2.HTTPError, KeyError, TypeError):
        return None


def all_in_threads(works: list[Callable[[], Any]]) -> list[threading.Thread]:
    """Begin each in a thread of its own."""
    threads = [threading.Thread(target=work, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    return threads
