"""Annotators as a server meets them: over HTTP, now and then slow, cut off, asking twice, or gone for good."""

import http.client
import json
import random
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

NEXT = """mutation($input: NextAssignmentInput!) { nextAssignment(input: $input) {
  assignment { id statement { id } } exhausted errors { code path message } } }"""
RECORD = """mutation($input: RecordStanceInput!) { recordStance(input: $input) {
  stance { id label } errors { code path message } } }"""
FINISH = """mutation($input: FinishAssignmentInput!) { finishAssignment(input: $input) {
  assignment { id status } errors { code path message } } }"""
SKIP = """mutation($input: SkipAssignmentInput!) { skipAssignment(input: $input) {
  assignment { id status } errors { code path message } } }"""
PROGRESS = "query($slug: String!) { project(slug: $slug) { progress { statements finished } } }"

LABELS = ("SUPPORT", "OPPOSE", "NEUTRAL", "MIXED", "UNCLEAR")
TRIES = 50
"""How often one asks again who was answered by nothing, or told to come back later."""


class Lost(Exception):
    """The connection went before the answer was there."""


@dataclass
class Line:
    """An annotator's line to a server, taken up anew whenever it was cut."""

    address: str
    token: str
    connection: http.client.HTTPConnection | None = None

    def post(self, query: str, variables: Mapping[str, Any]) -> Any:
        """The data of an answer; asked for again, as any client would, where none came."""
        for _ in range(TRIES):
            try:
                return self._post(query, variables)
            except Lost:
                self.cut()
                time.sleep(0.1)
        raise AssertionError("the server answers nothing")

    def _post(self, query: str, variables: Mapping[str, Any]) -> Any:
        parts = urlsplit(self.address)
        if self.connection is None:
            self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        try:
            self.connection.request("POST", "/graphql", self._body(query, variables), self._headers())
            response = self.connection.getresponse()
            body = json.loads(response.read())
        except (OSError, http.client.HTTPException) as error:
            raise Lost from error
        if response.status == 503:
            raise Lost
        assert "errors" not in body, body
        return body["data"]

    def drop(self, query: str, variables: Mapping[str, Any]) -> None:
        """Send a request and go before it is answered."""
        parts, body = urlsplit(self.address), self._body(query, variables)
        head = "".join(f"{name}: {value}\r\n" for name, value in self._headers().items())
        with socket.create_connection((parts.hostname, parts.port)) as line:
            line.sendall(
                f"POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {len(body)}\r\n{head}\r\n".encode()
            )
            line.sendall(body)

    def cut(self) -> None:
        """Hang up."""
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def _headers(self) -> dict[str, str]:
        return {"content-type": "application/json", "authorization": f"Bearer {self.token}"}

    def _body(self, query: str, variables: Mapping[str, Any]) -> bytes:
        return json.dumps({"query": query, "variables": dict(variables)}).encode()


@dataclass
class Annotator:
    """Somebody who annotates until nothing is left, with all that can go wrong; what they were told is kept."""

    name: str
    line: Line
    project: str
    target: str
    lease: float
    """How long a lease is, in seconds."""
    chance: random.Random
    stances: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Statement → id and label of the stance that was acknowledged."""
    finished: dict[str, str] = field(default_factory=dict)
    """Statement → the assignment that was acknowledged as finished."""
    mishaps: dict[str, int] = field(default_factory=dict)

    def work(self) -> None:
        """Until everything is done."""
        while True:
            self._pause()
            payload = self._changed(NEXT, projectId=self.project)
            assert payload["errors"] == []
            if payload["assignment"] is not None:
                self._annotate(payload["assignment"]["id"], payload["assignment"]["statement"]["id"])
            elif self._all_is_done():
                self.line.cut()
                return
            else:
                time.sleep(self.lease / 10)

    def _annotate(self, assignment: str, statement: str) -> None:
        if self._happens("skipped", 0.01):
            assert self._changed(SKIP, id=assignment, reason="Not for me")["errors"] == []
            return
        label = self.stances[statement][1] if statement in self.stances else self.chance.choice(LABELS)
        said = {"statementId": statement, "target": {"topicId": self.target}, "label": label}
        recorded = self._changed(RECORD, projectId=self.project, **said)
        assert recorded["errors"] == []
        self.stances[statement] = (recorded["stance"]["id"], label)
        if self._happens("crashed", 0.04):
            self.line.cut()
            return  # and what they had is forgotten: the server has to know
        if self._happens("fell asleep", 0.01):
            time.sleep(self.lease * 1.2)
        done = self._changed(FINISH, id=assignment)
        if done["errors"]:
            assert [error["code"] for error in done["errors"]] == ["CONFLICT"]
            self.mishaps["came too late"] = self.mishaps.get("came too late", 0) + 1
        else:
            assert done["assignment"]["status"] == "FINISHED"
            self.finished[statement] = assignment

    def _changed(self, mutation: str, **given: Any) -> Any:
        """The payload of a mutation: posted once, or twice, or once without waiting for the answer and then again."""
        variables = {"input": given}
        if self._happens("hung up", 0.03):
            self.line.drop(mutation, variables)
            self._pause()
        twin = threading.Thread(target=self._post_once, args=(mutation, variables))
        if self._happens("posted twice", 0.03):
            twin.start()
        ((_, payload),) = self.line.post(mutation, variables).items()
        if twin.ident is not None:
            twin.join()
        if self._happens("reconnected", 0.02):
            self.line.cut()
        return payload

    def _post_once(self, mutation: str, variables: Mapping[str, Any]) -> None:
        line = Line(self.line.address, self.line.token)
        line.post(mutation, variables)
        line.cut()

    def _all_is_done(self) -> bool:
        progress = self.line.post(PROGRESS, {"slug": "team"})["project"]["progress"]
        return bool(progress["finished"] == progress["statements"])

    def _pause(self) -> None:
        time.sleep(self.chance.random() * 0.02)

    def _happens(self, what: str, share: float) -> bool:
        happens = self.chance.random() < share
        if happens:
            self.mishaps[what] = self.mishaps.get(what, 0) + 1
        return happens


Watcher = Callable[[threading.Event], None]
"""Something that goes on beside the work, a subscriber say, until the event is set."""


def annotated(annotators: Sequence[Annotator], watchers: Sequence[Watcher] = ()) -> None:
    """Let all of them work at the same time, to the end."""
    over, failed = threading.Event(), list[BaseException]()

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 (told below)
            failed.append(error)

    watching = [threading.Thread(target=run, args=(lambda w=w: w(over),)) for w in watchers]
    working = [threading.Thread(target=run, args=(annotator.work,)) for annotator in annotators]
    for thread in (*watching, *working):
        thread.start()
    for thread in working:
        thread.join()
    over.set()
    for thread in watching:
        thread.join()
    if failed:
        raise failed[0]
