"""A database that cannot be written: mutations and `/readyz` get 503, and nothing is written partially."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url
from starlette.testclient import TestClient

from api.app import create
from tests.cli.processes import environment, run, stancegraph
from tests.conftest import Api, Template, execute, in_database, settings
from tests.exchange.commands import called

QUERY = "{ documents { totalCount } stances { totalCount } }"
DOCUMENT = """mutation($text: String!) {
  createDocument(input: { title: "Long", language: "en", text: $text }) { document { id } errors { code } }
}"""
STANCE = """mutation($rationale: String!) {
  recordStance(input: {
    statementId: "stm_01937537-a000-7a20-a9da-6a7da14f7e20"
    target: { topicId: "top_01937537-a000-7cc4-824f-19676ee37b99" }
    label: SUPPORT
    rationale: $rationale
  }) { stance { version } errors { code } }
}"""
TOPIC = 'mutation { createTopic(input: { name: "%s" }) { topic { slug } errors { code } } }'
LONG = "word " * 40_000
ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
ON_POSTGRES = pytest.mark.parametrize("backend", ["postgres"], indirect=True)


def ready(client: Any) -> tuple[int, str | None]:
    """Return the status of `/readyz` and its reason."""
    response = client.get("/readyz")
    return response.status_code, response.json().get("reason")


def heals(client: Any) -> bool:
    """True if the server becomes ready again: it probes once a second."""
    for _ in range(100):
        if ready(client) == (200, None):
            return True
        time.sleep(0.1)
    return False


def unwritable(response: Any, why: str) -> bool:
    """True if a response reports that the database cannot be written, with the reason."""
    if response.status_code != 503:
        assert response.json()["data"], response.text
        return False
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "UNAVAILABLE"}
    assert why in error["message"]
    return True


def no_trace(api: Api) -> bool:
    """True if the log of the last request has the reason and no stack trace."""
    assert [entry["reason"] for entry in api.log if entry["event"] == "unavailable"]
    return not any("exc_info" in entry or entry["log_level"] == "error" for entry in api.log)


# ---------------------------------------------------------------- a full disk, on SQLite


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes; skipped without the right to mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("file systems can be mounted by the superuser alone")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Fill the disk."""
    file = folder / "fill"
    with file.open("ab", buffering=0) as filling:
        try:
            while True:
                filling.write(bytes(4096))
        except OSError:
            return file


@ON_SQLITE
def test_a_full_disk(seeded: Template, small_disk: Path) -> None:
    """Reads succeed, neither way of writing leaves partial changes, and free space restores all."""
    path = small_disk / "a.db"
    shutil.copy(make_url(seeded.url).database or "", path)
    with TestClient(create(settings(f"sqlite:///{path}")), raise_server_exceptions=False) as client:
        api = Api(client, f"sqlite:///{path}", seeded.tokens)
        assert ready(client) == (200, None)
        before = api(QUERY)
        filled = fill(small_disk)
        assert ready(client) == (503, "the database's disk is full: no change can be stored")
        response = api.post({"query": DOCUMENT, "variables": {"text": LONG}}, as_="karl")
        assert unwritable(response, "disk is full")
        assert no_trace(api)
        # What is left of the log takes some small changes still.
        kept = 0
        for number in range(200):
            rationale = f"{number} {'because ' * 2_000}"
            response = api.post({"query": STANCE, "variables": {"rationale": rationale}}, as_="anna")
            if unwritable(response, "disk is full"):
                break
            kept = response.json()["data"]["recordStance"]["stance"]["version"]
        else:
            raise AssertionError("the disk was never full")
        assert no_trace(api)
        assert api.post({"query": STANCE, "variables": {"rationale": LONG[:20_000]}}, as_="anton").status_code == 503
        after = api(QUERY)
        assert after["documents"] == before["documents"]
        assert after["stances"]["totalCount"] == before["stances"]["totalCount"] + (kept > 0)
        assert ready(client)[0] == 503
        assert "disk is full" in stancegraph("check", url=api.url).reason
        filled.unlink()
        assert heals(client)
        assert api(DOCUMENT, {"text": LONG}, as_="karl")["createDocument"]["errors"] == []
        assert api(STANCE, {"rationale": "There is space."}, as_="anton")["recordStance"]["errors"] == []
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        counted = (
            "SELECT count(*) FROM document d LEFT JOIN search_entry s ON s.entity_id = d.id WHERE s.entity_id IS NULL"
        )
        assert connection.execute(counted).fetchone() == (0,)


