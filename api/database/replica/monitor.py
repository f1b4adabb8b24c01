"""Monitors the replica (ADR 0007): whether it may be read from, its replayed position and its lag.

A separate connection checks the replica every second, and sooner if a reader waits for a position.
"""

import asyncio
import contextlib
import math
import time
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import asyncpg
import structlog

from api.database.postgres import DRIVER_ERRORS, session_settings
from api.database.reader import Reader, Row
from api.errors import OperationError
from api.settings import Settings

CHECK_SECONDS = 1.0
MIN_CHECK_SECONDS = 0.01
"""Minimum interval of checks while a reader waits."""
RECONNECT_SECONDS = 3.0
"""Pause after the replica was found unusable."""
TIMEOUT_SECONDS = 3.0
"""Timeout of the replica: a network that drops all packets reports no error."""
_PRIMARY_TIMEOUT_SECONDS = 1.0

# Without the privilege to read the system identifier, the database's name must do.
_IDENTITY = "SELECT current_database(), system_identifier FROM pg_control_system()"
_NAME = "SELECT current_database(), NULL"
_FLUSHED = "SELECT (pg_current_wal_flush_lsn() - '0/0')::bigint"
_REPLAYED = "SELECT pg_is_in_recovery(), coalesce((pg_last_wal_replay_lsn() - '0/0')::bigint, 0)"
_MAX_MARKS = 10_000
_FIRST_CHECKS, _FIRST_CHECK_SECONDS = 10, 0.05
"""Checks, and their interval, in which a new replica can show that it has no lag."""

T = TypeVar("T")
_Query = Callable[[str], Awaitable[Sequence[Row]]]
Identity = tuple[str, int | None]
"""Name of a database, and the identifier that it shares with its replicas; None without the privilege to read it."""

log = structlog.get_logger("stancegraph.replica")


class UnusableReplica(Exception):
    """The server answers but must not be read from; the message has the reason."""


@dataclass(frozen=True, slots=True)
class ReplicaStatus:
    """Status of the replica."""

    usable: bool
    reason: str | None = None
    """Why the replica is not usable."""
    lag_seconds: float | None = None
    """Time since the primary passed the replica's position; None if unknown."""

    @property
    def as_json(self) -> Mapping[str, object]:
        """The status as `/readyz` reports it."""
        status: dict[str, object] = {"status": "ok" if self.usable else "unavailable"}
        if self.reason is not None:
            status["reason"] = self.reason
        if self.lag_seconds is not None:
            status["lagSeconds"] = round(self.lag_seconds, 3)
        return status


