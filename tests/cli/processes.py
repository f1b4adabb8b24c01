"""Runs the `stancegraph` command as a process."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2

COMMAND = (str(Path(sys.executable).with_name("stancegraph")),)
PREFIX = "STANCEGRAPH_"
_DATABASE = re.compile(r'^(?:stancegraph: database (.*)|\{.*"event":"database","database":"(.*)"\})\n', re.MULTILINE)


@dataclass(frozen=True)
class Ended:
    """The result of a command."""

    status: int
    out: str
    err: str
    """Stderr without the line that names the database."""
    database: str | None = field(default=None, compare=False)
    """The database that the command named."""

    @property
    def reason(self) -> str:
        """The only line of a failed command on stderr."""
        assert self.status != 0, self.out
        assert self.out == ""
        assert self.err.endswith("\n"), self.err
        assert self.err.count("\n") == 1, self.err
        assert self.err.startswith("stancegraph: "), self.err
        return self.err.removeprefix("stancegraph: ").rstrip("\n")


def environment(url: str | None = None, **settings: str) -> dict[str, str]:
    """Return the environment of this process with the given settings alone."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    given = {"DATABASE_URL": url, **{name.upper(): value for name, value in settings.items()}}
    return inherited | {f"{PREFIX}{name}": value for name, value in given.items() if value is not None}


def stancegraph(*arguments: str, url: str | None = None, seconds: float = 120, **settings: str) -> Ended:
    """Run the command to its end."""
    return run([*COMMAND, *arguments], environment(url, **settings), seconds=seconds)


def run(
    command: Sequence[str],
    env: Mapping[str, str],
    *,
    cwd: Path | None = None,
    user: int | None = None,
    seconds: float = 120,
) -> Ended:
    """Run any command to its end, as another user if one is named."""
    done = subprocess.run(
        command, env=env, cwd=cwd, user=user, capture_output=True, text=True, timeout=seconds, check=False
    )
    return ended(done.returncode, done.stdout, done.stderr)


def ended(status: int, out: str, err: str) -> Ended:
    """Return the result of a command, with the line that names the database separated."""
    named = _DATABASE.findall(err)
    assert len(named) <= 1, err
    return Ended(status, out, _DATABASE.sub("", err), *["".join(each) for each in named])


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class Running:
    """A running server."""

    process: subprocess.Popen[bytes]
    address: str
    folder: Path

    @property
    def out(self) -> str:
        """Stdout so far."""
        return (self.folder / "out").read_text()

    @property
    def err(self) -> str:
        """Stderr so far, which is the log."""
        return (self.folder / "err").read_text()

    @property
    def seconds(self) -> int:
        """CPU seconds of the server so far."""
        shown = subprocess.check_output(["ps", "-o", "time=", "-p", str(self.process.pid)], text=True)
        *_, hours, minutes, seconds = [0, 0, *map(int, shown.strip().replace("-", ":").partition(".")[0].split(":"))]
        return 3600 * hours + 60 * minutes + seconds

    def ask(self, query: str, token: str | None = None, **variables: Any) -> Any:
        """Send an operation and return the whole answer."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return httpx2.post(
            f"{self.address}/graphql", json={"query": query, "variables": variables}, headers=headers, timeout=30
        ).json()


@contextlib.contextmanager
def serving(
    *arguments: str,
    url: str | None,
    command: Sequence[str] = (*COMMAND, "serve"),
    cwd: Path | None = None,
    more: Mapping[str, str] | None = None,
    **settings: str,
) -> Iterator[Running]:
    """Run `stancegraph serve` until the block ends; `more` is added to its environment."""
    port = free_port()
    with TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
            process = subprocess.Popen(
                [*command, *arguments],
                env={**environment(url, **{"port": str(port), **settings}), **(more or {})},
                cwd=cwd,
                stdout=out,
                stderr=err,
            )
        running = Running(process, f"http://127.0.0.1:{port}", folder)
        try:
            _await_ready(running)
            yield running
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(20)


def _await_ready(running: Running) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx2.TransportError):
            if httpx2.get(f"{running.address}/readyz", timeout=5).status_code == httpx2.codes.OK:
                return
        assert running.process.poll() is None, running.err
        time.sleep(0.05)
    raise AssertionError(f"the server did not get ready: {running.err}")
