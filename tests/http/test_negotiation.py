"""Media type and status of a response by the `Accept` header."""

import contextlib
import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from api.app import create
from api.http.negotiation import EVENT_STREAM, JSON, RESPONSE_JSON
from tests.conftest import Api, settings
from tests.http.sockets import CHANGES

URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"
)
"""The `Accept` header of urql for queries and mutations."""
APOLLO = "application/graphql-response+json,application/json;q=0.9"
TYPENAME = "{ __typename }"
STATEMENTS = (
    "{ statements(first: 100) { edges { node { id quote { exact prefix suffix } speaker { description } } } } }"
)
TOPIC = 'mutation { createTopic(input: { name: "Negotiated" }) { topic { slug } errors { code } } }'


def type_of(response: Any) -> str:
    return str(response.headers["content-type"].partition(";")[0])


ACCEPTED = {
    # the header: the type of an answer to a query
    "": JSON,
    "*/*": JSON,
    "application/*": JSON,
    JSON: JSON,
    RESPONSE_JSON: RESPONSE_JSON,
    URQL: RESPONSE_JSON,
    APOLLO: RESPONSE_JSON,
    "Application/GraphQL-Response+JSON; charset=utf-8": RESPONSE_JSON,
    f"{JSON}, {RESPONSE_JSON}": JSON,
    f"{JSON};q=0.9, {RESPONSE_JSON}": RESPONSE_JSON,
    f"{RESPONSE_JSON};q=0.5, {JSON};q=0.501": JSON,
    f"{RESPONSE_JSON};q=0, */*": JSON,
    f"{JSON};q=0, */*": RESPONSE_JSON,
    f"application/*;q=0.2, {RESPONSE_JSON};Q=0.1": JSON,
    f"{RESPONSE_JSON} ; q=1.000 , {JSON}": RESPONSE_JSON,
    f"{JSON}, {EVENT_STREAM}": JSON,
    f"*/*, {EVENT_STREAM}": JSON,
    f"{EVENT_STREAM};q=0.9, {JSON}": JSON,
    f"{EVENT_STREAM};q=0, */*": JSON,
    EVENT_STREAM: EVENT_STREAM,
    f"{EVENT_STREAM}, {JSON}": EVENT_STREAM,
    f"{EVENT_STREAM}, */*;q=0.1": EVENT_STREAM,
    f"{JSON};q=0.9, {EVENT_STREAM}": EVENT_STREAM,
    # None of ours, or no media range at all: better JSON than nothing.
    "text/plain": JSON,
    "image/*;q=0.5": JSON,
    "nonsense": JSON,
    f"*/json, {RESPONSE_JSON}": RESPONSE_JSON,
    f"{JSON};q=2": JSON,
    f"{JSON};q=high, {RESPONSE_JSON};q=0.1": RESPONSE_JSON,
    f"{JSON};q=-1, {RESPONSE_JSON};q=0.001": RESPONSE_JSON,
    ",;,;q=1,/": JSON,
}


@pytest.mark.parametrize(("accept", "expected"), ACCEPTED.items(), ids=[name or "nothing" for name in ACCEPTED])
def test_the_type_that_the_client_prefers(reading: Api, accept: str, expected: str) -> None:
    response = reading.post({"query": TYPENAME}, accept=accept)
    assert (response.status_code, type_of(response)) == (200, expected)
    if expected == EVENT_STREAM:
        assert 'data: {"data":{"__typename":"Query"}}\n' in response.text
    else:
        assert response.json() == {"data": {"__typename": "Query"}}
    assert "accept" in response.headers["vary"].lower()


def test_several_accept_lines_are_one_list(reading: Api) -> None:
    lines = [("accept", f"{JSON};q=0.5"), ("accept", RESPONSE_JSON)]
    assert type_of(reading.client.post("/graphql", json={"query": TYPENAME}, headers=lines)) == RESPONSE_JSON


def test_a_client_that_lists_streams_last_gets_plain_answers(api: Api) -> None:
    """A JSON answer has gzip, an ETag and a status, and is sent once."""
    query = api.post({"query": STATEMENTS}, accept=URQL, **{"accept-encoding": "gzip"})
    assert query.headers["content-encoding"] == "gzip"
    assert query.json()["data"]["statements"]["edges"]
    by_get = api.client.get("/graphql", params={"query": TYPENAME}, headers={"accept": URQL})
    assert by_get.headers["etag"]
    mutation = api.post({"query": TOPIC}, as_="karl", accept=URQL)
    assert mutation.json() == {"data": {"createTopic": {"topic": {"slug": "negotiated"}, "errors": []}}}
    assert api.post({"query": "{ nonsense }"}, accept=URQL).status_code == 400
    assert {type_of(each) for each in (query, by_get, mutation)} == {RESPONSE_JSON}


