"""Errors are one line on stderr with a non-zero exit status, never a stack trace."""

import os
import shutil
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import make_url

from api.errors import ConfigurationError
from api.settings import load
from tests.cli.processes import COMMAND, environment, free_port, run, stancegraph
from tests.conftest import Template, execute, holding
from tests.exchange.commands import called

PASSWORD = "hunter2"
NOWHERE = f"postgresql://u:{PASSWORD}@127.0.0.1:1/none"


# ---------------------------------------------------------------- settings

BAD = {
    "STANCEGRAPH_PORT": "0",
    "STANCEGRAPH_WORKERS": "many",
    "STANCEGRAPH_ALLOWED_HOSTS": "https://api.example.org",
    "STANCEGRAPH_CORS_ORIGINS": "example.org",
    "STANCEGRAPH_LOG_LEVEL": "loud",
    "STANCEGRAPH_LOG_FORMAT": "xml",
    "STANCEGRAPH_GRAPHIQL": "maybe",
    "STANCEGRAPH_MAX_DEPTH": "1e9",
    "STANCEGRAPH_STATEMENT_TIMEOUT_MS": "-1",
    "STANCEGRAPH_DATABASE_URL": f"mysql://u:{PASSWORD}@h/db",
    "STANCEGRAPH_READ_DATABASE_URL": f"sqlite:///{PASSWORD}",
    "STANCEGRAPH_READ_MAX_LAG_SECONDS": "0",
    "STANCEGRAPH_HOST": "",
}
UNKNOWN = {
    "STANCEGRAPH_DATABSE_URL": "STANCEGRAPH_DATABASE_URL",
    "STANCEGRAPH_LOGLEVEL": "STANCEGRAPH_LOG_LEVEL",
    "STANCEGRAPH_ZZZ": None,
}


def told(given: dict[str, str]) -> list[str]:
    """Return the error lines for these settings."""
    with pytest.raises(ConfigurationError) as caught:
        load(given)
    return str(caught.value).splitlines()


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_is_told_by_its_variable(name: str) -> None:
    (line,) = told({name: BAD[name]})
    assert line.startswith(f"{name}: ")
    assert PASSWORD not in line
    if not name.endswith("DATABASE_URL"):
        assert repr(BAD[name]) in line


@pytest.mark.parametrize(("name", "meant"), UNKNOWN.items())
def test_a_variable_that_is_not_known_is_told_with_the_one_that_was_meant(name: str, meant: str | None) -> None:
    (line,) = told({name: PASSWORD})
    assert line.startswith(f"{name}: ")
    assert (f"did you mean {meant}?" in line) == (meant is not None)
    assert PASSWORD not in line


def test_all_are_told_at_once() -> None:
    """The process prints one line for each and does nothing."""
    given = environment() | BAD | dict.fromkeys(UNKNOWN, PASSWORD)
    ended = run([*COMMAND, "serve"], given)
    assert (ended.status, ended.out) == (1, "")
    lines = ended.err.splitlines()
    assert {line.partition("stancegraph: ")[2].partition(":")[0] for line in lines} == {*BAD, *UNKNOWN}
    assert len(lines) == len(BAD) + len(UNKNOWN)
    assert PASSWORD not in ended.err


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite+aiosqlite:///a.db",
        "postgresql://",
        "postgresql+asyncpg://h/db",
        "mysql://h/db",
        f"postgresql://u:{PASSWORD}@h:port/db",
        f"postgresql://u:{PASSWORD}@h:99999/db",
        f"postgresql://u:{PASSWORD}/2@h/db",
        f"postgresql://u:{PASSWORD}@[::1/db",
        f" postgresql://u:{PASSWORD}@h/db",
    ],
)
def test_a_url_that_is_none(url: str) -> None:
    """Nor a part of the URL, which may be in the password."""
    (line,) = told({"STANCEGRAPH_DATABASE_URL": url})
    assert "sqlite:///PATH" in line
    assert "postgresql://USER:PASSWORD@HOST/DATABASE" in line
    assert PASSWORD not in line


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///var/a.db",
        "sqlite:////srv/a.db",
        "postgresql://h/db",
        "postgres://h/db",
        "postgresql://u:p%2F%40@h:5433/db?sslmode=require",
        "postgresql:///db?host=/run/postgresql",
        "postgresql://u@[::1]/db",
    ],
)
def test_a_url_that_is_one(url: str) -> None:
    assert load({"STANCEGRAPH_DATABASE_URL": url}).database_url == url


