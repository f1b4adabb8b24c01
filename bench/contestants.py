"""The contestants: server processes, each on its own port. Only one of them gets requests at a time."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.data import FOLDER, Prepared
from bench.load import HOST, request_bytes
from bench.operations import Caller, Operation, Variables

CONTESTANTS = ("floor", "server", "usual")
"""Hand-written endpoints; the product; and resolvers with DataLoaders and the ORM."""
_PREFIX = "STANCEGRAPH_"
_SLOWEST_START = 60


class NotStarted(Exception):
    """A contestant did not start."""


@dataclass(frozen=True)
class Contestant:
    """A running contestant."""

    name: str
    pid: int
    port: int
    prepared: Prepared

    def request(self, operation: Operation, variables: Variables) -> bytes:
        """Return the bytes of the request for `operation` with these variables."""
        path = f"/{operation.name}" if self.name == "floor" else "/graphql"
        token = self.prepared.tokens.get(operation.caller)
        return request_bytes(path, operation.document, variables, token)

    @property
    def resident(self) -> int | None:
        """Return the resident bytes of the process and its children; None if the system does not report them."""
        pages = [_resident(pid) for pid in _family(self.pid)]
        return None if None in pages else sum(page for page in pages if page is not None)


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        children = []
    return [pid, *(each for child in children for each in _family(int(child)))]


def _resident(pid: int) -> int | None:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    lines = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(lines[0].split()[1]) * 1024 if lines else 0


@contextlib.contextmanager
def running(names: Sequence[str], prepared: Prepared, workers: int = 1) -> Iterator[list[Contestant]]:
    """Start the contestants `names` over a prepared database, wait until all respond, and stop them after the block.

    :raises NotStarted: where one of them does not come up.
    """
    with contextlib.ExitStack() as stack:
        started = [stack.enter_context(_started(name, prepared, workers)) for name in names]
        for process in started:
            process.await_answer()
        yield [Contestant(p.name, p.process.pid, p.port, prepared) for p in started]


@dataclass(frozen=True)
class _Process:
    """A contestant that is starting."""

    name: str
    process: "subprocess.Popen[bytes]"
    port: int
    log: Path

    def await_answer(self) -> None:
        """Wait until it responds."""
        deadline = time.monotonic() + _SLOWEST_START
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"http://{HOST}:{self.port}/healthz", timeout=5).close()
                return
            except urllib.error.HTTPError:
                return  # it answers, if only that there is no such page
            except OSError:
                time.sleep(0.05)
        raise NotStarted(f"{self.name} did not come up: {self.log.read_text()[-2000:]}")


@contextlib.contextmanager
def _started(name: str, prepared: Prepared, workers: int) -> Iterator[_Process]:
    port = _free_port()
    log = FOLDER / f"{name}-{port}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 (the command is ours)
            _command(name, prepared, workers), env=_environment(prepared.url, port), stdout=out, stderr=out
        )
    try:
        yield _Process(name, process, port, log)
    finally:
        process.terminate()
        process.wait(60)
    # The log has a line for each request; it stays only after a failure.
    log.unlink()


def _command(name: str, prepared: Prepared, workers: int) -> list[str]:
    if name == "server":
        return [str(Path(sys.executable).with_name("stancegraph")), "serve", "--workers", str(workers)]
    callers = [f"--{caller}={prepared.annotators[caller]}" for caller in (Caller.BLIND, Caller.WRITER)]
    return [sys.executable, "-m", f"bench.{name}", *callers]


def _environment(url: str, port: int) -> dict[str, str]:
    """Return the environment of a contestant: the current one with the product's default settings."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_PREFIX)}
    settings = {"DATABASE_URL": url, "PORT": str(port), "LOG_FORMAT": "json"}
    return inherited | {_PREFIX + name: value for name, value in settings.items()}


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])
