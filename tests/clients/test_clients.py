"""urql, Apollo Client and Relay against a server process: each result once, and errors where clients look for them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent
SCRIPTS = {
    "urql": ("urql.js", "document"),
    "graphcache": ("urql.js", "graphcache"),
    "apollo": ("apollo.js",),
    "relay": ("relay.js",),
}
LINKS = {"urql", "graphcache", "apollo"}
"""Clients that have links or exchanges for persisted queries and for retries."""
TOPICS = {"urql": "urql document", "graphcache": "urql graphcache", "apollo": "Apollo Client", "relay": "Relay"}
FIRST_SIX = [
    "Bashar al-Assad",
    "BBC News",
    "BBC Verify",
    "Hayat Tahrir al-Sham",
    "Hezbollah",
    "HTS-affiliated channel",
]


@pytest.fixture(scope="module", params=SCRIPTS)
def reported(request: pytest.FixtureRequest, run: Callable[..., Any]) -> tuple[str, Any]:
    """A client, and what its script reports of all cases."""
    return request.param, run(*SCRIPTS[request.param])


def values(report: Any, case: str) -> Any:
    found = report["results"][case]
    assert "thrown" not in found, found["thrown"]
    return found["values"]


def test_no_rejection_is_left_unhandled(reported: tuple[str, Any]) -> None:
    assert reported[1]["unhandled"] == []


def test_each_result_comes_once(reported: tuple[str, Any]) -> None:
    client, report = reported
    assert values(report, "query") == ["Russia"]
    assert values(report, "paging") == FIRST_SIX
    assert values(report, "mutation") == [f"Topic of {TOPICS[client]}"]
    assert values(report, "subscription") == [{"action": "CREATED", "same": True, "error": None}]


@pytest.mark.parametrize("case", ["expired", "revoked"])
def test_a_token_that_is_no_longer_good(reported: tuple[str, Any], case: str) -> None:
    """A GraphQL error that the client can tell by its code; nothing is asked again."""
    client, report = reported
    unauthenticated = {"code": "UNAUTHENTICATED", "path": None}
    assert values(report, case) == [{"data": None, "errors": [unauthenticated], "closed": None}]
    assert report["results"][case]["statuses"] == [401]
    if case == "expired":
        # As server-sent events it is a response as any other; a WebSocket is closed with a code.
        streamed = client == "urql"
        expected = {"data": None, "errors": [unauthenticated] * streamed, "closed": None if streamed else 4403}
        assert values(report, "subscriptionOfExpired") == [expected]
    if client == "apollo":
        assert values(report, "renewed") == ["karl"]


def test_a_bad_id_spoils_only_its_own_field(reported: tuple[str, Any]) -> None:
    (found,) = values(reported[1], "badId")
    assert (found["node"], found["viewer"]) == (None, "karl")
    (error,) = found["errors"]
    assert error["path"] == ["node"]
    assert error["code"]


def test_persisted_query_links_send_the_query_after_its_hash_was_refused(reported: tuple[str, Any]) -> None:
    client, report = reported
    if client in LINKS:
        assert values(report, "persisted") == ["Russia", "Turkey"]
        # From the second query on the link knows that hashes are of no use.
        assert report["results"]["persisted"]["statuses"] == [400, 200, 200]


def test_a_retry_gives_one_result(reported: tuple[str, Any]) -> None:
    """After a connection that failed, and after a 503."""
    client, report = reported
    if client in LINKS:
        assert values(report, "retried") == ["Russia", "Russia"]


def test_files_name_no_registry() -> None:
    """Packages are held to by digest; where they are taken from is for whoever installs them to say."""
    lock = json.loads((FOLDER / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    for entry in packages.values():
        assert "resolved" not in entry
        assert entry["integrity"].startswith("sha512-")
