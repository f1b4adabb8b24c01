"""The edits that CONTRIBUTING.md prints work, and touch as few files as it says: each is made to a copy of the project."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.exchange.format import formats
from docs.generator.command_line import formats_table
from tests.cli.processes import Ended, environment, run
from tests.conftest import Api, Template
from tests.docs.edits import CONTRIBUTING, ROOT, copy_with, edits, python_files

FORMATS = {
    name: (read, written)
    for name, read, written in re.findall(
        r"^\| `([a-z-]+)` \| [^|]+ \| (yes|no) \| (yes|no) \|", formats_table(), re.MULTILINE
    )
}
HEADINGS = {"Add a column": 8, "Add a mutation": 2, "Add a format": 1, "Add a measure": 2}
"""Section → number of Python files that its edits touch."""
SERVE = """
import json, sys
from starlette.testclient import TestClient
from api.app import create
with TestClient(create()) as client:
    for line in sys.stdin:
        print("answer:", json.dumps(client.request(**json.loads(line)).text), flush=True)
"""
COMMAND = "from api.cli.main import main; main()"


@dataclass(frozen=True)
class Server:
    """A server that runs from the code of a copy, in a process of its own."""

    process: subprocess.Popen[str]
    tokens: Mapping[str, str]

    def request(self, method: str, url: str, **more: Any) -> str:
        """Return the text of the response to a request, as `TestClient.request` takes it."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps({"method": method, "url": url, **more}), file=self.process.stdin, flush=True)
        for line in self.process.stdout:
            if line.startswith("answer: "):
                return str(json.loads(line.removeprefix("answer: ")))
        raise AssertionError("the server ended")

    def run(self, query: str, as_: str | None = None, **variables: Any) -> Any:
        """Return the whole answer to an operation."""
        headers = {} if as_ is None else {"authorization": f"Bearer {self.tokens[as_]}"}
        return json.loads(
            self.request("POST", "/graphql", json={"query": query, "variables": variables}, headers=headers)
        )


@dataclass(frozen=True)
class Copy:
    """A copy of the project, over a database: the commands and the server that run from its code."""

    folder: Path
    url: str
    tokens: Mapping[str, str]

    @property
    def env(self) -> dict[str, str]:
        """The environment of its processes."""
        return {**environment(self.url, allowed_hosts="testserver"), "PYTHONPATH": str(self.folder)}

    def python(self, *arguments: str | Path) -> Ended:
        """Run Python with these arguments, which must succeed."""
        ended = run([sys.executable, *map(str, arguments)], self.env, cwd=self.folder)
        assert ended.status == 0, ended.err
        return ended

    def command(self, *arguments: str | Path) -> Ended:
        """Run `stancegraph` with these arguments."""
        return run([sys.executable, "-c", COMMAND, *map(str, arguments)], self.env, cwd=self.folder)

    @contextmanager
    def serving(self) -> Iterator[Server]:
        """Start a server; stop it at the end of the block."""
        command = [sys.executable, "-c", SERVE]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, env=self.env, cwd=self.folder, stdin=pipe, stdout=pipe, text=True) as process:
            yield Server(process, self.tokens)


# ---------------------------------------------------------------- the page


def test_the_table_of_places_names_what_is_there() -> None:
    """And every folder of `api/` has its line."""
    places = re.findall(r"^\| `([\w/.]+)` \|", CONTRIBUTING.read_text(encoding="utf-8"), re.MULTILINE)
    assert [place for place in places if not (ROOT / place).exists()] == []
    folders = {f"api/{path.name}/" for path in (ROOT / "api").iterdir() if (path / "__init__.py").exists()}
    assert folders - set(places) == set()


@pytest.mark.parametrize(("heading", "number"), HEADINGS.items())
def test_the_edits_touch_few_files(heading: str, number: int) -> None:
    """A measure is one file and a line in another."""
    assert len(python_files(edits(heading))) == number


def test_the_edits_are_in_the_style_of_the_project(tmp_path: Path) -> None:
    changes = [edit for heading in HEADINGS for edit in edits(heading)]
    copy_with(changes, tmp_path)
    for command in (["check", "--no-cache"], ["format", "--no-cache", "--check"]):
        words = [str(Path(sys.executable).with_name("ruff")), *command, *sorted(python_files(changes))]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_page_of_formats_lists_them_all() -> None:
    words = {True: "yes", False: "no"}
    there = {name: (words[one.read is not None], words[one.write is not None]) for name, one in formats().items()}
    assert there == FORMATS


# ---------------------------------------------------------------- the edits


