"""Whoever watches a project's progress is told how far it is, and whenever that is otherwise."""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from tests.conftest import Api
from tests.http.sockets import Socket, conversing
from tests.services.conftest import nobody

WATCH = """subscription($project: ID!) { projectProgress(projectId: $project) {
  __typename statements required completed finished stances withoutStance
  perAnnotator { annotator { name } assigned completed } } }"""


@pytest.fixture
def project(api: Api) -> str:
    """A blind project over all seeded documents, in which anna and anton annotate; its id."""
    return str(api.set_up("Watched", "anna", "anton", blind=True)["id"])


def _told(socket: Socket) -> Any:
    message = socket.receive()
    assert message["type"] == "next", message
    return message["payload"]["data"]["projectProgress"]


def _finish(api: Api, project: str, as_: str) -> None:
    given = api.change("nextAssignment", {"projectId": project}, "assignment { id }", as_)["assignment"]
    done = {"id": given["id"], "nothingToRecord": True}
    assert api.change("finishAssignment", done, "assignment { id }", as_)["errors"] == []


def test_what_stands_comes_first_and_then_what_is_otherwise(api: Api, project: str, server: Callable[..., str]) -> None:
    with conversing(server(api.url), token=api.tokens["anna"]) as socket:
        socket.subscribe(query=WATCH, project=project)
        first = _told(socket)
        assert (first["__typename"], first["completed"], first["perAnnotator"]) == ("ProjectProgress", 0, [])
        assert first["statements"] == first["required"] > 10
        _finish(api, project, "anton")
        _finish(api, project, "anna")
        told = first
        while told["completed"] < 2:
            before, told = told, _told(socket)
            assert told != before, "only what is otherwise is told"
        assert told["finished"] == 2
        while told["perAnnotator"] != [{"annotator": {"name": "anna"}, "assigned": 1, "completed": 1}]:
            told = _told(socket)  # of others, an annotator of a blind project is told nothing
        assert (told["withoutStance"], told["stances"]) == (1, 0)
        assert socket.silent(1.5)


def test_a_stance_withdrawn_after_finishing(api: Api, project: str, server: Callable[..., str]) -> None:
    """The reading stays completed, and counts as one without a stance."""
    shown = "assignment { id statement { id } }"
    given = api.change("nextAssignment", {"projectId": project}, shown, "anna")["assignment"]
    topic = api("{ topics(first: 1) { edges { node { id } } } }")["topics"]["edges"][0]["node"]["id"]
    said = {
        "statementId": given["statement"]["id"],
        "target": {"topicId": topic},
        "projectId": project,
        "label": "SUPPORT",
    }
    stance = api.change("recordStance", said, "stance { id }", "anna")["stance"]
    assert api.change("finishAssignment", {"id": given["id"]}, "assignment { id }", "anna")["errors"] == []
    with conversing(server(api.url), token=api.tokens["anna"]) as socket:
        socket.subscribe(query=WATCH, project=project)
        first = _told(socket)
        assert (first["completed"], first["withoutStance"], first["stances"]) == (1, 0, 1)
        assert api.change("withdrawStance", {"id": stance["id"]}, "stanceId", "anna")["errors"] == []
        told = _told(socket)
        assert (told["completed"], told["withoutStance"], told["stances"]) == (1, 1, 0)


def test_over_server_sent_events(api: Api, project: str, server: Callable[..., str]) -> None:
    headers = {"accept": "text/event-stream", "authorization": f"Bearer {api.tokens['karl']}"}
    body = {"query": WATCH, "variables": {"project": project}}
    with (
        httpx2.Client(timeout=20) as client,
        client.stream("POST", f"{server(api.url)}/graphql", json=body, headers=headers) as response,
    ):
        told = (json.loads(line[6:]) for line in response.iter_lines() if line.startswith("data: {"))
        assert next(told)["data"]["projectProgress"]["completed"] == 0
        _finish(api, project, "anton")
        while (progress := next(told)["data"]["projectProgress"])["completed"] == 0:
            pass
        assert progress["perAnnotator"] == [{"annotator": {"name": "anton"}, "assigned": 1, "completed": 1}]


@pytest.mark.parametrize(
    ("given", "told"),
    [("Project", "there is no Project"), ("Actor", "is the id of a Actor"), (None, "is not an id")],
)
def test_what_is_no_project(api: Api, server: Callable[..., str], given: str | None, told: str) -> None:
    with conversing(server(api.url)) as socket:
        socket.subscribe(query=WATCH, project="x" if given is None else nobody(given))
        message = socket.receive()
        assert message["type"] == "error"
        (error,) = message["payload"]
        assert told in error["message"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
