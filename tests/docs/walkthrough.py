"""Runs a page as a reader would: files are saved, commands run, operations sent, in the order of the page."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from tests.conftest import PEOPLE, Api
from tests.docs.examples import Session, blocks, example
from tests.exchange.commands import called

_TITLE = re.compile(r'title="([^"]+)"')
NOT_RUN = ("Rscript", "curl", "export", "for", "make", "npm", "npx", "sqlite3")
"""Commands of pages that tests do not run here: other programs, and what the fixtures did already."""


def walk(page: Path, api: Api, folder: Path) -> None:
    """Run a page against a server, with `folder` as the working directory."""
    tokens = dict(api.tokens)
    api.tokens = tokens
    session = Session(page, api.run)
    for block, following in blocks(page):
        title = _TITLE.search(block[2])
        if title is not None:
            (folder / title[1]).write_text(block[3], encoding="utf-8")
        elif block[1] == "graphql":
            session.run(example(block, following))
        elif block[1] == "console":
            for command, printed in commands(block[3]):
                _run(command, printed, api, tokens, folder)
    session.end()


def commands(text: str) -> list[tuple[str, str]]:
    """Return the commands of a console, each with the output that is printed after it."""
    joined = text.replace("\\\n", " ")
    parts = re.split(r"^\$ ", joined, flags=re.MULTILINE)
    assert parts[0].strip() == "", f"a console begins with a command: {text}"
    return [(command, printed) for command, _, printed in (part.partition("\n") for part in parts[1:])]


def _run(command: str, printed: str, api: Api, tokens: dict[str, str], folder: Path) -> None:
    words = shlex.split(command)
    if words[0] in NOT_RUN:
        return
    if words[0] == "python":
        done = subprocess.run(
            [sys.executable, *words[1:]],
            cwd=folder,
            env={**os.environ, "MPLBACKEND": "Agg"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        output = done.stdout
    else:
        assert words[0] == "stancegraph", f"the test cannot run {command}"
        if words[1] == "serve" or (words[1:3] == ["annotator", "add"] and words[3] in PEOPLE):
            return
        ended = called(*words[1:], url=api.url)
        assert ended.status == 0, f"{command}\n{ended.err}"
        output = ended.out + ended.err
        if words[1:3] == ["token", "create"]:
            tokens[words[3]] = ended.out.strip()
    missing = [line for line in printed.splitlines() if line.strip() and line not in output]
    assert missing == [], f"{command} printed\n{output}"
