"""Migrations lead from nothing to the newest shape and back, whatever is in the database and whoever else is there."""

import asyncio
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, make_url, text
from starlette.testclient import TestClient

from api.app import create
from api.database.database import Database
from api.database.migrate import current, migrate
from api.database.readiness import check
from api.errors import ConfigurationError, Unavailable
from migrations import FOLDER, head, revisions
from seeds import loader
from tests.cli.processes import Ended, environment, stancegraph
from tests.conftest import Api, holding, settings, with_database

ROOT = Path(__file__).parents[2]


async def everything(database: Database) -> set[str]:
    """The names of all that is in a database: tables, indexes, triggers, functions, types."""
    if database.is_sqlite:
        names = "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
    else:
        names = (
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            " UNION ALL SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typelem = 0"
        )
    async with database.connection() as connection:
        return set(await connection.scalars(text(names)))


# ---------------------------------------------------------------- up and down


def test_up_down_and_up_again_with_seeds_in_place(seeded_url: str) -> None:
    """Down leaves nothing behind, and up again all is as the first time: the case loads, and the server answers."""
    question = '{ actor(slug: "turkey") { name } search(text: "Aleppo") { totalCount } stances { totalCount } }'

    def answer() -> object:
        with TestClient(create(settings(seeded_url))) as client:
            return client.post("/graphql", json={"query": question}).json()

    before, there = answer(), with_database(seeded_url, everything)
    assert "errors" not in str(before)
    assert with_database(seeded_url, lambda database: migrate(database, "base")) == (head(), None)
    assert with_database(seeded_url, everything) <= {"alembic_version", "alembic_version_pkc"}
    assert with_database(seeded_url, migrate) == (None, head())
    assert with_database(seeded_url, everything) == there
    assert sum(with_database(seeded_url, loader.load).values()) > 100
    assert answer() == before


def test_migrating_again_changes_nothing(seeded_url: str) -> None:
    before = with_database(seeded_url, everything)
    assert with_database(seeded_url, migrate) == (head(), head())
    assert with_database(seeded_url, everything) == before
    asyncio.run(check(settings(seeded_url)))


def test_a_default_project_is_there_from_the_start(bare: Api) -> None:
    """Stances are recorded in it by whoever names no project."""
    (edge,) = bare("{ projects { edges { node { slug status blind overlap guidelines } } } }")["projects"]["edges"]
    project = edge["node"]
    assert (project["slug"], project["status"], project["blind"], project["overlap"]) == ("default", "OPEN", False, 1)
    assert project["guidelines"]


def test_the_migrations_are_known_without_alembic() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    script = ScriptDirectory.from_config(config)
    assert head() == script.get_current_head()
    assert revisions() == tuple(each.revision for each in script.walk_revisions())[::-1]


def test_a_revision_that_is_not_known(empty_url: str) -> None:
    with pytest.raises(ConfigurationError, match="'nonsense'"):
        with_database(empty_url, lambda database: migrate(database, "nonsense"))
    with_database(empty_url, migrate)

    async def advance(database: Database) -> None:
        async with database.connection() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))

    with_database(empty_url, advance)
    with pytest.raises(ConfigurationError, match="from_the_future"):
        with_database(empty_url, migrate)
    assert with_database(empty_url, current) == "from_the_future"


def test_a_migration_that_fails_leaves_nothing_behind(empty_url: str) -> None:
    """All or nothing: something stands in the way of one of the last tables."""

    async def stand_in_the_way(database: Database) -> None:
        async with database.connection() as connection:
            await connection.execute(text("CREATE TABLE stance (id integer)"))

    with_database(empty_url, stand_in_the_way)
    ended = stancegraph("migrate", url=empty_url)
    assert ended.status == 1
    assert "stance" in ended.reason
    assert with_database(empty_url, everything) == {"stance"}


