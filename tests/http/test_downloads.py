"""Downloads: visible rows, streaming, and errors before the first byte."""

import contextlib
import csv
import gzip
import io
import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from structlog.testing import capture_logs

from tests.conftest import Api
from tests.services.conftest import World


@pytest.fixture
def world(bare: Api) -> World:
    """A world with annotators and nothing else."""
    return World(bare)


STANCES = "/export/csv?table=stances"


def fetched(api: Api, path: str, as_: str | None = None, **headers: str) -> Any:
    if as_ is not None:
        headers["authorization"] = f"Bearer {api.tokens[as_]}"
    with capture_logs() as log:
        response = api.client.get(path, headers={"accept-encoding": "identity", **headers})
    api.log = list(log)
    return response


def rows(api: Api, path: str, as_: str | None = None) -> list[dict[str, str]]:
    response = fetched(api, path, as_)
    assert response.status_code == 200, response.text
    return list(csv.DictReader(io.StringIO(response.text, newline="")))


def test_the_formats_are_listed_with_their_options_and_the_filters(reading: Api) -> None:
    listed = fetched(reading, "/export").json()
    formats = {each["name"]: each for each in listed["formats"]}
    assert {"csv", "jsonl"} <= set(formats)
    assert {"table", "delimiter"} == {option["name"] for option in formats["csv"]["options"]}
    assert set(listed["filters"]) == {"project", "asOf", "from", "to", "actor", "language", "annotator"}


def test_a_file_with_its_headers_and_a_line_in_the_log(reading: Api) -> None:
    response = fetched(reading, STANCES)
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="stancegraph-stances.csv"'
    assert len(rows(reading, STANCES)) == reading("{ stances { totalCount } }")["stances"]["totalCount"] > 0
    response = fetched(reading, STANCES)
    (line,) = [each for each in reading.log if each["event"] == "download"]
    assert (line["format"], line["outcome"], line["bytes"]) == ("csv", "ok", len(response.content))
    assert line["request_id"] == response.headers["x-request-id"]


def test_it_is_compressed_for_who_takes_that(reading: Api) -> None:
    plain = fetched(reading, STANCES).content
    with reading.client.stream("GET", STANCES, headers={"accept-encoding": "gzip"}) as response:
        assert response.headers["content-encoding"] == "gzip"
        raw = b"".join(response.iter_raw())
    assert gzip.decompress(raw) == plain
    assert len(raw) < len(plain) / 2


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/export/word", 404, "unknown export format 'word'; the formats are"),
        ("/export/csv", 400, "say which table"),
        ("/export/csv?table=tables", 400, "table: must be one of actors, "),
        ("/export/csv?table=actors&table=topics", 400, "table: may occur once, not 2 times"),
        (
            "/export/csv?table=actors&colour=red",
            400,
            "colour: unknown option or filter of csv; the options and filters are",
        ),
        (f"{STANCES}&from=yesterday", 400, "from: must be a date such as"),
        (f"{STANCES}&from=2024-02-01&to=2024-01-01", 400, "to: 2024-01-01 is before from"),
        (f"{STANCES}&actor=nobody", 400, "actor: there is no actor 'nobody'"),
        (f"{STANCES}&project=a%00b", 400, "project: contains a character that names cannot have"),
        (f"{STANCES}&actor=hezbollah&actor=iran", 400, "actor: is set twice"),
        ("/export/jsonl?actor=hezbollah", 400, "takes no filters"),
    ],
)
def test_what_is_wrong_is_told_as_json(reading: Api, path: str, status: int, told: str) -> None:
    response = fetched(reading, path)
    assert response.status_code == status
    assert told in response.json()["errors"][0]["message"]


def test_a_token_that_is_no_good_is_refused(reading: Api) -> None:
    response = fetched(reading, STANCES, authorization="Bearer sg_nonsense")
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")


FILTERS: dict[str, Callable[[dict[str, str]], bool]] = {
    "actor=hezbollah": lambda row: "hezbollah" in (row["holder"], row["targetActor"]),
    "annotator=amal": lambda row: row["annotator"] == "amal",
    "project=default": lambda row: row["project"] == "default",
    "language=en": lambda _: True,
    "language=tlh": lambda _: False,
}


@pytest.mark.parametrize("filter", FILTERS)
def test_filters_leave_what_they_say(reading: Api, filter: str) -> None:
    everything = rows(reading, STANCES)
    assert rows(reading, f"{STANCES}&{filter}") == [row for row in everything if FILTERS[filter](row)]


def test_days_choose_statements_and_what_rests_on_them(reading: Api) -> None:
    days = {row["id"]: row["statedOn"] for row in rows(reading, "/export/csv?table=statements")}
    chosen = {key for key, day in days.items() if "2024-11-28" <= day <= "2024-11-29"}
    range_ = "from=2024-11-28&to=2024-11-29"
    assert {row["id"] for row in rows(reading, f"/export/csv?table=statements&{range_}")} == chosen != set(days)
    stances = rows(reading, STANCES)
    assert rows(reading, f"{STANCES}&{range_}") == [row for row in stances if row["statement"] in chosen]


