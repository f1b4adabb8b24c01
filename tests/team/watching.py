"""Somebody who follows a project while others work in it, and whose line is cut again and again."""

import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from websockets.exceptions import ConnectionClosed

from tests.http.sockets import conversing

FOLLOW = """subscription($project: ID!, $after: String) {
  changes(projectId: $project, types: [ASSIGNMENT, STANCE], after: $after) { cursor node { id } } }"""
SILENCE_SECONDS = 3
"""How long nothing must have come for all to have come."""


@dataclass
class Follower:
    """Goes on behind the last cursor each time, at whichever server is next."""

    addresses: Sequence[str]
    token: str
    project: str
    after: str | None
    chance: random.Random
    log: list[str] = field(default_factory=list)
    """Ids of the changes, as they came."""
    visits: int = 0

    def watch(self, over: threading.Event) -> None:
        """Until the others are done, and nothing comes any more."""
        while not self._visit(self.addresses[self.visits % len(self.addresses)], over):
            self.visits += 1

    def _visit(self, address: str, over: threading.Event) -> bool:
        try:
            with conversing(address, token=self.token) as socket:
                socket.subscribe(query=FOLLOW, project=self.project, after=self.after)
                for _ in range(self.chance.randint(1, 200)):
                    change = socket.event(SILENCE_SECONDS)
                    self.log.append(change["node"]["id"])
                    self.after = change["cursor"]
        except TimeoutError:
            return over.is_set()
        except ConnectionClosed:
            return False
        return False
