"""What the README and docs/ print runs as printed, and answers what they say it answers."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.schema.build import build
from tests.exchange.commands import called, new

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
_BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


@dataclass(frozen=True)
class Printed:
    """An operation on a page: its text, who sends it, and the answer printed behind it, where there is one.

    `variables` are taken from what operations before it answered: the variable → where in an answer its value stands.
    """

    text: str
    as_: str | None
    answer: Any
    variables: Mapping[str, str]

    def values(self, answers: Sequence[Any]) -> dict[str, Any]:
        """The values of the variables, each from the last answer that has it."""
        return {
            name: next(filter(None, (_at(a, path) for a in reversed(answers)))) for name, path in self.variables.items()
        }


def _at(answer: Any, path: str) -> Any:
    for part in path.split("."):
        if isinstance(answer, list):
            answer = answer[int(part)] if int(part) < len(answer) else None
        else:
            answer = (answer or {}).get(part)
    return answer


def refused(answer: Any) -> list[Any]:
    """All that payloads in an answer say is wrong."""
    if isinstance(answer, list):
        return [error for each in answer for error in refused(each)]
    if not isinstance(answer, dict):
        return []
    return answer.get("errors") or [error for each in answer.values() for error in refused(each)]


def printed(page: Path) -> Iterator[Printed]:
    blocks = _BLOCK.findall(page.read_text())
    following = [*blocks[1:], ("", "", "")] if blocks else []
    for (language, info, text), (next_language, _, next_text) in zip(blocks, following, strict=True):
        if language == "graphql":
            who = re.search(r"as=(\w+)", info)
            variables = dict(re.findall(r"(\w+)=(\w+(?:\.\w+)+)", info))
            answer = json.loads(next_text) if next_language == "json" else None
            yield Printed(text, who[1] if who else None, answer, variables)


WITH_OPERATIONS = [page for page in PAGES if any(printed(page))]


def test_the_pages_hold_operations() -> None:
    assert {page.name for page in WITH_OPERATIONS} >= {"README.md", "querying.md", "writing.md"}


@pytest.mark.parametrize("page", WITH_OPERATIONS, ids=lambda page: page.name)
def test_operations_answer_as_printed(api: Any, page: Path) -> None:
    """One after the other on a fresh database, as a reader would run them; what is refused is printed as refused."""
    answers: list[Any] = []
    for operation in printed(page):
        answer = api.run(operation.text, operation.values(answers), operation.as_)
        if "errors" not in (operation.answer or {}):
            assert "errors" not in answer, f"{operation.text}\n{answer['errors']}"
        answers.append(answer["data"])
        if operation.answer is not None:
            assert answer == operation.answer, operation.text
        else:
            assert refused(answer["data"]) == [], operation.text


def test_every_mutation_has_an_example() -> None:
    """In docs/writing.md or docs/annotating.md: as an operation that is run."""
    texts = [o.text for page in WITH_OPERATIONS if page.name in ("writing.md", "annotating.md") for o in printed(page)]
    mutation = build().schema.mutation_type
    assert mutation is not None
    assert [name for name in mutation.fields if not any(f" {name}(" in text for text in texts)] == []


def test_whoever_sends_an_operation_is_named_in_the_text() -> None:
    """Who reads a page knows who they are to be, also where the fences are not shown."""
    for page in WITH_OPERATIONS:
        senders = {operation.as_ for operation in printed(page)} - {None}
        text = _BLOCK.sub("", page.read_text())
        assert [name for name in senders if not re.search(rf"\b{name}\b", text)] == [], page


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_shell_commands_of_the_readme_run(server: Callable[..., str], seeded_url: str) -> None:
    """The README's curl, against a server on another port."""
    commands = [text for language, _, text in _BLOCK.findall((ROOT / "README.md").read_text()) if language == "sh"]
    assert commands
    address = server(seeded_url)
    for command in commands:
        words = [w.replace("http://127.0.0.1:8000", address) for w in shlex.split(command.replace("\\\n", " "))]
        answer = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
        assert "errors" not in answer
        assert answer["data"]["actor"]["name"] == "Hezbollah"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_import_of_the_readme_runs(seeded_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the file that the README shows."""
    blocks = _BLOCK.findall((ROOT / "README.md").read_text())
    (file,) = [text for language, _, text in blocks if language == "csv"]
    commands = [line for language, _, text in blocks if language == "console" for line in text.splitlines()]
    commands = [
        line.removeprefix("$ ")
        for line in commands
        if line.startswith(("$ stancegraph import", "$ stancegraph export"))
    ]
    (tmp_path / "articles.csv").write_text(file)
    monkeypatch.chdir(tmp_path)
    said = [called(*shlex.split(command)[1:], url=seeded_url) for command in commands]
    assert [each.status for each in said] == [0] * len(commands), said
    tried, done = (new(each) for each in said[:2])
    assert tried == done == {"document": 2}
    assert "dry run" in said[0].out
    assert (tmp_path / "stances.csv").read_text().count("\n") > 10
    assert (tmp_path / "everything.jsonl").exists()


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_list_of_people_comes_in(seeded_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As docs/operating.md shows it."""
    text = (ROOT / "docs" / "operating.md").read_text()
    (file,) = [block for language, _, block in _BLOCK.findall(text) if language == "csv"]
    (command, _, said) = re.findall(
        r"^\$ stancegraph (annotator import .*)\n(stancegraph: .*)\n(.*)$", text, re.MULTILINE
    )[0]
    (tmp_path / "people.csv").write_text(file)
    monkeypatch.chdir(tmp_path)
    assert called(*shlex.split(command), url=seeded_url).err == f"{said}\n"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text()):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), target


def test_no_page_names_a_machine() -> None:
    home = Path("~").expanduser()
    for page in PAGES:
        assert f"{home}/" not in page.read_text()
