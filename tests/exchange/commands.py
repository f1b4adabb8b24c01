"""The command line, called within this process: as good as a process of its own, without the seconds to start one."""

import contextlib
import io
import os
import sys
from pathlib import Path
from unittest.mock import patch

from api.cli.main import main
from tests.cli.processes import Ended, ended, environment


def called(*arguments: str | Path, url: str, **settings: str) -> Ended:
    """What `stancegraph` with these arguments said, and the status it left."""
    out, err, status = io.StringIO(), io.StringIO(), 0
    argv = ["stancegraph", *map(str, arguments)]
    with (
        patch.dict(os.environ, environment(url, **settings), clear=True),
        patch.object(sys, "argv", argv),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as exited:
            status = int(exited.code or 0)
    return ended(status, out.getvalue(), err.getvalue())


def table(ended: Ended) -> dict[str, dict[str, int]]:
    """What a report says of each type of record: created, matched and so on."""
    assert ended.status == 0, ended.err
    found: dict[str, dict[str, int]] = {}
    fates: list[str] = []
    for line in ended.out.splitlines():
        words = line.split()
        if words[:1] == ["created"]:
            fates = words
        elif fates and len(words) == len(fates) + 1 and all(word.replace(",", "").isdigit() for word in words[1:]):
            found[words[0]] = dict(zip(fates, (int(word.replace(",", "")) for word in words[1:]), strict=True))
    return found


def new(ended: Ended) -> dict[str, int]:
    """How many records of each type were created."""
    return {what: fates["created"] for what, fates in table(ended).items() if fates["created"]}
