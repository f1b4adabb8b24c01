"""Reads from a real streaming replica: read-your-writes, failures and fallback."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from api.app import create
from tests.cli.processes import stancegraph
from tests.conftest import Api, execute, in_database, settings
from tests.database.servers import Pair, eventually, pair, standby_of, value

POSITION = "x-stancegraph-position"
TOPICS = {"query": "{ topics { totalCount } }"}
OURS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'stancegraph' AND query LIKE '%topic%'"
"""Selects the server's connections whose last statement was a query."""
ACTIVE = f"{OURS} AND state = 'active'"
MANY_TOPICS = """
    INSERT INTO topic (id, slug, name, sort_name, version, created_at, updated_at)
    SELECT gen_random_uuid(), 'bulk-' || i, i, i, 1, now(), now() FROM generate_series(1, 60000) i
"""
PAGE = "https://app.example.org"


@pytest.fixture(scope="module")
def servers() -> Iterator[Pair]:
    """Run a primary and its replica."""
    with pair() as both:
        yield both


@contextmanager
def serving(servers: Pair, url: str | None = None, **more: str) -> Iterator[Api]:
    """The server over both."""
    given = settings(url or servers.url, **{"read_database_url": servers.replica.url(), **more})
    with TestClient(create(given), raise_server_exceptions=False) as client:
        yield Api(client, servers.url, servers.tokens)


@pytest.fixture
def api(servers: Pair) -> Iterator[Api]:
    """The server that reads from the replica."""
    with serving(servers) as api:
        used(api)
        yield api


def replica(api: Api) -> Any:
    """Return the replica's status in /readyz; the server must be ready."""
    response = api.client.get("/readyz")
    assert response.status_code == 200, response.text
    assert response.json()["status"] == "ok"
    return response.json()["replica"]


def used(api: Api) -> None:
    """Wait until the replica is used."""
    eventually(lambda: replica(api)["status"] == "ok")


def add(api: Api, name: str, as_: str = "karl") -> str:
    """Create a topic and return the position in the response."""
    body = {"query": 'mutation { createTopic(input: { name: "%s" }) { topic { name } errors { code } } }' % name}
    response = api.post(body, as_)
    assert response.json() == {"data": {"createTopic": {"topic": {"name": name}, "errors": []}}}
    return str(response.headers[POSITION])


def sees(api: Api, name: str, as_: str | None = None, **headers: str) -> bool:
    """True if the caller sees the topic."""
    response = api.post({"query": '{ topic(slug: "%s") { name } }' % name.lower().replace(" ", "-")}, as_, **headers)
    assert response.status_code == 200, response.text
    assert POSITION not in response.headers
    return bool(response.json()["data"]["topic"])


# ---------------------------------------------------------------- who sees what


def test_whoever_wrote_sees_it_at_once_and_others_when_the_replica_does(servers: Pair, api: Api) -> None:
    with servers.replica.paused():
        add(api, "First")
        assert sees(api, "First", "karl")
        assert not sees(api, "First")
        assert not sees(api, "First", "anna")
        assert sees(api, "First", "karl")
    eventually(lambda: sees(api, "First"))
    assert sees(api, "First", "anna")


def test_when_the_replica_has_it_whoever_wrote_reads_there_again(servers: Pair, api: Api) -> None:
    add(api, "Second")
    servers.replica.catch_up()
    with servers.replica.paused():
        add(api, "Third", "ada")
        assert sees(api, "Third", "ada")
        eventually(lambda: not sees(api, "Third", "karl"))
        assert sees(api, "Second", "karl")
        assert sees(api, "Third", "ada")


def test_a_query_is_one_statement_at_the_replica(servers: Pair, api: Api) -> None:
    """And the check of the replica's position costs no further statement."""
    for _ in range(3):
        api("{ topics { totalCount } }")
        assert api.statements == 1
    assert value(servers.replica.url(), OURS) > 0


def test_a_position_is_good_at_every_server(servers: Pair, api: Api) -> None:
    """For all callers, until the replica has the position."""
    with serving(servers) as other:
        used(other)
        with servers.replica.paused():
            position = add(api, "Fourth")
            assert not sees(other, "Fourth", "karl")
            assert sees(other, "Fourth", "karl", **{POSITION: position})
            assert sees(other, "Fourth", **{POSITION: position.lower()})
            assert not sees(other, "Fourth", **{POSITION: "0/0"})
            assert sees(other, "Fourth", **{POSITION: "FFFFFFFF/FFFFFFFF"})
        servers.replica.catch_up()
        with servers.replica.paused():
            add(api, "Fifth")
            eventually(lambda: not sees(other, "Fifth", **{POSITION: position}))


