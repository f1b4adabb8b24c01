"""Compression of large responses, and ETags."""

import gzip
from typing import Any

import pytest

from tests.conftest import Api

LARGE = (
    "{ statements(first: 100) { edges { node { id quote { exact prefix suffix } speaker { name description } } } } }"
)
SMALL = "{ __typename }"


def asked(api: Api, query: str, **headers: str) -> Any:
    """Return the raw response to a POST."""
    return api.client.post("/graphql", json={"query": query}, headers=headers)


@pytest.mark.parametrize(
    "accepted", ["gzip", "deflate, gzip;q=0.5", "br, *", "GZIP", "gzip; q=0.001", "identity;q=0, gzip;Q=1"]
)
def test_what_is_large_is_compressed_for_whom_asks(reading: Api, accepted: str) -> None:
    plain = asked(reading, LARGE, **{"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    with reading.client.stream("POST", "/graphql", json={"query": LARGE}, headers={"accept-encoding": accepted}) as got:
        raw = b"".join(got.iter_raw())
    assert got.headers["content-encoding"] == "gzip"
    assert int(got.headers["content-length"]) == len(raw) < len(plain.content) / 3
    assert gzip.decompress(raw) == plain.content


@pytest.mark.parametrize(
    "accepted", ["", "identity", "br", "gzip;q=0", "gzip;q=0.0, *;q=1", "gzip;Q=0", "gzip ; q = 0.000"]
)
def test_nobody_else_gets_it_so(reading: Api, accepted: str) -> None:
    response = asked(reading, LARGE, **{"accept-encoding": accepted})
    assert "content-encoding" not in response.headers
    assert response.json()["data"]


def test_what_is_small_is_sent_as_it_is(reading: Api) -> None:
    assert "content-encoding" not in asked(reading, SMALL, **{"accept-encoding": "gzip"}).headers


@pytest.mark.parametrize("query", [LARGE, SMALL])
def test_caches_are_told_what_an_answer_depends_on(reading: Api, query: str) -> None:
    named = {name.strip().lower() for name in asked(reading, query).headers["vary"].split(",")}
    assert named >= {"accept", "accept-encoding", "authorization"}


def test_a_get_has_a_tag_and_is_not_answered_twice(reading: Api) -> None:
    first = reading.client.get("/graphql", params={"query": LARGE})
    assert first.headers["cache-control"] == "private, no-cache"
    tag = first.headers["etag"]
    for known in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*"):
        again = reading.client.get("/graphql", params={"query": LARGE}, headers={"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    for other in ('"other"', ""):
        response = reading.client.get("/graphql", params={"query": LARGE}, headers={"if-none-match": other})
        assert response.json() == first.json()


def test_another_answer_has_another_tag(api: Api) -> None:
    params = {"query": "{ topics { totalCount } }"}
    before = api.client.get("/graphql", params=params)
    api('mutation { createTopic(input: { name: "New" }) { topic { id } } }', as_="karl")
    after = api.client.get("/graphql", params=params, headers={"if-none-match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.headers["etag"] != before.headers["etag"]


def test_a_post_and_a_refusal_have_none(reading: Api) -> None:
    assert "etag" not in asked(reading, SMALL).headers
    assert "etag" not in reading.client.get("/graphql", params={"query": ""}).headers