LIMITED = """
import json, resource, sys
from starlette.testclient import TestClient
from api.app import create
from tests.conftest import settings
from tests.database.test_unwritable import DOCUMENT, LONG, QUERY, TOPIC, heals, ready

url, token, limit = sys.argv[1], sys.argv[2], int(sys.argv[3])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
with TestClient(create(settings(url)), raise_server_exceptions=False) as client:
    def post(query, **variables):
        headers = {"authorization": "Bearer " + token}
        response = client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
        return response.status_code, response.json()
    said = [ready(client), post(QUERY), post(DOCUMENT, text=LONG), post(TOPIC % "New"), ready(client), post(QUERY)]
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        said += [heals(client), post(DOCUMENT, text=LONG)]
print(json.dumps(said))
"""


def said_by(url: str, token: str, limit: int, prefix: tuple[str, ...] = ()) -> Any:
    """Run a server with a file size limit, or started by `prefix`."""
    command = [*prefix, sys.executable, "-c", LIMITED, url, token, str(limit)]
    ended = run(command, {**environment(), "PYTHONPATH": str(Path(__file__).parents[2])})
    assert ended.status == 0, ended.err
    assert "Traceback" not in ended.err
    return json.loads(ended.out)


@ON_SQLITE
def test_a_file_that_must_not_grow(seeded: Template, seeded_url: str) -> None:
    """As with a quota: the system refuses the write although the file system has space."""
    said = said_by(seeded_url, seeded.tokens["karl"], limit=60_000)
    first, before, (status, document), _, then, after, healed, again = said
    assert first == [200, None]
    assert status == 503
    assert document["errors"][0]["extensions"] == {"code": "UNAVAILABLE"}
    assert then == [503, "the database's files could not be read or written: no change was stored"]
    assert after == before
    assert healed
    assert again[1]["data"]["createDocument"]["errors"] == []


@ON_SQLITE
@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="the superuser may write anywhere")
def test_a_file_that_may_only_be_read(seeded: Template, seeded_url: str) -> None:
    """Queries still succeed."""
    path = Path(make_url(seeded_url).database or "")
    path.chmod(0o444)
    prefix = ("setpriv", "--bounding-set=-dac_override") if os.geteuid() == 0 else ()
    first, before, document, topic, then, after = said_by(seeded_url, seeded.tokens["karl"], 0, prefix)
    assert first == then == [503, "the database is read-only: no change can be stored"]
    assert before[0] == 200
    assert before == after
    for status, answer in (document, topic):
        assert status == 503
        assert answer["errors"][0]["extensions"] == {"code": "UNAVAILABLE"}
        assert "read-only" in answer["errors"][0]["message"]


@ON_SQLITE
def test_a_disk_that_may_only_be_read(seeded: Template, small_disk: Path) -> None:
    path = small_disk / "a.db"
    shutil.copy(make_url(seeded.url).database or "", path)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    url = f"sqlite:///{path}"
    for command in (["check"], ["serve", "--workers", "1"], ["seed"]):
        assert "the database is read-only" in stancegraph(*command, url=url).reason
    with TestClient(create(settings(url)), raise_server_exceptions=False) as client:
        assert ready(client) == (503, "the database is read-only: no change can be stored")
        api = Api(client, url, seeded.tokens)
        assert api.post({"query": TOPIC % "New"}, as_="karl").status_code == 503
        assert no_trace(api)


# ---------------------------------------------------------------- Postgres


