"""What the README and docs/ print runs as printed, and answers what they say it answers."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
_BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


@dataclass(frozen=True)
class Printed:
    """An operation on a page: its text, who sends it, and the answer printed behind it, where there is one."""

    text: str
    as_: str | None
    answer: Any


def printed(page: Path) -> Iterator[Printed]:
    blocks = _BLOCK.findall(page.read_text())
    following = [*blocks[1:], ("", "", "")] if blocks else []
    for (language, info, text), (next_language, _, next_text) in zip(blocks, following, strict=True):
        if language == "graphql":
            who = re.search(r"as=(\w+)", info)
            yield Printed(text, who[1] if who else None, json.loads(next_text) if next_language == "json" else None)


WITH_OPERATIONS = [page for page in PAGES if any(printed(page))]


def test_the_pages_hold_operations() -> None:
    assert {page.name for page in WITH_OPERATIONS} >= {"README.md", "querying.md", "writing.md"}


@pytest.mark.parametrize("page", WITH_OPERATIONS, ids=lambda page: page.name)
def test_operations_answer_as_printed(api: Any, page: Path) -> None:
    """One after the other on a fresh database, as a reader would run them."""
    for operation in printed(page):
        answer = api.run(operation.text, as_=operation.as_)
        if "errors" not in (operation.answer or {}):
            assert "errors" not in answer, f"{operation.text}\n{answer['errors']}"
        if operation.answer is not None:
            assert answer == operation.answer, operation.text


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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text()):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), target


def test_no_page_names_a_machine() -> None:
    home = Path("~").expanduser()
    for page in PAGES:
        assert f"{home}/" not in page.read_text()