@pytest.mark.slow
def test_alembic_itself_can_be_used(empty_url: str) -> None:
    """For `alembic revision --autogenerate` in development: it makes its own connection."""
    for arguments in (["upgrade", "head"], ["check"]):
        done = subprocess.run(
            [sys.executable, "-m", "alembic", *arguments],
            env=environment(empty_url),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    asyncio.run(check(settings(empty_url)))


# ---------------------------------------------------------------- at once


@pytest.mark.slow
def test_processes_that_migrate_at_once_do_not_collide(empty_url: str) -> None:
    """Servers that start together, each migrating first: one does it, the others find it done."""
    with ThreadPoolExecutor(3) as pool:
        ended = list(pool.map(lambda _: stancegraph("migrate", url=empty_url), range(3)))
    assert [(each.status, each.err) for each in ended] == [(0, "")] * 3
    asyncio.run(check(settings(empty_url)))
    with TestClient(create(settings(empty_url))) as client:
        answer = client.post("/graphql", json={"query": "{ projects { totalCount } }"}).json()
    assert answer == {"data": {"projects": {"totalCount": 1}}}


def test_a_server_goes_on_while_another_process_migrates(api: Api) -> None:
    """To where it is already: what an operator does to be sure."""
    with ThreadPoolExecutor(1) as pool:
        migrating, number = pool.submit(stancegraph, "migrate", url=api.url), 0
        while not migrating.done():
            number += 1
            assert api.change("createTopic", {"name": f"Meanwhile {number}"}, "topic { id }")["errors"] == []
    assert migrating.result() == Ended(0, f"The database is at migration {head()}.\n", "")
    assert number


# ---------------------------------------------------------------- locks, on Postgres


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
@pytest.mark.parametrize(
    "statement", ["LOCK TABLE actor IN ACCESS SHARE MODE", "SELECT pg_advisory_xact_lock(5745102)"]
)
def test_a_lock_is_not_waited_for_without_end(seeded_url: str, statement: str) -> None:
    """A migration that waits for a lock holds up all who come after it: it gives up and says so, and did nothing."""
    before = with_database(seeded_url, everything)
    with holding(seeded_url, statement):
        began = time.monotonic()
        with pytest.raises(Unavailable):
            with_database(seeded_url, lambda database: migrate(database, "base", lock_timeout_ms=300))
        assert time.monotonic() - began < 20
    assert with_database(seeded_url, everything) == before
    asyncio.run(check(settings(seeded_url)))


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
def test_an_operator_says_how_long_to_wait(seeded_url: str) -> None:
    with holding(seeded_url, "LOCK TABLE actor IN ACCESS SHARE MODE"):
        assert "locked" in stancegraph("migrate", "--to", "base", "--wait", "1", url=seeded_url).reason


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
def test_time_is_bounded_while_migrations_run(empty_url: str) -> None:
    """By timeouts of their own: a long migration is not cut off by what is meant for a page of the API."""

    def run(connection: Connection) -> list[str]:
        config = Config()
        config.set_main_option("script_location", str(FOLDER))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return [str(connection.scalar(text(f"SHOW {name}"))) for name in ("lock_timeout", "statement_timeout")]

    async def both(database: Database) -> tuple[list[str], str]:
        async with database.connection() as connection:
            within = await connection.run_sync(run)
        async with database.connection() as connection:
            return within, str(await connection.scalar(text("SHOW statement_timeout")))

    assert with_database(empty_url, both) == (["30s", "10min"], "10s")


# ---------------------------------------------------------------- SQLite


def test_the_folder_is_made(tmp_path: Path) -> None:
    """The default database lies in a folder that a fresh clone has not."""
    url = f"sqlite:///{tmp_path}/far/away/a.db"
    assert stancegraph("migrate", url=url).status == 0
    asyncio.run(check(settings(url)))


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_file_is_in_wal_mode_and_holds_to_its_keys(empty_url: str) -> None:
    async def pragmas(database: Database) -> list[object]:
        async with database.connection() as connection:
            names = ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
            return [await connection.scalar(text(f"PRAGMA {name}")) for name in names]

    with_database(empty_url, migrate)
    assert with_database(empty_url, pragmas) == ["wal", 1, 10_000, 2]
    assert Path(make_url(empty_url).database or "").is_file()


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_words_are_found_after_going_down_and_up(seeded_url: str) -> None:
    """The full-text table and its triggers come back with it."""

    async def tables(database: Database) -> list[str]:
        async with database.connection() as connection:
            return await connection.run_sync(lambda c: inspect(c).get_table_names())

    with_database(seeded_url, lambda database: migrate(database, "base"))
    assert with_database(seeded_url, tables) == ["alembic_version"]
    with_database(seeded_url, migrate)
    with_database(seeded_url, loader.load)
    with TestClient(create(settings(seeded_url))) as client:
        answer = client.post("/graphql", json={"query": '{ search(text: "aleppo") { totalCount } }'}).json()
    assert answer["data"]["search"]["totalCount"] > 0