POSTGRES = f"postgresql://u:{PASSWORD}@h/db"
BAD_REPLICAS = {
    "no postgres": (POSTGRES, f"sqlite:///{PASSWORD}.db", "must be postgresql://USER:PASSWORD@HOST/DATABASE"),
    "no port": (POSTGRES, f"postgresql://u:{PASSWORD}@h:port/db", "must be postgresql://USER:PASSWORD@HOST/DATABASE"),
    "several": (POSTGRES, f"postgresql://u:{PASSWORD}@h1,h2/db", "must name one server"),
    "of sqlite": ("sqlite:///a.db", POSTGRES, "STANCEGRAPH_DATABASE_URL is no Postgres"),
    "the same": (POSTGRES, POSTGRES, "must be another server than STANCEGRAPH_DATABASE_URL"),
}


@pytest.mark.parametrize(("primary", "replica", "reason"), BAD_REPLICAS.values(), ids=BAD_REPLICAS)
def test_a_url_that_is_no_replicas(primary: str, replica: str, reason: str) -> None:
    """The error line quotes no part of the URL."""
    (line,) = told({"STANCEGRAPH_DATABASE_URL": primary, "STANCEGRAPH_READ_DATABASE_URL": replica})
    assert line.startswith("STANCEGRAPH_READ_DATABASE_URL: ")
    assert reason in line
    assert PASSWORD not in line


def test_a_replica_is_left_out_by_an_empty_value() -> None:
    assert load({"STANCEGRAPH_READ_DATABASE_URL": ""}).read_database_url is None


def test_what_only_tests_read_is_passed_over() -> None:
    assert load({"STANCEGRAPH_TEST_POSTGRES_URL": "x", "OTHER": "y"}) == load({})


# ---------------------------------------------------------------- databases


@pytest.mark.parametrize("arguments", [["check"], ["serve"], ["token", "create", "amal"]], ids=" ".join)
def test_a_file_that_is_not_there(tmp_path: Path, arguments: list[str]) -> None:
    """The check does not create the file."""
    ended = stancegraph(*arguments, url=f"sqlite:///{tmp_path}/a.db", port=str(free_port()))
    assert ended.status == 1
    assert "run stancegraph migrate" in ended.reason
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["check"], ["migrate"]], ids=" ".join)
def test_a_postgres_that_does_not_answer(arguments: list[str]) -> None:
    ended = stancegraph(*arguments, url=NOWHERE, port=str(free_port()))
    assert ended.status == 1
    assert "cannot be reached" in ended.reason
    assert PASSWORD not in ended.reason


def test_a_database_that_was_never_migrated(empty_url: str) -> None:
    if make_url(empty_url).get_backend_name() == "sqlite":
        sqlite3.connect(make_url(empty_url).database or "").close()
    ended = stancegraph("check", url=empty_url)
    assert ended.status == 1
    assert "run stancegraph migrate" in ended.reason