class LagTracker:
    """Computes the lag of the replica from the times at which the primary reached positions (watermarks).

    Uses one clock, and works while nothing is written. Positions are in bytes of the log. Lags of hours are inexact.
    """

    def __init__(self) -> None:
        self._marks: list[tuple[int, float]] = []

    def mark(self, position: int, at: float) -> None:
        """Record that the primary is at `position`."""
        if self._marks and position < self._marks[-1][0]:
            self._marks.clear()  # another primary that lost part of the log
        if not self._marks or position > self._marks[-1][0]:
            self._marks.append((position, at))
        if len(self._marks) > _MAX_MARKS:
            # Marks hours old: no such lag is allowed.
            del self._marks[1 : _MAX_MARKS // 2 : 2]

    def begin(self, position: int) -> None:
        """Start at `position`, which the primary reached at an unknown time."""
        self._marks = [(position, -math.inf)]

    def lag_seconds(self, replayed: int, at: float) -> float:
        """Return the time since the primary passed `replayed`; 0 if the primary has not passed it."""
        del self._marks[: bisect_right(self._marks, (replayed, math.inf))]
        return at - self._marks[0][1] if self._marks else 0.0


class ReplicaMonitor:
    """Checks one replica regularly, and logs once when it becomes unusable and once when it is usable again."""

    def __init__(self, primary: Reader, url: str, settings: Settings, abandon: Callable[[], None]) -> None:
        """:param abandon: called when the replica is lost, to close its connections."""
        self._primary, self._url, self._settings, self._abandon = primary, url, settings, abandon
        self._connection: Any = None
        self._primary_identity: Identity | None = None
        self._check_requested = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._logged_usable: bool | None = None
        self.status = ReplicaStatus(usable=False, reason="it was not checked yet")
        self._reset()

    def _reset(self) -> None:
        self.replayed = 0
        """Position up to which the replica has replayed the log."""
        self._lag, self._marked_at = LagTracker(), -math.inf

    def start(self) -> None:
        """Check regularly until `close`."""
        self._task = asyncio.create_task(self._check_regularly())

    def check_soon(self) -> None:
        """Check soon: a reader waits for a position."""
        self._check_requested.set()

    async def _check_regularly(self) -> None:
        while True:
            await self.check()
            if self._connection is not None:
                await self._wait_for_request()
            if self._connection is None:
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _wait_for_request(self) -> None:
        await asyncio.sleep(MIN_CHECK_SECONDS)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CHECK_SECONDS):
                await self._check_requested.wait()
        self._check_requested.clear()

    # ------------------------------------------------------------------ checking

    async def check(self) -> ReplicaStatus:
        """Return the current status, from the positions of replica and primary."""
        try:
            if self._connection is None:
                await self._connect()
            await self._compare_positions()
        except (*DRIVER_ERRORS, UnusableReplica) as error:
            self.lose(error)
        except Exception as error:
            log.exception("replica watch failed")
            self.lose(error)
        return self.status

    async def _connect(self) -> None:
        session = session_settings(self._settings)
        connection = await asyncpg.connect(self._url, timeout=TIMEOUT_SECONDS, server_settings=session)
        self._connection = connection
        connection.add_termination_listener(self._ended)
        await _replayed(connection)  # first: for a promoted replica this gives the clearer error
        self._primary_identity = await self._query_primary(_identity) or self._primary_identity
        _compare(self._primary_identity, await _identity(lambda sql: connection.fetch(sql, timeout=TIMEOUT_SECONDS)))

    async def _compare_positions(self) -> None:
        connection, now = self._connection, time.monotonic()
        is_first = self._marked_at == -math.inf
        # The primary first: a replica without lag has its position a moment later.
        if now - self._marked_at >= CHECK_SECONDS:
            await self._mark(now)
        replayed = await _replayed(connection)
        for _ in range(_FIRST_CHECKS if is_first else 0):
            if not self._lag.lag_seconds(replayed, now):
                break
            await asyncio.sleep(_FIRST_CHECK_SECONDS)
            replayed = await _replayed(connection)
        if connection is self._connection:
            self.replayed = replayed
            self._judge(self._lag.lag_seconds(replayed, time.monotonic()))

    async def _mark(self, now: float) -> None:
        position = await self._query_primary(_flushed)
        if position is None:
            return  # nor can anything be written then
        if self._marked_at == -math.inf:
            self._lag.begin(position)
        self._lag.mark(position, now)
        self._marked_at = now

    async def _query_primary(self, question: Callable[[_Query], Awaitable[T]]) -> T | None:
        """Return the answer of the primary; None if it does not answer."""
        try:
            async with asyncio.timeout(_PRIMARY_TIMEOUT_SECONDS):
                return await question(lambda sql: self._primary.rows(sql, []))
        except (OperationError, asyncpg.PostgresError, TimeoutError):
            return None

    def _judge(self, lag: float) -> None:
        # Hysteresis: an unusable replica must be well within the limit to be used again.
        allowed = self._settings.read_max_lag_seconds * (1 if self.status.usable else 0.5)
        if lag == math.inf:
            self._set_status(ReplicaStatus(usable=False, reason="it is still catching up"))
        elif lag > allowed:
            self._set_status(ReplicaStatus(usable=False, reason=f"it is {lag:.0f} seconds behind", lag_seconds=lag))
        else:
            self._set_status(ReplicaStatus(usable=True, lag_seconds=lag))

    # ------------------------------------------------------------------ losing

    def _ended(self, connection: object) -> None:
        if connection is self._connection:
            self.lose(ConnectionResetError("the connection ended"))

    def lose(self, error: BaseException | None) -> None:
        """Stop using the replica for a while: it cannot be reached or must not be read from."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()
        self._reset()
        self._abandon()
        if isinstance(error, UnusableReplica):
            self._set_status(ReplicaStatus(usable=False, reason=str(error)))
        else:
            self._set_status(
                ReplicaStatus(usable=False, reason="it cannot be reached"), f"{type(error).__name__}: {error}"
            )
        self._check_requested.set()

    def _set_status(self, status: ReplicaStatus, error: str | None = None) -> None:
        self.status = status
        if status.usable == self._logged_usable or self._task is None:
            return  # logged already, or a single check, whose caller gets the status
        self._logged_usable = status.usable
        if status.usable:
            log.info("replica used", lag_seconds=status.lag_seconds)
        else:
            log.warning("replica not used", reason=status.reason, **({"error": error} if error else {}))

    async def close(self) -> None:
        """Stop checking."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()


async def _identity(query: _Query) -> Identity:
    try:
        ((name, system),) = await query(_IDENTITY)
    except asyncpg.InsufficientPrivilegeError:
        ((name, system),) = await query(_NAME)
    return name, system


async def _flushed(query: _Query) -> int:
    ((position,),) = await query(_FLUSHED)
    return int(position)


async def _replayed(connection: Any) -> int:
    in_recovery, position = await connection.fetchrow(_REPLAYED, timeout=TIMEOUT_SECONDS)
    if not in_recovery:
        raise UnusableReplica("it is no replica, or no longer one: it takes writes")
    return int(position)


def _compare(primary: Identity | None, replica: Identity) -> None:
    if primary is None:
        raise UnusableReplica("the primary cannot be asked whether this is its replica")
    if primary[1] != replica[1] and None not in (primary[1], replica[1]):
        raise UnusableReplica("it is a replica of another database system")
    if primary[0] != replica[0]:
        raise UnusableReplica("it is not the database of the primary")