def reconnect(api: Api) -> None:
    """Reopen all connections, so that new settings of the database apply."""
    name = make_url(api.url).database
    others = f"datname = '{name}' AND pid <> pg_backend_pid()"
    execute(api.url, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")


@ON_POSTGRES
def test_a_postgres_that_is_read_only(api: Api) -> None:
    """As on a standby, or on a primary that is set to read-only."""
    name = make_url(api.url).database
    execute(api.url, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    reconnect(api)
    for query, who in ((TOPIC % "New", "karl"), (STANCE, "anna")):
        response = api.post({"query": query, "variables": {"rationale": "x"} if who == "anna" else {}}, as_=who)
        assert unwritable(response, "read-only")
        assert no_trace(api)
    assert ready(api.client) == (503, "the database is read-only: no change can be stored")
    assert api(QUERY)
    assert "the database is read-only" in stancegraph("check", url=api.url).reason
    execute(in_database(api.url, "postgres"), f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
    reconnect(api)
    assert heals(api.client)
    assert api(TOPIC % "New", as_="karl")["createTopic"]["errors"] == []


@ON_POSTGRES
def test_a_postgres_whose_disk_is_full(api: Api) -> None:
    """A trigger raises the error of Postgres; the server reports it, and nothing was changed."""
    execute(
        api.url,
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;"
        " CREATE TRIGGER refuse AFTER INSERT ON revision FOR EACH ROW EXECUTE FUNCTION refuse()",
    )
    before = api(QUERY)
    stance = {"query": STANCE, "variables": {"rationale": "x"}}
    for body, who in (({"query": TOPIC % "New"}, "karl"), (stance, "anna")):
        assert unwritable(api.post(body, as_=who), "disk is full")
        assert no_trace(api)
    assert api(QUERY) == before
    assert api('{ topic(slug: "new") { id } }') == {"topic": None}


@ON_POSTGRES
def test_a_postgres_that_takes_no_more_connections(seeded_url: str, seeded: Template) -> None:
    execute(seeded_url, "CREATE ROLE crowded LOGIN PASSWORD 'hunter2' CONNECTION LIMIT 0")
    try:
        url = make_url(seeded_url).set(username="crowded", password="hunter2").render_as_string(hide_password=False)
        with TestClient(create(settings(url)), raise_server_exceptions=False) as client:
            api = Api(client, url, seeded.tokens)
            why = "the database takes no more connections; try again later"
            assert unwritable(api.post({"query": QUERY}), why)
            assert no_trace(api)
            assert ready(client) == (503, why)
            assert why in stancegraph("check", url=url).reason
    finally:
        execute(seeded_url, "DROP ROLE crowded")


# ---------------------------------------------------------------- other disks


@ON_SQLITE
def test_no_space_for_temporary_files(
    api: Api, small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An export that needs temporary space fails with 503 before its first byte, or with a line at the command line."""
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
    filled = fill(small_disk)
    response = api.client.get("/export/dna")
    assert unwritable(response, "no space for temporary files")
    ended = called("export", "dna", "-o", tmp_path / "all.dna", url=api.url)
    assert "no space for temporary files" in ended.reason
    assert not (tmp_path / "all.dna").exists()
    filled.unlink()
    assert api.client.get("/export/dna").status_code == 200


@ON_SQLITE
def test_an_import_onto_a_full_disk(seeded: Template, small_disk: Path, tmp_path: Path) -> None:
    """The rows are not reported as wrong, and none is imported."""
    everything, path = tmp_path / "all.jsonl", small_disk / "a.db"
    url = f"sqlite:///{path}"
    assert called("export", "jsonl", "-o", everything, url=seeded.url).status == 0
    assert called("migrate", url=url).status == 0
    rest = shutil.disk_usage(small_disk).free
    (small_disk / "fill").write_bytes(bytes(rest - 300_000))
    for skipping in ([], ["--skip-refused"]):
        ended = called("import", "jsonl", everything, *skipping, url=url)
        assert ended.status == 1
        assert "disk is full" in ended.err
        assert "refused" not in ended.err
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM actor").fetchone() == (0,)
