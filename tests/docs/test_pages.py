"""What the README and docs/ print runs as printed, and answers what they say it answers."""

import json
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from docs.generator.markdown import BLOCK
from tests.conftest import Api
from tests.docs.examples import DOCS, ROOT, examples, run
from tests.docs.walkthrough import commands, walk
from tests.exchange.commands import called, new

PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")])


def _runs(page: Path) -> bool:
    languages = {block[0] for block in BLOCK.findall(page.read_text(encoding="utf-8"))}
    return (
        bool(languages & {"graphql", "console"})
        and "examples" not in page.parts
        and page.parent != ROOT
        and not page.name.startswith("frontend-")
    )


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


WALKED = [page for page in PAGES if _runs(page)]


def test_there_are_pages_to_run() -> None:
    assert len(WALKED) >= 20


@pytest.mark.parametrize("page", WALKED, ids=_name)
def test_the_page_runs_as_printed(api: Api, page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From its beginning to its end on a freshly seeded database."""
    monkeypatch.chdir(tmp_path)
    walk(page, api, tmp_path)


def test_the_readme_runs_as_printed(api: Api) -> None:
    run(ROOT / "README.md", api.run)


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_senders_are_named_in_the_text(page: Path) -> None:
    """Readers know who they are to be, also where the annotations of the blocks are not shown."""
    senders = {operation.sender for operation in examples(page)} - {None}
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    assert [name for name in senders if not re.search(rf"\b{name}\b", text)] == []


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_shell_commands_of_the_readme_run(server: Callable[..., str], seeded_url: str) -> None:
    """The README's curl, against a server on another port."""
    texts = [text for language, _, text in BLOCK.findall((ROOT / "README.md").read_text()) if language == "sh"]
    assert texts
    address = server(seeded_url)
    for text in texts:
        words = [w.replace("http://127.0.0.1:8000", address) for w in shlex.split(text.replace("\\\n", " "))]
        answer = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
        assert "errors" not in answer
        assert answer["data"]["actor"]["name"] == "Hezbollah"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_import_of_the_readme_runs(seeded_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the file that the README shows."""
    blocks = BLOCK.findall((ROOT / "README.md").read_text())
    (file,) = [text for language, _, text in blocks if language == "csv"]
    lines = [command for language, _, text in blocks if language == "console" for command, _ in commands(text)]
    lines = [line for line in lines if line.startswith(("stancegraph import", "stancegraph export"))]
    (tmp_path / "articles.csv").write_text(file)
    monkeypatch.chdir(tmp_path)
    ended = [called(*shlex.split(line)[1:], url=seeded_url) for line in lines]
    assert [each.status for each in ended] == [0] * len(lines), ended
    tried, done = (new(each) for each in ended[:2])
    assert tried == done == {"document": 2}
    assert "dry run" in ended[0].out
    assert (tmp_path / "stances.csv").read_text().count("\n") > 10
    assert (tmp_path / "everything.jsonl").exists()


def test_no_page_names_a_machine() -> None:
    home = Path("~").expanduser()
    for page in PAGES:
        assert f"{home}/" not in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", [page for page in PAGES if "decisions" not in page.parts], ids=_name)
def test_the_page_begins_with_what_it_is_for(page: Path) -> None:
    """A heading, then a paragraph (examples are parts of pages and have no heading)."""
    lines = [line for line in page.read_text(encoding="utf-8").splitlines() if line]
    if "examples" not in page.parts and page.parent != ROOT:
        assert lines[0].startswith("# ")
        assert re.match(r"\w|[`\[]", lines[1]), lines[1]


def test_the_page_on_architecture_lists_the_layers_of_the_import_contract() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ][0]
    page = (DOCS / "background" / "architecture.md").read_text(encoding="utf-8")
    (listed,) = [text for _, _, text in BLOCK.findall(page) if text.startswith("bench\n")]
    assert [re.split(r"  +", line)[0] for line in listed.splitlines()] == contract["layers"]


def test_each_page_is_in_the_navigation() -> None:
    """A page that the navigation lacks is built, and nobody finds it."""
    named = re.findall(r"[\w/-]+\.md", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    pages = [page.relative_to(DOCS).as_posix() for page in PAGES if page.is_relative_to(DOCS)]
    decisions = [page for page in pages if page.startswith("decisions/0")]
    assert sorted(named) == sorted(page for page in pages if not page.startswith("examples/") and page not in decisions)
