"""Imports of commands, which decide the time of their start (ADR 0028): compared with a list, not a time."""

import json
import sys

import pytest

from migrations import head
from tests.cli.processes import environment, run
from tests.conftest import Template

SLOW = {
    *("alembic", "graphql", "numpy", "pyarrow", "scipy", "sqlalchemy", "starlette", "strawberry", "structlog"),
    "uvicorn",
}
"""Top-level packages that are slow to import."""
OF_DATABASES = {"aiosqlite", "asyncpg", "pydantic"}
"""Packages that every command with a database imports: the driver and the settings."""
IMPORTED = """
import json, sys
from api.cli.main import main
sys.argv[1:] = {arguments!r}
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
print(json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}} & set({slow!r}))), file=sys.stderr)
print(len(sys.modules), file=sys.stderr)
"""
ALL_HELP = """
import click, io, json, sys
from contextlib import redirect_stdout
from api.cli.main import commands

def walk(command, *path):
    with redirect_stdout(io.StringIO()) as out:
        commands.main([*path, "--help"], prog_name="stancegraph", standalone_mode=False)
    assert out.getvalue().startswith(" ".join(["Usage: stancegraph", *path])), out.getvalue()
    imported = {{name.partition(".")[0] for name in sys.modules}} & set({slow!r})
    helped[" ".join(path)] = sorted(imported)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            walk(command.get_command(context, name), *path, name)

helped = {{}}
walk(commands)
print(json.dumps(helped))
"""


def imported(url: str, *arguments: str) -> tuple[set[str], int]:
    """Return the packages of `SLOW` that a command imports, and its number of modules."""
    script = IMPORTED.format(arguments=list(arguments), slow=sorted(SLOW))
    ended = run([sys.executable, "-c", script], environment(url))
    assert ended.status == 0, ended.err
    *_, slow, number = ended.err.splitlines()
    return set(json.loads(slow)), int(number)


def test_help_of_every_command_starts_at_once() -> None:
    """One process calls all commands: a package that none imports is imported by no single command."""
    ended = run([sys.executable, "-c", ALL_HELP.format(slow=sorted(SLOW | OF_DATABASES))], environment())
    assert ended.status == 0, ended.err
    helped = json.loads(ended.out)
    assert {"", "annotator", "token create", "import csv", "export parquet", "draw", "serve"} <= set(helped)
    assert {command: slow for command, slow in helped.items() if slow} == {}


@pytest.mark.parametrize(
    ("arguments", "most"),
    [
        (["--help"], 230),
        (["annotator", "--help"], 230),
        (["annotator", "list"], 520),
        (["token", "list"], 520),
        (["check"], 520),
    ],
    ids=str,
)
def test_what_lists_and_checks_starts_at_once(seeded: Template, arguments: list[str], most: int) -> None:
    slow, number = imported(seeded.url, *arguments)
    assert slow == set()
    assert number < most


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (["annotator", "role", "amal", "ANNOTATOR"], {"sqlalchemy", "structlog"}),
        (["token", "create", "amal"], {"sqlalchemy", "structlog"}),
        (["export", "csv", "--table", "actors"], {"sqlalchemy", "structlog"}),
        (["migrate"], set()),
        (["migrate", "--to", head()], {"alembic", "sqlalchemy", "structlog"}),
        (["seed"], {"sqlalchemy", "structlog"}),
    ],
    ids=lambda value: " ".join(sorted(value) if isinstance(value, set) else value),  # of a set, always in one order
)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_command_imports_what_it_needs(seeded_url: str, arguments: list[str], needed: set[str]) -> None:
    """Only `serve`, `schema` and `draw` build the GraphQL schema."""
    assert imported(seeded_url, *arguments)[0] == needed
