"""The edits that CONTRIBUTING.md prints work, and touch as few files as it says: each is made to a copy of the project."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
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
HEADINGS = {"Add a mutation": 2, "Add a format": 1, "Add a measure": 2}
"""Section → number of Python files that its edits touch."""
SERVE = """
import json, sys
from starlette.testclient import TestClient
from api.app import create
with TestClient(create()) as client:
    for line in sys.stdin:
        request = json.loads(line)
        print(client.request(**request).text)
"""
COMMAND = "from api.cli.main import main; main()"


class Copy:
    """A copy of the project, over a database: the commands and the server that run from its code."""

    def __init__(self, folder: Path, url: str, tokens: Mapping[str, str]) -> None:
        self.folder, self.tokens = folder, tokens
        self.env = {**environment(url, allowed_hosts="testserver"), "PYTHONPATH": str(folder)}

    def command(self, *arguments: str | Path) -> Ended:
        """Run `stancegraph` with these arguments."""
        return run([sys.executable, "-c", COMMAND, *map(str, arguments)], self.env, cwd=self.folder)

    def serve(self, *requests: Mapping[str, Any]) -> list[str]:
        """Return the texts of the responses to requests, as `TestClient.request` takes them, from one server."""
        done = subprocess.run(
            [sys.executable, "-c", SERVE],
            input="".join(f"{json.dumps(request)}\n" for request in requests),
            env=self.env,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return [line for line in done.stdout.splitlines() if line]

    def run(self, *operations: tuple[str, Mapping[str, Any]], as_: str | None = None) -> list[Any]:
        """Return the answers to operations with their variables, one after the other, from one server."""
        headers = {} if as_ is None else {"authorization": f"Bearer {self.tokens[as_]}"}
        bodies = [{"query": query, "variables": variables} for query, variables in operations]
        requests = [{"method": "POST", "url": "/graphql", "json": body, "headers": headers} for body in bodies]
        return [json.loads(text) for text in self.serve(*requests)[-len(requests) :]]


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


def test_the_mutation_of_the_page_works(api: Api, tmp_path: Path) -> None:
    """It ends a membership, writes a revision, and checks its input."""
    copy = Copy(copy_with(edits("Add a mutation"), tmp_path), api.url, api.tokens)
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
    ended, refused = copy.run(
        (mutation, {"input": given}), (mutation, {"input": {**given, "validTo": "0900-01-01"}}), as_="karl"
    )
    changes = [edge["node"]["action"] for edge in ended["data"]["endMembership"]["membership"].pop("history")["edges"]]
    assert changes == ["UPDATED", "CREATED"]
    assert ended["data"]["endMembership"] == {"membership": {"validTo": "2030-01-31", "version": 2}, "errors": []}
    errors = refused["data"]["endMembership"]["errors"]
    assert {(error["code"], *error["path"]) for error in errors} == {
        ("CONFLICT", "input", "expectedVersion"),
        ("INVALID", "input", "validTo"),
    }
    (forbidden,) = copy.run((mutation, {"input": given}), as_="anna")
    assert forbidden["errors"][0]["extensions"]["code"] == "FORBIDDEN"


def test_the_format_of_the_page_works(bare: Api, tmp_path: Path) -> None:
    copy = Copy(copy_with(edits("Add a format"), tmp_path / "copy"), bare.url, bare.tokens)
    file, back = tmp_path / "in.txt", tmp_path / "out.txt"
    file.write_text("# who there is\nAlpha\tSTATE\nBeta\tMEDIA\n", encoding="utf-8")
    ended = copy.command("import", "names", file)
    assert ended.status == 0, ended.err
    assert "skipped: line 1: is a comment" in ended.out
    assert copy.command("export", "names", "--kind", "MEDIA", "-o", back).status == 0
    assert back.read_text() == "Beta\tMEDIA\n"
    assert copy.serve({"method": "GET", "url": "/export/names"}) == ["Alpha\tSTATE", "Beta\tMEDIA"]
    file.write_text("Gamma\tPLANET\n", encoding="utf-8")
    assert "line 1: actor: there is no kind 'PLANET'" in copy.command("import", "names", file).err
    file.write_text("Gamma\n", encoding="utf-8")
    assert "line 1: has no tab" in copy.command("import", "names", file).err


def test_the_measure_of_the_page_works(seeded_url: str, seeded: Template, reading: Api, tmp_path: Path) -> None:
    copy = Copy(copy_with(edits("Add a measure"), tmp_path), seeded_url, seeded.tokens)
    (answer,) = copy.run(("{ network { density { pairs share } } }", {}))
    ties = reading("{ network { relations { source { id } target { id } } } }")["network"]["relations"]
    pairs = {frozenset((tie["source"]["id"], tie["target"]["id"])) for tie in ties}
    actors = len(frozenset().union(*pairs))
    assert answer["data"]["network"]["density"] == {
        "pairs": len(pairs),
        "share": pytest.approx(2 * len(pairs) / (actors * (actors - 1))),
    }