@pytest.mark.parametrize("given", ["", "now", "0/", "1/2/3", "0/123456789", "16/B374D848, 16/B374D848"])
def test_a_position_that_is_none_is_refused(api: Api, given: str) -> None:
    response = api.post(TOPICS, **{POSITION: given})
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "BAD_REQUEST"}
    assert error["message"].startswith(f"{POSITION}: ")


def test_a_mutation_that_is_answered_as_a_stream_has_a_position_too(api: Api) -> None:
    body = {"query": 'mutation { createTopic(input: {name: "Streamed"}) { errors { code } } }'}
    response = api.post(body, as_="karl", accept="text/event-stream")
    assert response.headers["content-type"].startswith("text/event-stream")
    assert sees(api, "Streamed", **{POSITION: response.headers[POSITION]})


def test_pages_of_other_origins_may_send_and_read_it(servers: Pair) -> None:
    with serving(servers, cors_origins=PAGE) as api:
        asked = {"origin": PAGE, "access-control-request-method": "POST", "access-control-request-headers": POSITION}
        assert api.client.options("/graphql", headers=asked).status_code == 200
        response = api.post(TOPICS, origin=PAGE)
        assert POSITION in response.headers["access-control-expose-headers"]


def test_without_a_replica_there_are_no_positions(servers: Pair) -> None:
    with TestClient(create(settings(servers.url))) as client:
        assert client.get("/readyz").json() == {"status": "ok"}
        response = client.post("/graphql", json=TOPICS, headers={POSITION: "anything"})
        assert (response.status_code, POSITION in response.headers) == (200, False)


# ---------------------------------------------------------------- a replica that goes


def test_one_that_is_far_behind_is_not_read_from(servers: Pair) -> None:
    with serving(servers, read_max_lag_seconds="1") as api:
        used(api)
        with servers.replica.paused():
            add(api, "Sixth")
            assert not sees(api, "Sixth")
            eventually(lambda: replica(api)["status"] == "unavailable")
            said = replica(api)
            assert "behind" in said["reason"]
            assert said["lagSeconds"] > 1
            assert sees(api, "Sixth")
        used(api)
        assert replica(api)["lagSeconds"] < 1
        assert sees(api, "Sixth")


@contextmanager
def stream(api: Api, number: int = 3) -> Iterator[list[Future[list[tuple[int, float]]]]]:
    """Send queries until the block ends, and record status and seconds of each."""
    ended = Event()

    def ask() -> list[tuple[int, float]]:
        answers = []
        while not ended.is_set():
            began = time.monotonic()
            response = api.client.post("/graphql", json=TOPICS)
            answers.append((response.status_code, time.monotonic() - began))
        return answers

    with ThreadPoolExecutor(number) as threads:
        asking = [threads.submit(ask) for _ in range(number)]
        try:
            yield asking
        finally:
            ended.set()


def answered(asking: list[Future[list[tuple[int, float]]]], seconds: float) -> None:
    """Assert that all queries succeeded within the time."""
    answers = [answer for future in asking for answer in future.result()]
    assert len(answers) > 20
    assert {status for status, _ in answers} == {200}
    assert max(took for _, took in answers) < seconds


def test_it_dies_in_the_middle_and_comes_back(servers: Pair, api: Api) -> None:
    """No query fails; the log reports the loss and the return once each."""
    with capture_logs() as log:
        with stream(api) as asking:
            time.sleep(0.3)
            servers.replica.stop()
            eventually(lambda: replica(api) == {"status": "unavailable", "reason": "it cannot be reached"})
            time.sleep(0.3)
            servers.replica.start()
            used(api)
            time.sleep(0.3)
        answered(asking, 5)
    events = [entry for entry in log if entry["event"].startswith("replica")]
    assert [entry["event"] for entry in events] == ["replica not used", "replica used"]
    assert events[0]["log_level"] == "warning"
    with servers.replica.paused():
        add(api, "Seventh")
        assert not sees(api, "Seventh"), "it is not read from again"


def test_it_answers_nothing_any_more(servers: Pair, api: Api) -> None:
    """Nor does it close connections: waiting queries move to the primary after some seconds, others immediately."""
    with stream(api) as asking:
        time.sleep(0.3)
        with servers.replica.frozen():
            eventually(lambda: replica(api)["status"] == "unavailable")
            began = time.monotonic()
            assert api.client.post("/graphql", json=TOPICS).status_code == 200
            assert time.monotonic() - began < 1
    answered(asking, 8)


