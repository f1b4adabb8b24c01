"""All commands: effect, output and exit status."""

import asyncio
import re
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg
import click
import pytest
from click.testing import CliRunner
from sqlalchemy import make_url

from api.cli.main import commands
from migrations import head
from tests.cli.processes import COMMAND, Ended, environment, run, serving, stancegraph
from tests.conftest import Template, execute

ROOT = Path(__file__).parents[2]
TOKEN = re.compile(r"sg_[A-Za-z0-9_-]{43}")
VIEWER = "{ viewer { name role } }"


def paths(command: click.Command = commands, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield all commands as words."""
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from paths(below, (*path, name))


# ---------------------------------------------------------------- help


@pytest.mark.parametrize("path", list(paths()), ids=" ".join)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_command_explains_itself(path: tuple[str, ...], option: str) -> None:
    result = CliRunner().invoke(commands, [*path, option], prog_name="stancegraph")
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: {' '.join(('stancegraph', *path))}")
    described = result.output.split("\n\n")[1].strip()
    assert described.endswith((".", ")"))


def test_the_commands_are_those_that_are_promised() -> None:
    assert {" ".join(path) for path in paths()} >= {
        "serve", "migrate", "seed", "annotator add", "token create", "token list", "token revoke", "schema", "check"
    }  # fmt: skip


def test_help_needs_no_settings_and_no_database() -> None:
    """Not even for valid settings."""
    ended = stancegraph("--help", url="nonsense")
    assert (ended.status, ended.err) == (0, "")
    assert "token" in ended.out


@pytest.mark.parametrize("arguments", [["nonsense"], ["token", "create", "anna", "--expires", "soon"]], ids=" ".join)
def test_a_wrong_call_is_told_in_one_line(arguments: list[str]) -> None:
    ended = stancegraph(*arguments)
    assert ended.status == 2
    assert arguments[-1] in ended.reason
    assert "--help" in ended.reason


# ---------------------------------------------------------------- schema


def test_schema_prints_what_is_committed() -> None:
    ended = stancegraph("schema")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == (ROOT / "schema.graphql").read_text(encoding="utf-8")


def test_a_reader_that_leaves_early_is_no_failure() -> None:
    """`stancegraph schema | head -1`."""
    shell = f"{COMMAND[0]} schema | head -c 10"
    ended = run(["sh", "-c", shell], environment())
    assert ended.err == ""


# ---------------------------------------------------------------- migrate and seed


def test_from_nothing_to_a_seeded_database(empty_url: str) -> None:
    """Each step reports its result; a second run changes nothing."""
    assert stancegraph("migrate", url=empty_url) == Ended(0, f"Migrated from base to {head()}.\n", "")
    first = stancegraph("seed", url=empty_url)
    assert (first.status, first.err) == (0, "")
    loaded = {name: int(number) for number, name in re.findall(r"(\d+) (\w+)", first.out)}
    assert loaded["actors"] >= 15
    assert loaded["statements"] >= 12
    assert loaded["annotators"] == 3
    again = stancegraph("seed", url=empty_url)
    assert again.out == re.sub(r"\d+", "0", first.out)
    assert count(empty_url, "actor") == loaded["actors"]
    assert count(empty_url, "stance") == loaded["stances"]
    ended = stancegraph("check", url=empty_url)
    assert (ended.status, ended.err) == (0, "")


def count(url: str, table: str) -> int:
    """Return the number of rows of a table."""
    return int(value(url, f"SELECT count(*) FROM {table}"))


def value(url: str, statement: str) -> Any:
    """Return the rows of a query."""
    if make_url(url).get_backend_name() == "sqlite":
        with closing(sqlite3.connect(make_url(url).database or "")) as connection:
            return connection.execute(statement).fetchone()[0]

    async def ask() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(ask())


@pytest.mark.slow
def test_processes_that_seed_at_once_double_nothing(migrated: Template) -> None:
    url = migrated.copy()
    try:
        with ThreadPoolExecutor(3) as pool:
            ended = list(pool.map(lambda _: stancegraph("seed", url=url), range(3)))
        assert [(each.status, each.err) for each in ended] == [(0, "")] * 3
        loaded = [int(re.findall(r"(\d+) actors", each.out)[0]) for each in ended]
        assert count(url, "actor") == sum(loaded) == max(loaded)
    finally:
        migrated.drop(url)


# ---------------------------------------------------------------- annotators and tokens


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_an_annotator_is_added_once(seeded_url: str) -> None:
    ended = stancegraph("annotator", "add", "Zoë Ünal", "--role", "annotator", url=seeded_url)
    assert (ended.status, ended.err) == (0, "")
    assert "Zoë Ünal" in ended.out
    assert not TOKEN.search(ended.out)
    assert "already" in stancegraph("annotator", "add", "Zoë Ünal", "--role", "CURATOR", url=seeded_url).reason


def test_a_token_works_until_it_is_revoked_or_expired(seeded_url: str) -> None:
    """The token alone is printed, for scripts; the list shows its ID and never the token."""

    def issue(*more: str) -> str:
        ended = stancegraph("token", "create", "amal", *more, url=seeded_url)
        assert (ended.status, ended.err) == (0, "")
        assert TOKEN.fullmatch(ended.out.removesuffix("\n"))
        return ended.out.strip()

    lasting, passing = issue(), issue("--expires", "1")
    assert lasting != passing
    newest = "FROM token WHERE expires_at IS {} NULL ORDER BY id DESC LIMIT 1"
    keys = [str(value(seeded_url, f"SELECT id {newest.format(kind)}")) for kind in ("", "NOT")]
    with serving(url=seeded_url) as server:
        for token in (lasting, passing):
            assert server.ask(VIEWER, token) == {"data": {"viewer": {"name": "amal", "role": "ANNOTATOR"}}}
            assert token not in server.err

        assert stancegraph("token", "revoke", keys[0], url=seeded_url) == Ended(0, "Revoked.\n", "")
        assert server.ask(VIEWER, lasting)["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert "viewer" in server.ask(VIEWER, passing)["data"]

        past = "2024-11-29T00:00:00.000000Z"
        change(seeded_url, f"UPDATE token SET expires_at = '{past}' WHERE id = '{keys[1]}'")
        assert server.ask(VIEWER, passing)["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"

    listed = stancegraph("token", "list", url=seeded_url)
    assert (listed.status, listed.err) == (0, "")
    assert not TOKEN.search(listed.out)
    revoked, expired = (next(line for line in listed.out.splitlines() if line.startswith(key)) for key in keys)
    assert "  amal  ANNOTATOR  " in revoked
    assert "revoked" in revoked
    assert "until 2024-11-29" in expired


def change(url: str, statement: str) -> None:
    """Execute a statement in the database over a separate connection."""
    if make_url(url).get_backend_name() == "sqlite":
        with closing(sqlite3.connect(make_url(url).database or "")) as connection, connection:
            connection.execute(statement)
    else:
        execute(url, statement)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_token_of_nobody(seeded_url: str) -> None:
    assert "'nobody'" in stancegraph("token", "create", "nobody", url=seeded_url).reason
