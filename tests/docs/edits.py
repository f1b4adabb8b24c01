"""Reads the edits that CONTRIBUTING.md prints, and applies them to a copy of the project.

A `python` block is a new file, a `diff` block changes a file: lines with `-` go, lines with `+` come, the others are there
already; `@@` separates places. The paragraph before a block names the file.
"""

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
_COPIED = ("api", "migrations", "models", "seeds", "alembic.ini", "pyproject.toml")
_SECTION = re.compile(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```(python|diff)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"`([\w./]+\.(?:py|sql|graphql))`")


@dataclass(frozen=True)
class Edit:
    """The lines that come in place of others in a file; a new file has none before."""

    path: str
    before: str
    after: str


def edits(heading: str) -> list[Edit]:
    """Return the edits of the section with this heading."""
    text = dict(_SECTION.findall(CONTRIBUTING.read_text(encoding="utf-8")))[heading]
    return [edit for block in _BLOCK.finditer(text) for edit in _edits(text[: block.start()], *block.groups())]


def _edits(text: str, language: str, block: str) -> Iterator[Edit]:
    path = _PATH.findall(text.rstrip().rpartition("\n\n")[2])[-1]
    if language == "python":
        yield Edit(path, "", block)
        return
    for place in re.split(r"^@@.*\n", block, flags=re.MULTILINE):
        lines = [(line[:1], line[1:]) for line in place.splitlines(keepends=True)]
        yield Edit(
            path,
            "".join(line for sign, line in lines if sign != "+"),
            "".join(line for sign, line in lines if sign != "-"),
        )


def copy_with(changes: Sequence[Edit], folder: Path) -> Path:
    """Copy the project to `folder` with the edits applied; return the folder."""
    ignored = shutil.ignore_patterns("__pycache__", "node_modules", "dist", "site")
    for name in _COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder / name)
    for edit in changes:
        file = folder / edit.path
        if not edit.before:
            assert not file.exists(), f"{edit.path} is there already"
            file.write_text(edit.after, encoding="utf-8")
            continue
        text = file.read_text(encoding="utf-8")
        places = text.startswith(edit.before) + text.count("\n" + edit.before)
        assert places == 1, f"{edit.path} has {places} places with:\n{edit.before}"
        file.write_text(("\n" + text).replace("\n" + edit.before, "\n" + edit.after)[1:], encoding="utf-8")
    return folder


def python_files(changes: Sequence[Edit]) -> set[str]:
    """Return the Python files that the edits touch."""
    return {edit.path for edit in changes if edit.path.endswith(".py")}