@pytest.mark.parametrize(
    "arguments", [["check"], ["serve"], ["serve", "--local"], ["token", "create", "amal"]], ids=" ".join
)
def test_a_database_that_stays_locked(seeded_url: str, arguments: list[str]) -> None:
    """No command waits for longer than the statement timeout."""
    with locked(seeded_url):
        began = time.monotonic()
        ended = called(*arguments, url=seeded_url, port=str(free_port()), statement_timeout_ms="400")
        assert time.monotonic() - began < 8, "the 400 ms, on a busy machine"
    assert "another process has locked the database" in ended.reason


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Another process migrates and does not end."""
    if make_url(url).get_backend_name() == "postgresql":
        with holding(url, "LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE"):
            yield
        return
    with closing(sqlite3.connect(make_url(url).database or "", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["serve"],
        ["migrate"],
        ["seed"],
        ["annotator", "list"],
        ["token", "create", "amal"],
        ["export", "csv"],
    ],
    ids=" ".join,
)
def test_a_database_that_is_newer_than_the_program(newer_url: str, arguments: list[str]) -> None:
    ended = called(*arguments, url=newer_url, port=str(free_port()))
    assert "migration 9999, which a newer version of stancegraph made" in ended.reason
    assert "upgrade the program" in ended.reason


@pytest.fixture(scope="module")
def newer_url(migrated: Template) -> Iterator[str]:
    """A database migrated by a later version."""
    url = migrated.copy()
    statement = "UPDATE alembic_version SET version_num = '9999'"
    if make_url(url).get_backend_name() == "sqlite":
        with closing(sqlite3.connect(make_url(url).database or "")) as connection, connection:
            connection.execute(statement)
    else:
        execute(url, statement)
    yield url
    migrated.drop(url)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"This is no database. " * 1_000)
    for command in ("check", "migrate"):
        assert "not a database" in stancegraph(command, url=f"sqlite:///{tmp_path}/a.db").reason


def test_a_fault_of_the_program(tmp_path: Path) -> None:
    """With the log level debug, the stack trace is printed."""
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        connection.execute("CREATE TABLE stance (id)")
    assert "STANCEGRAPH_LOG_LEVEL=debug" in stancegraph("migrate", url=f"sqlite:///{tmp_path}/a.db").reason
    ended = stancegraph("migrate", url=f"sqlite:///{tmp_path}/a.db", log_level="debug")
    assert ended.status == 1
    assert "Traceback" in ended.err


def test_a_postgres_database_that_is_not_there(postgres_url: str) -> None:
    url = make_url(postgres_url).set(database="nowhere_at_all").render_as_string(hide_password=False)
    assert '"nowhere_at_all" does not exist' in stancegraph("check", url=url).reason


def test_a_role_that_may_only_read(seeded_url: str, backend: str) -> None:
    """A read-only database is refused at the start, not at the first mutation."""
    with reading_only(seeded_url) as (url, prefix):
        ended = run([*prefix, *COMMAND, "check"], environment(url))
        assert ended.status == 1
        assert {"sqlite": "is read-only", "postgres": "permission denied"}[backend] in ended.reason
        assert PASSWORD not in ended.reason


@contextmanager
def reading_only(url: str) -> Iterator[tuple[str, list[str]]]:
    """Return the URL of the database for a user who may only read it, and the prefix to run a command as that user."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        file = Path(parsed.database or "")
        file.chmod(0o444)
        try:
            # The superuser may write to any file: only without that capability are its bits of any meaning.
            yield url, ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []
        finally:
            file.chmod(0o644)
        return
    role = f"reader_{uuid4().hex}"
    execute(
        url, f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"
    )
    try:
        yield parsed.set(username=role, password=PASSWORD).render_as_string(hide_password=False), []
    finally:
        execute(url, f"DROP OWNED BY {role}; DROP ROLE {role}")


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="the superuser may write anywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    prefix = ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []
    try:
        ended = run([*prefix, *COMMAND, "migrate"], environment(f"sqlite:///{tmp_path}/a/b.db"))
        assert "Permission denied" in ended.reason
        ended = run([*prefix, *COMMAND, "migrate"], environment(f"sqlite:///{tmp_path}/a.db"))
        assert "unable to open database file" in ended.reason
    finally:
        tmp_path.chmod(0o755)


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize("more", [[], ["--local"]], ids=["serve", "serve --local"])
def test_a_port_in_use(tmp_path: Path, more: list[str]) -> None:
    """Nothing else is done: no token is printed by a server that cannot listen."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = stancegraph("serve", *more, url=f"sqlite:///{tmp_path}/a.db", port=str(port))
    assert ended.status == 1
    assert f"127.0.0.1:{port}" in ended.reason
    assert "in use" in ended.reason
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", ["203.0.113.9", "nowhere.invalid"])
def test_an_address_that_is_not_ours(host: str) -> None:
    ended = stancegraph("serve", host=host, port=str(free_port()))
    assert ended.status == 1
    assert host in ended.reason
