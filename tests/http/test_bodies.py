"""Invalid requests are refused with a JSON error that has the reason, never with an internal error."""

import gzip
import json
import tracemalloc
import zlib
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest

from api.http.negotiation import RESPONSE_JSON
from tests.conftest import Api

QUERY = '{"query": "{ __typename }"'
FIRST = '{"query": "query($n: Int) { actors(first: $n) { totalCount } }", "variables": {"n": %s}}'
MOST = 1_048_576


def refused(api: Api, response: Any, status: int) -> str:
    """Return the message of a refusal, which must have this status and no internal detail."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/json")
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert "Traceback" not in response.text
    assert "orjson" not in response.text
    assert [entry["event"] for entry in api.log] == ["operation"]
    return str(error["message"])


BODIES: dict[str, tuple[bytes, str]] = {
    "a number": (b"1", "JSON object"),
    "a text": (b'"x"', "JSON object"),
    "null": (b"null", "JSON object"),
    "true": (b"true", "JSON object"),
    "an empty list": (b"[]", "batches"),
    "a batch": (f"[{QUERY}}}]".encode(), "batches"),
    "nothing": (b"", "not JSON"),
    "blanks": (b" \r\n\t", "not JSON"),
    "an empty object": (b"{}", "query"),
    "half an object": (b'{"query": "{ __typen', "not JSON"),
    "more than an object": (f"{QUERY}}} 1".encode(), "not JSON"),
    "a comma too many": (f"{QUERY},}}".encode(), "not JSON"),
    "bytes that are no UTF-8": (b'{"query": "\xff"}', "not JSON"),
    "UTF-16": (f"{QUERY}}}".encode("utf-16"), "not JSON"),
    "a byte order mark": (f"\ufeff{QUERY}}}".encode(), "not JSON"),
    "a lone surrogate": (rb'{"query": "{ __typename }", "variables": {"a": "\ud800"}}', "not JSON"),
    "a lone surrogate in UTF-8": (b'{"query": "\xed\xa0\x80"}', "not JSON"),
    "lists 100,000 deep": (b"[" * 100_000, "not JSON"),
    "closed lists 100,000 deep": (b"[" * 100_000 + b"]" * 100_000, "not JSON"),
    "objects 100,000 deep": (b'{"query":' * 100_000, "not JSON"),
    "variables 100,000 deep": (f'{QUERY}, "variables": {{"a": {"[" * 100_000}{"]" * 100_000}}}}}'.encode(), "not JSON"),
    "an integer of 5,000 digits": (FIRST.encode() % (b"9" * 5_000), "not JSON"),
    "a negative one": (FIRST.encode() % (b"-" + b"9" * 5_000), "not JSON"),
    "NaN": (FIRST.encode() % b"NaN", "not JSON"),
    "infinity": (FIRST.encode() % b"Infinity", "not JSON"),
    "a number beyond all floats": (FIRST.encode() % b"1e400", "not JSON"),
    "a query that is no text": (b'{"query": 1}', "query"),
    "a query that is null": (b'{"query": null}', "query"),
    "a blank query": (b'{"query": " "}', "query"),
    "variables that are a list": (f'{QUERY}, "variables": [1]}}'.encode(), "variables"),
    "variables that are a text": (f'{QUERY}, "variables": "{{}}"}}'.encode(), "variables"),
    "a name that is no text": (f'{QUERY}, "operationName": 7}}'.encode(), "operationName"),
    "extensions that are a list": (f'{QUERY}, "extensions": []}}'.encode(), "extensions"),
    "a form": (b"query=%7B__typename%7D", "not JSON"),
}


@pytest.mark.parametrize(("body", "named"), BODIES.values(), ids=BODIES)
def test_what_is_no_request_is_refused(reading: Api, body: bytes, named: str) -> None:
    assert named in refused(reading, reading.post(body), 400)
    assert reading("{ __typename }") == {"__typename": "Query"}


def test_of_two_members_of_one_name_the_last_counts(reading: Api) -> None:
    """As most JSON parsers do; the request must get some answer."""
    answer = reading.post(b'{"query": "{ nonsense }", "query": "{ __typename }"}').json()
    assert answer == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("absent", ["variables", "operationName", "extensions"])
def test_what_may_be_left_out_may_be_null(reading: Api, absent: str) -> None:
    assert reading.post({"query": "{ __typename }", absent: None}).json() == {"data": {"__typename": "Query"}}


def test_members_that_are_not_known_are_passed_over(reading: Api) -> None:
    assert reading.post({"query": "{ __typename }", "doc_id": 1}).json() == {"data": {"__typename": "Query"}}


# ---------------------------------------------------------------- size


def padded(length: int) -> bytes:
    """Return a valid request of this size in bytes."""
    start = f'{QUERY}, "padding": "'.encode()
    return start + b"x" * (length - len(start) - 2) + b'"}'


def in_pieces(body: bytes) -> Iterator[bytes]:
    """Yield a body in chunks, without a `Content-Length`."""
    for at in range(0, len(body), 65_536):
        yield body[at : at + 65_536]


def test_a_body_of_a_megabyte_is_read(reading: Api) -> None:
    assert reading.post(padded(MOST)).json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("length", [MOST + 1, 5 * MOST])
def test_a_longer_one_is_refused(reading: Api, length: int) -> None:
    assert f"{MOST:,}" in refused(reading, reading.post(padded(length)), 413)


def test_a_longer_one_is_refused_whatever_its_length_is_said_to_be(reading: Api) -> None:
    """By the number of received bytes, without a `Content-Length`."""
    headers = {"content-type": "application/json"}
    response = reading.client.post("/graphql", content=in_pieces(padded(MOST + 1)), headers=headers)
    assert "content-length" not in response.request.headers
    assert response.status_code == 413
    response = reading.client.post("/graphql", content=in_pieces(padded(MOST)), headers=headers)
    assert response.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("said", ["1e9", "-1", "٣", "9" * 30])
def test_a_length_that_is_none_does_no_harm(reading: Api, said: str) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", said.encode())]
    response = reading.client.post("/graphql", content=b'{"query": "{ __typename }"}', headers=headers)
    assert response.status_code < 500


# ---------------------------------------------------------------- compressed


def compressed(api: Api, body: bytes, coding: str = "gzip", **headers: str) -> Any:
    return api.post(body, **{"content-encoding": coding, **headers})


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP"])
def test_a_compressed_body_is_read(reading: Api, coding: str) -> None:
    assert compressed(reading, gzip.compress(padded(MOST)), coding).json() == {"data": {"__typename": "Query"}}
    assert compressed(reading, padded(100), "identity").json() == {"data": {"__typename": "Query"}}


def test_a_compressed_body_is_inflated_to_a_megabyte_and_no_further(reading: Api) -> None:
    """A gzip bomb of 1 MB contains 1 GB: inflation stops at the limit."""
    assert f"{MOST:,} bytes inflated" in refused(reading, compressed(reading, gzip.compress(padded(MOST + 1))), 413)
    deflating = zlib.compressobj(9, wbits=31)
    bomb = b"".join(deflating.compress(bytes(1_000_000)) for _ in range(1_000)) + deflating.flush()
    assert len(bomb) < MOST
    tracemalloc.start()
    refused(reading, compressed(reading, bomb), 413)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 * MOST
    assert f"{MOST:,} bytes" in refused(reading, compressed(reading, bomb + bytes(MOST)), 413)


@pytest.mark.parametrize(
    "body",
    [b"", padded(100), gzip.compress(padded(100))[:-9], gzip.compress(padded(100)) * 2, zlib.compress(padded(100))],
    ids=["nothing", "not compressed", "cut off", "two members", "zlib"],
)
def test_what_is_no_gzip_is_refused(reading: Api, body: bytes) -> None:
    assert "gzip" in refused(reading, compressed(reading, body), 400)


@pytest.mark.parametrize("coding", ["br", "deflate", "zstd", "gzip, gzip", "compress", "é"])
def test_another_content_encoding_is_refused(reading: Api, coding: str) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-encoding", coding.encode("latin-1"))]
    response = reading.client.post("/graphql", content=padded(100), headers=headers)
    assert response.status_code == 415
    assert response.headers["accept-encoding"] == "gzip, identity"
    assert "gzip" in response.json()["errors"][0]["message"]


# ---------------------------------------------------------------- persisted queries

PERSISTED = {"version": 1, "sha256Hash": sha256(b"{ __typename }").hexdigest()}


@pytest.mark.parametrize(("accept", "status"), [("application/json", 200), (RESPONSE_JSON, 400)])
@pytest.mark.parametrize("query", [{}, {"query": None}, {"query": ""}])
def test_a_hash_without_a_query_is_told_so_that_clients_send_the_query(
    reading: Api, query: dict[str, Any], accept: str, status: int
) -> None:
    response = reading.post({**query, "extensions": {"persistedQuery": PERSISTED}}, accept=accept)
    (error,) = response.json()["errors"]
    assert error == {"message": "PersistedQueryNotSupported", "extensions": {"code": "PERSISTED_QUERY_NOT_SUPPORTED"}}
    assert "data" not in response.json()
    assert response.status_code == status
    extensions = json.dumps({"persistedQuery": PERSISTED})
    by_get = reading.client.get("/graphql", params={"extensions": extensions}, headers={"accept": accept})
    assert (by_get.status_code, by_get.json()["errors"]) == (status, [error])


def test_a_query_beside_its_hash_is_executed(reading: Api) -> None:
    for digest in (PERSISTED["sha256Hash"], str(PERSISTED["sha256Hash"]).upper()):
        extensions = {"persistedQuery": {"version": 1, "sha256Hash": digest}, "clientLibrary": {"name": "x"}}
        answer = reading.post({"query": "{ __typename }", "extensions": extensions}).json()
        assert answer == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("query", ["{ __typename  }", ""])
@pytest.mark.parametrize(
    "persisted", [{**PERSISTED, "sha256Hash": "0" * 64}, {**PERSISTED, "version": 2}, {"version": 1}, [], "x", True, {}]
)
def test_a_hash_that_is_not_that_of_the_query_is_refused(reading: Api, query: str, persisted: Any) -> None:
    if query == "" and isinstance(persisted, dict) and persisted.get("sha256Hash") == "0" * 64:
        return
    body = {"query": query, "extensions": {"persistedQuery": persisted}}
    assert "persistedQuery" in refused(reading, reading.post(body), 400)


# ---------------------------------------------------------------- media type and method


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "",
        "json",
    ],
)
def test_another_content_type_is_refused(reading: Api, kind: str) -> None:
    """A form on another site can send some of them without a CORS preflight."""
    response = reading.post(f"{QUERY}}}".encode(), **{"content-type": kind})
    assert "application/json" in refused(reading, response, 415)


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON", "application/json ;charset=UTF-8"]
)
def test_json_may_be_written_so(reading: Api, kind: str) -> None:
    assert reading.post(f"{QUERY}}}".encode(), **{"content-type": kind}).json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_another_method_is_refused(reading: Api, method: str) -> None:
    response = reading.client.request(method, "/graphql", json={"query": "{ __typename }"})
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert response.status_code == 405
    assert {"GET", "POST"} <= set(response.headers["allow"].split(", "))
    assert len(response.text) < 200


def test_an_address_that_is_not_there(reading: Api) -> None:
    assert reading.client.get("/nowhere").status_code == 404


# ---------------------------------------------------------------- GET


def asked(api: Api, **parameters: str) -> Any:
    """Return the response to an operation in the URL."""
    return api.client.get("/graphql", params=parameters)


def test_a_query_may_come_by_get(reading: Api) -> None:
    response = asked(
        reading,
        query="query A($slug: String!) { actor(slug: $slug) { name } } query B { __typename }",
        variables=json.dumps({"slug": "turkey"}),
        operationName="A",
        extensions="{}",
    )
    assert response.json() == {"data": {"actor": {"name": "Turkey"}}}


@pytest.mark.parametrize("parameter", ["variables", "extensions"])
@pytest.mark.parametrize("value", ["1", "[]", '"x"', "{", "NaN", "[" * 10_000])
def test_get_parameters_that_are_no_json_object_are_refused(reading: Api, parameter: str, value: str) -> None:
    response = asked(reading, query="{ __typename }", **{parameter: value})
    assert response.status_code == 400
    assert parameter in response.json()["errors"][0]["message"]


def test_get_without_a_query_is_refused(reading: Api) -> None:
    for response in (asked(reading), asked(reading, query=""), asked(reading, variables="{}")):
        assert response.status_code == 400
        assert "query" in response.json()["errors"][0]["message"]


def test_bytes_that_are_no_text_in_the_address_are_refused(reading: Api) -> None:
    response = reading.client.get("/graphql?query=%ff%fe%00")
    assert response.status_code == 200
    assert response.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"


def test_a_mutation_by_get_is_refused(api: Api) -> None:
    """Anyone may follow a link: a GET never changes anything, whatever the token."""
    text = 'mutation { createTopic(input: { name: "By a link" }) { topic { id } errors { code } } }'
    for accepted in ("application/json", "application/graphql-response+json"):
        headers = {"authorization": f"Bearer {api.tokens['karl']}", "accept": accepted}
        response = api.client.get("/graphql", params={"query": text}, headers=headers)
        assert response.status_code == 405
        assert response.headers["allow"] == "POST"
        assert "POST" in response.json()["errors"][0]["message"]
    assert api('{ topic(slug: "by-a-link") { id } }') == {"topic": None}
    assert api.change("createTopic", {"name": "By a link"}, "topic { slug }")["topic"] == {"slug": "by-a-link"}


def test_head_is_get_without_a_body(reading: Api) -> None:
    response = reading.client.head("/graphql", params={"query": "{ __typename }"})
    assert response.status_code == 200
