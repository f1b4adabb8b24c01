"""Parses the Dockerfile, docker-compose.yml and .dockerignore, in the syntax that they use."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DOCKERFILE, COMPOSE, IGNORED = (ROOT / name for name in ("Dockerfile", "docker-compose.yml", ".dockerignore"))
_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


@dataclass
class Stage:
    """A stage of a Dockerfile."""

    base: str
    name: str | None
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, instruction: str) -> list[str]:
        """Return the arguments of all steps of one kind."""
        return [arguments for name, arguments in self.steps if name == instruction]

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of the stage."""
        return dict(part.split("=", 1) for arguments in self.all("ENV") for part in shlex.split(arguments))


def stages() -> list[Stage]:
    """Return the stages of the Dockerfile."""
    found: list[Stage] = []
    for instruction, arguments in _steps(DOCKERFILE.read_text(encoding="utf-8")):
        if instruction == "FROM":
            base, *named = arguments.split()
            found.append(Stage(base, named[1] if named else None))
        elif found:
            found[-1].steps.append((instruction, arguments))
    return found


def _steps(text: str) -> Iterator[tuple[str, str]]:
    lines = (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        instruction, _, arguments = line.strip().partition(" ")
        yield instruction, arguments.strip()


def stage(name: str) -> Stage:
    """Return a stage by name."""
    return next(each for each in stages() if each.name == name)


def command(arguments: str) -> list[str]:
    """Return the words of a CMD, which must be a JSON array: a shell would not pass signals on."""
    words = json.loads(arguments)
    assert isinstance(words, list)
    return words


def health_check(arguments: str) -> list[str]:
    """Return the command of a HEALTHCHECK."""
    return command(arguments.partition("CMD ")[2])


def compose(given: Mapping[str, str]) -> Any:
    """The compose file, its variables filled in from `given`.

    :raises KeyError: with the message of the file, for one that must be given and is not.
    """

    def value(match: re.Match[str]) -> str:
        name, kind, text = match.groups()
        if given.get(name):
            return given[name]
        if kind == "?":
            raise KeyError(text)
        return text or ""

    def filled(node: Any) -> Any:
        if isinstance(node, str):
            return _VARIABLE.sub(value, node)
        if isinstance(node, list):
            return [filled(each) for each in node]
        return {k: filled(v) for k, v in node.items()} if isinstance(node, dict) else node

    return filled(yaml.safe_load(COMPOSE.read_text(encoding="utf-8")))


def is_sent(path: Path) -> bool:
    """True if a file is part of the build context: the last matching pattern decides."""
    relative = path.relative_to(ROOT)
    sent = True
    for line in IGNORED.read_text(encoding="utf-8").splitlines():
        pattern = line.strip()
        if pattern and not pattern.startswith("#"):
            bare = pattern.removeprefix("!").removeprefix("**/")
            anywhere = pattern.removeprefix("!").startswith("**/")
            above = [relative, *relative.parents][:-1]
            if any(fnmatch(str(each), bare) or (anywhere and fnmatch(each.name, bare)) for each in above):
                sent = pattern.startswith("!")
    return sent