def test_a_statement_that_stands_in_the_way_of_the_log_is_answered_by_the_primary(servers: Pair, api: Api) -> None:
    """The replica cancels it, and is as good as before.

    It has waited longer than it may when it goes on: what stands in its way is cancelled at once.
    """
    execute(servers.url, MANY_TOPICS)
    servers.replica.catch_up()
    long = {"query": "{ " + " ".join(f"a{n}: topics {{ totalCount }}" for n in range(100)) + " }"}
    with ThreadPoolExecutor(1) as threads:
        with servers.replica.paused():
            execute(servers.url, "BEGIN; LOCK TABLE topic IN ACCESS EXCLUSIVE MODE; COMMIT")
            asked = threads.submit(api.post, long)
            eventually(lambda: value(servers.replica.url(), ACTIVE) > 0)
        response = asked.result(30)
    assert len({each["totalCount"] for each in response.json()["data"].values()}) == 1
    assert api.statements == 2
    assert {entry["event"] for entry in api.log} == {"operation"}
    assert replica(api)["status"] == "ok"


def test_what_it_does_not_have_yet_is_answered_by_the_primary(servers: Pair, api: Api) -> None:
    """Right after a migration; the log reports it, because it should not last."""
    execute(servers.url, "ALTER TABLE topic RENAME TO thema")
    servers.replica.catch_up()
    with servers.replica.paused():
        execute(servers.url, "ALTER TABLE thema RENAME TO topic")
        assert api("{ topics { totalCount } }")
        assert [(entry["event"], entry.get("sqlstate")) for entry in api.log] == [
            ("replica failed", "42P01"),
            ("operation", None),
        ]
    assert replica(api)["status"] == "ok"


def test_it_answers_without_its_primary(servers: Pair, api: Api) -> None:
    """Clients without a token are served; the server is not ready."""
    servers.replica.catch_up()
    number = api("{ topics { totalCount } }")
    servers.primary.stop()
    try:
        response = api.client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["replica"]["status"] == "ok"
        assert api("{ topics { totalCount } }") == number
        assert api.post(TOPICS, "karl").status_code == 503
        with serving(servers) as other:
            assert other.client.get("/readyz").status_code == 503
            eventually(
                lambda: "primary cannot be asked" in other.client.get("/readyz").json()["replica"].get("reason", "")
            )
    finally:
        servers.primary.start()
    eventually(lambda: api.client.get("/readyz").status_code == 200)
    add(api, "Eighth")
    used(api)


# ---------------------------------------------------------------- a wrong one


@pytest.mark.parametrize(
    ("place", "reason"),
    [("primary", "no longer one: it takes writes"), ("replica", "it is not the database of the primary")],
)
def test_another_database_is_no_replica(
    servers: Pair, place: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The server logs the reason once and reads from the primary."""
    url = in_database(servers.url if place == "primary" else servers.replica.url(), "template1")
    with serving(servers, read_database_url=url) as api:
        eventually(lambda: reason in replica(api)["reason"])
        assert api.client.post("/graphql", json=TOPICS).status_code == 200
    said = capsys.readouterr().err
    assert said.count("replica not used") == said.count(reason) == 1


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
def test_another_systems_replica_is_none(servers: Pair, empty_url: str) -> None:
    given = settings(empty_url, read_database_url=servers.replica.url())
    with TestClient(create(given)) as client:
        eventually(lambda: "another database system" in client.get("/readyz").json()["replica"]["reason"])


def test_one_that_is_promoted_is_left(servers: Pair, tmp_path: Path) -> None:
    with (
        standby_of(servers.primary, servers.replica.folder.with_name("promoted")) as own,
        serving(servers, read_database_url=own.url()) as api,
    ):
        used(api)
        assert value(own.url(), "SELECT pg_promote()")
        eventually(lambda: replica(api)["status"] == "unavailable")
        assert "it takes writes" in replica(api)["reason"]
        add(api, "Ninth")
        assert sees(api, "Ninth")


def test_a_user_who_may_ask_little_reads_from_it(servers: Pair) -> None:
    """Some installations show neither the receiver's state nor the system identifier to all users."""
    execute(servers.url, "CREATE ROLE plain LOGIN; GRANT pg_read_all_data, pg_write_all_data TO plain")
    execute(servers.url, "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
    servers.replica.catch_up()
    both = [
        url.replace("postgres:@", "plain@").replace("postgres@", "plain@")
        for url in (servers.url, servers.replica.url())
    ]
    with serving(servers, both[0], read_database_url=both[1]) as api:
        used(api)
        with servers.replica.paused():
            add(api, "Tenth")
            assert not sees(api, "Tenth")


# ---------------------------------------------------------------- the command line


def test_check_tells_of_a_replica_and_goes_by_the_primary(servers: Pair) -> None:
    ended = stancegraph("check", url=servers.url, read_database_url=servers.replica.url())
    assert (ended.status, ended.err) == (0, "")
    ended = stancegraph("check", url=servers.url, read_database_url="postgresql://u:hunter2@127.0.0.1:1/none")
    assert (ended.status, ended.err) == (0, "stancegraph: the replica is not read from: it cannot be reached\n")
    assert ended.out.startswith("The database answers")