def test_as_of_leaves_what_holds_as_the_network_does(reading: Api) -> None:
    query = '{ network(filter: {asOf: "2010-06-01"}) { relations { id } } }'
    held = {row["id"] for row in reading(query)["network"]["relations"]}
    assert {row["id"] for row in rows(reading, "/export/csv?table=relations&asOf=2010-06-01")} == held
    assert len(rows(reading, "/export/csv?table=relations")) > len(held)


# ---------------------------------------------------------------- who sees what


def test_nobody_downloads_what_they_may_not_see(world: World) -> None:
    """Stances of an open blind project: annotators get their own, anonymous clients none, curators all."""
    statement, topic = world.statement(), world.topic("Peace", slug="peace")
    blind = world.api.set_up("Blind", "anna", "anton", blind=True, overlap=2)
    for as_ in ("anna", "anton"):
        world.record(statement, topic, as_=as_, projectId=blind["id"], rationale=f"of {as_}")
    default = world.api('{ project(slug: "default") { id } }')["project"]["id"]
    world.record(statement, topic, as_="anton", projectId=default, rationale="in the default project")

    def annotators(as_: str | None) -> set[tuple[str, str]]:
        return {(row["annotator"], row["project"]) for row in rows(world.api, STANCES, as_)}

    slug = blind["slug"]
    open_to_members = ("anton", "default")
    assert annotators("karl") == {("anna", slug), ("anton", slug), open_to_members}
    assert annotators("anna") == {("anna", slug), open_to_members}
    assert annotators("anton") == {("anton", slug), open_to_members}
    assert not {pair for pair in annotators(None) if pair[1] == slug}
    told: list[tuple[str | None, str]] = [("anna", "of anton"), ("anton", "of anna"), (None, "of an")]
    for who, hidden in told:
        text = fetched(world.api, "/export/jsonl", who).text
        assert hidden not in text
    assert "of anton" in fetched(world.api, "/export/jsonl", "karl").text
    listed = f"/export/csv?table=statements&annotator=anton&project={slug}"
    assert rows(world.api, listed, "anna") == []
    assert len(rows(world.api, listed, "karl")) == 1


def test_nothing_secret_is_in_any_download(reading: Api) -> None:
    text = fetched(reading, "/export/jsonl", "ada").text
    tables = {json.loads(line).get("table") for line in text.splitlines()}
    assert "annotator" in tables
    assert "token" not in tables
    assert '"Token"' not in text


# ---------------------------------------------------------------- coming and going


def test_there_are_only_so_many_downloads_at_once(serve: Any) -> None:
    """Downloads over the limits are refused and succeed after others end; one client has a lower limit."""
    api = serve(max_downloads="2", max_downloads_per_client="1")
    limit = next(r.endpoint for r in api.client.app.routes if getattr(r, "path", "") == "/export/{format}")._downloads
    with limit.slot("testclient") as slot:
        slot.identify(None)
        response = fetched(api, STANCES)
        assert response.status_code == 429
        assert "STANCEGRAPH_MAX_DOWNLOADS_PER_CLIENT" in response.json()["errors"][0]["message"]
        with limit.slot("192.0.2.1"):
            response = fetched(api, STANCES)
            assert response.status_code == 503
            assert response.headers["retry-after"] == "1"
            assert "a process may have 2 (STANCEGRAPH_MAX_DOWNLOADS)" in response.json()["errors"][0]["message"]
    assert fetched(api, STANCES).status_code == 200


def test_a_client_that_goes_away_frees_its_place(server: Callable[..., str], seeded_url: str) -> None:
    """One slot: after ten clients that disconnected, others still get their downloads."""
    address = server(seeded_url, max_downloads="1")
    parts = urlsplit(address)
    for _ in range(10):
        with contextlib.closing(socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10)) as raw:
            raw.sendall(b"GET /export/jsonl HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    deadline = time.monotonic() + 20
    while (response := httpx2.get(f"{address}{STANCES}", timeout=10)).status_code == 503:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert response.status_code == 200


def test_what_breaks_half_way_is_seen_to_be_broken(
    server: Callable[..., str], seeded_url: str, api: Api, tmp_path: Path
) -> None:
    """A client that does not read is cut off without a clean end."""
    text = "Many words. " * 80_000
    # Some MB that are not read: the server gives up, and the transfer has no end.
    address = server(seeded_url, client_patience_seconds="1")
    token = api.tokens["karl"]
    for number in range(12):
        given = {"title": f"Long {number}", "language": "en", "text": f"{number} {text}"}
        sent = {
            "query": "mutation($input: CreateDocumentInput!) { createDocument(input: $input) { errors { message } } }"
        }
        response = httpx2.post(
            f"{address}/graphql",
            json={**sent, "variables": {"input": given}},
            headers={"authorization": f"Bearer {token}"},
            timeout=60,
        )
        assert response.json() == {"data": {"createDocument": {"errors": []}}}
    parts = urlsplit(address)
    with contextlib.closing(socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30)) as raw:
        raw.sendall(b"GET /export/csv?table=documents HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        (log,) = tmp_path.glob("server-*.log")
        deadline = time.monotonic() + 60
        while "too slow" not in log.read_text() and time.monotonic() < deadline:
            time.sleep(0.1)
        received = b""
        with contextlib.suppress(ConnectionError):
            while piece := raw.recv(1_000_000):
                received += piece
    assert received.startswith(b"HTTP/1.1 200 OK")
    assert not received.endswith(b"\r\n0\r\n\r\n")