@pytest.mark.slow
def test_the_column_of_the_page_works(migrated: Template, tmp_path: Path) -> None:
    """It is migrated, created, updated, undone, exported and imported."""
    folder = copy_with(edits("Add a column"), tmp_path / "copy")
    copy, other = (Copy(folder, migrated.copy(), migrated.tokens) for _ in range(2))
    for each in (copy, other):
        assert each.command("migrate").out.startswith("Migrated from 0007 to 0008")
    copy.python("-m", "alembic", "check")
    actor = "actor { id website history { edges { node { id } } } } errors { message }"
    create = f"mutation Create($input: CreateActorInput!) {{ createActor(input: $input) {{ {actor} }} }}"
    update = f"mutation Update($input: UpdateActorInput!) {{ updateActor(input: $input) {{ {actor} }} }}"
    undo = "mutation Undo($input: UndoInput!) { undo(input: $input) { errors { message } } }"
    read = "query Read($slug: String!) { actor(slug: $slug) { website } }"
    old, new = "https://agency.example", "https://agency.example/new"
    given = {"name": "An agency", "slug": "agency", "kind": "MEDIA", "website": old}
    with copy.serving() as server:
        created = server.run(create, "karl", input=given)["data"]["createActor"]
        assert created["actor"]["website"] == old, created
        updated = server.run(update, "karl", input={"id": created["actor"]["id"], "website": new})["data"][
            "updateActor"
        ]
        assert updated["actor"]["website"] == new, updated
        change = updated["actor"]["history"]["edges"][0]["node"]["id"]
        assert server.run(undo, "karl", input={"revisionId": change})["data"]["undo"] == {"errors": []}
        assert server.run(read, slug="agency")["data"]["actor"] == {"website": old}
        table, rows = (server.request("GET", f"/export/{path}") for path in ("csv?table=actors", "jsonl"))
        for name in ("graphml", "gexf"):
            assert old in server.request("GET", f"/export/{name}?isolates=yes")
    for name, text in {"jsonl": rows, "csv": table.replace("agency,An", "bureau,Another")}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        ended = other.command("import", name, tmp_path / name)
        assert ended.status == 0, ended.err
    with other.serving() as server:
        for slug in ("agency", "bureau"):
            assert server.run(read, slug=slug)["data"]["actor"] == {"website": old}
    migrated.drop(copy.url)
    migrated.drop(other.url)


@pytest.mark.slow
def test_the_mutation_of_the_page_works(api: Api, tmp_path: Path) -> None:
    """It ends a membership, writes a revision, checks its input, and needs a curator."""
    actors = [edge["node"]["id"] for edge in api("{ actors(first: 2) { edges { node { id } } } }")["actors"]["edges"]]
    membership = {"memberId": actors[0], "groupId": actors[1], "validFrom": "2020-01-01"}
    key = api.change("createMembership", membership, "membership { id }")["membership"]["id"]
    mutation = """
      mutation End($input: EndMembershipInput!) {
        endMembership(input: $input) {
          membership { validTo version history { edges { node { action } } } }
          errors { code path }
        }
      }
    """
    given = {"id": key, "validTo": "2030-01-31", "expectedVersion": 1}
    with Copy(copy_with(edits("Add a mutation"), tmp_path), api.url, api.tokens).serving() as server:
        ended = server.run(mutation, "karl", input=given)["data"]["endMembership"]
        refused = server.run(mutation, "karl", input={**given, "validTo": "0900-01-01"})["data"]["endMembership"]
        forbidden = server.run(mutation, "anna", input=given)
    changes = [edge["node"]["action"] for edge in ended["membership"].pop("history")["edges"]]
    assert changes == ["UPDATED", "CREATED"]
    assert ended == {"membership": {"validTo": "2030-01-31", "version": 2}, "errors": []}
    assert {(error["code"], *error["path"]) for error in refused["errors"]} == {
        ("CONFLICT", "input", "expectedVersion"),
        ("INVALID", "input", "validTo"),
    }
    assert forbidden["errors"][0]["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.slow
def test_the_format_of_the_page_works(bare: Api, tmp_path: Path) -> None:
    copy = Copy(copy_with(edits("Add a format"), tmp_path / "copy"), bare.url, bare.tokens)
    file, back = tmp_path / "in.txt", tmp_path / "out.txt"
    file.write_text("# who there is\nAlpha\tSTATE\nBeta\tMEDIA\nGamma\tPLANET\n", encoding="utf-8")
    ended = copy.command("import", "names", file, "--skip-refused")
    assert ended.status == 0, ended.err
    assert "skipped: line 1: is a comment" in ended.out
    assert "line 4: actor: there is no kind 'PLANET'" in ended.out
    assert copy.command("export", "names", "--kind", "MEDIA", "-o", back).status == 0
    assert back.read_text() == "Beta\tMEDIA\n"
    with copy.serving() as server:
        assert server.request("GET", "/export/names") == "Alpha\tSTATE\nBeta\tMEDIA\n"
    file.write_text("Gamma\n", encoding="utf-8")
    assert "line 1: has no tab" in copy.command("import", "names", file).err


@pytest.mark.slow
def test_the_measure_of_the_page_works(seeded_url: str, seeded: Template, reading: Api, tmp_path: Path) -> None:
    with Copy(copy_with(edits("Add a measure"), tmp_path), seeded_url, seeded.tokens).serving() as server:
        answer = server.run("{ network { density { pairs share } } }")
    ties = reading("{ network { relations { source { id } target { id } } } }")["network"]["relations"]
    pairs = {frozenset((tie["source"]["id"], tie["target"]["id"])) for tie in ties}
    actors = len(frozenset().union(*pairs))
    expected = {"pairs": len(pairs), "share": pytest.approx(2 * len(pairs) / (actors * (actors - 1)))}
    assert answer["data"]["network"]["density"] == expected
