"""`make help` lists every target, in groups, and the pages name targets that are there."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^\.PHONY: (\S+)$", MAKEFILE, re.MULTILINE))
needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")


def _make(*arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(["make", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


@needs_make
def test_help_lists_every_target_with_a_description() -> None:
    listed = dict(re.findall(r"^  make (\S+) +(\S.*)$", _make("help"), re.MULTILINE))
    assert set(listed) == TARGETS
    assert {"serve", "test", "test-quick", "coverage"} <= TARGETS
    assert [target for target, description in listed.items() if not description[0].isupper()] == []


@needs_make
def test_help_is_grouped_and_the_default() -> None:
    text = _make()
    assert text == _make("help")
    groups = re.findall(r"^(?!  )(\S.*)$", text, re.MULTILINE)
    assert groups == ["Run", "Check", "Develop"]
    assert max(map(len, text.splitlines())) <= 100


def test_every_target_that_is_no_file_is_phony() -> None:
    """Otherwise a file of that name would keep make from running the target."""
    rules = re.findall(r"^([a-z-]+):(?!=)", MAKEFILE, re.MULTILINE)
    assert set(rules) == TARGETS


def test_pages_and_hooks_name_targets_that_are_there() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.joinpath("docs").rglob("*.md"), *ROOT.joinpath(".github").rglob("*.md")]
    pages += [ROOT / ".pre-commit-config.yaml", ROOT / ".ci" / "run"]
    named = {
        (page.name, target)
        for page in pages
        for line in page.read_text(encoding="utf-8").splitlines()
        for target in re.findall(r"(?:`|^\$ |entry: |exec )make ([a-z][a-z-]+)", line)
    }
    assert len(named) > 5
    assert {(page, target) for page, target in named if target not in TARGETS} == set()


def test_hooks_are_local_and_take_their_tools_from_the_environment() -> None:
    """No hook fetches anything at commit time, and none has a version of a tool beside the locked one."""
    repositories = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert [each["repo"] for each in repositories] == ["local"]
    hooks = repositories[0]["hooks"]
    assert {hook["language"] for hook in hooks} == {"system"}
    assert {hook["entry"].split()[0] for hook in hooks} == {"make", ".venv/bin/python"}