@pytest.mark.parametrize(("accept", "status"), [(JSON, 200), ("*/*", 200), (APOLLO, 406)])
def test_a_subscription_is_no_plain_answer(reading: Api, accept: str, status: int) -> None:
    """A client that first reads the whole body would wait for ever."""
    response = reading.post({"query": CHANGES}, accept=accept)
    assert (response.status_code, type_of(response)) == (status, RESPONSE_JSON if accept == APOLLO else JSON)
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "NOT_ACCEPTABLE"
    assert "graphql-transport-ws" in error["message"]


def test_a_subscription_is_a_stream_wherever_the_client_takes_one(seeded_url: str, server: Callable[..., str]) -> None:
    """A subscription counts as a connection; a stream with a single result does not."""
    url = f"{server(seeded_url, max_subscribers='3')}/graphql"
    with contextlib.ExitStack() as opened:
        client = opened.enter_context(httpx2.Client(timeout=30))
        for accept in (URQL, f"{EVENT_STREAM}, multipart/mixed", f"{JSON}, text/*;q=0.1"):
            stream = client.stream("POST", url, json={"query": CHANGES}, headers={"accept": accept})
            begun = opened.enter_context(stream)
            assert (begun.status_code, type_of(begun)) == (200, EVENT_STREAM)
        single = client.post(url, json={"query": TYPENAME}, headers={"accept": EVENT_STREAM})
        assert "event: complete" in single.text
        full = client.post(url, json={"query": CHANGES}, headers={"accept": f"{APOLLO}, text/*;q=0.1"})
        assert (full.is_error, type_of(full)) == (True, RESPONSE_JSON)
        assert full.json()["errors"]


# ---------------------------------------------------------------- what goes wrong before execution

REFUSED: dict[str, tuple[dict[str, Any], int, int]] = {
    # the request; its status as application/graphql-response+json, and as application/json
    "syntax": ({"json": {"query": "{"}}, 400, 200),
    "validation": ({"json": {"query": "{ nonsense }"}}, 400, 200),
    "variables": ({"json": {"query": "query($a: Int!) { actors(first: $a) { totalCount } }"}}, 400, 200),
    "persisted query": ({"json": {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0"}}}}, 400, 200),
    "token": ({"json": {"query": TYPENAME}, "headers": {"authorization": "Bearer nonsense"}}, 401, 401),
    "no JSON": ({"content": b"x", "headers": {"content-type": JSON}}, 400, 400),
    "no query": ({"json": {}}, 400, 400),
    "content type": ({"content": b"x", "headers": {"content-type": "text/plain"}}, 415, 415),
    "content encoding": ({"json": {"query": TYPENAME}, "headers": {"content-encoding": "br"}}, 415, 415),
    "length": ({"content": b"x" * 1_048_577, "headers": {"content-type": JSON}}, 413, 413),
    "method": ({"method": "PUT", "json": {"query": TYPENAME}}, 405, 405),
    "mutation by GET": ({"method": "GET", "params": {"query": TOPIC}}, 405, 405),
    "GET": ({"method": "GET", "params": {"query": "{"}}, 400, 200),
}


@pytest.mark.parametrize(("given", "modern", "plain"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_is_of_the_negotiated_type(reading: Api, given: Any, modern: int, plain: int) -> None:
    for accept, expected in ((APOLLO, modern), (URQL, modern), (JSON, plain), ("*/*", plain)):
        headers = {**given.get("headers", {}), "accept": accept}
        response = reading.client.request(**{"method": "POST", "url": "/graphql", **given, "headers": headers})
        assert response.status_code == expected
        assert type_of(response) == (RESPONSE_JSON if expected == modern and "graphql" in accept else JSON)
        assert response.json()["errors"][0]["extensions"]["code"]
        assert "data" not in response.json() or response.status_code == 405


@pytest.mark.parametrize("accept", [APOLLO, URQL, JSON])
def test_failures_of_the_server_are_5xx_in_either_type(backend: str, tmp_path: Any, accept: str) -> None:
    """Proxies and monitors look at the status alone."""
    url = f"sqlite:///{tmp_path}/none.db" if backend == "sqlite" else "postgresql://u:p@127.0.0.1:1/none"
    with TestClient(create(settings(url)), raise_server_exceptions=False) as client:
        body = {"query": "{ actors { totalCount } }"}
        for headers in ({"accept": accept}, {"accept": accept, "authorization": "Bearer sg_unknown"}):
            response = client.post("/graphql", json=body, headers=headers)
            assert (response.status_code, response.headers["retry-after"]) == (503, "1")
            assert type_of(response) == (JSON if accept == JSON else RESPONSE_JSON)
            assert json.loads(response.content)["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
