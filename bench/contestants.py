"""The processes that compete, each on a port of its own; only one of them is asked at a time."""

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
"""The hand-written endpoints, the product as shipped, and the same by resolvers, DataLoaders and the ORM."""
_PREFIX = "STANCEGRAPH_"
_SLOWEST_START = 60


class NotStarted(Exception):
    """A contestant did not come up."""


@dataclass(frozen=True)
class Contestant:
    """A process that answers."""

    name: str
    pid: int
    port: int
    prepared: Prepared

    def request(self, operation: Operation, variables: Variables) -> bytes:
        """The request for one variant of `operation`, as it goes over the wire."""
        path = f"/{operation.name}" if self.name == "floor" else "/graphql"
        token = self.prepared.tokens.get(operation.caller)
        return request_bytes(path, operation.document, variables, token)

    @property
    def resident(self) -> int | None:
        """Bytes of memory that the process and those it began hold; None where the system does not say."""
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
    """The contestants `names` over a prepared database, from when all of them answer until the end of the block.

    :raises NotStarted: where one of them does not come up.
    """
    with contextlib.ExitStack() as stack:
        started = [stack.enter_context(_started(name, prepared, workers)) for name in names]
        for process in started:
            process.await_answer()
        yield [Contestant(p.name, p.process.pid, p.port, prepared) for p in started]


@dataclass(frozen=True)
class _Process:
    """A contestant on its way up."""

    name: str
    process: "subprocess.Popen[bytes]"
    port: int
    log: Path

    def await_answer(self) -> None:
        """Wait until it answers anything at all."""
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
    # A line for each request: kept only where something failed.
    log.unlink()


def _command(name: str, prepared: Prepared, workers: int) -> list[str]:
    if name == "server":
        return [str(Path(sys.executable).with_name("stancegraph")), "serve", "--workers", str(workers)]
    callers = [f"--{caller}={prepared.annotators[caller]}" for caller in (Caller.BLIND, Caller.WRITER)]
    return [sys.executable, "-m", f"bench.{name}", *callers]


def _environment(url: str, port: int) -> dict[str, str]:
    """The environment as it is here, with the product's settings as they are by default."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_PREFIX)}
    given = {"DATABASE_URL": url, "PORT": str(port), "LOG_FORMAT": "json"}
    return inherited | {_PREFIX + name: value for name, value in given.items()}


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])
