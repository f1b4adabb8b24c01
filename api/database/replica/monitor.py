"""What is known of the replica: whether it may be read from, how far it has followed, how far it is behind.

One connection of its own asks once a second, and sooner where somebody waits for the replica to have followed.
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

EVERY_SECONDS = 1.0
SOONEST_SECONDS = 0.01
"""Between two looks where somebody waits."""
LEFT_ALONE_SECONDS = 3.0
"""After it could not be used."""
PATIENCE_SECONDS = 3.0
"""For an answer, after which the replica counts as gone: a network that swallows everything tells nobody."""
_PATIENCE_WITH_PRIMARY_SECONDS = 1.0

# Who may not ask for the system is believed the database's name.
_IDENTITY = "SELECT current_database(), system_identifier FROM pg_control_system()"
_NAME = "SELECT current_database(), NULL"
_FLUSHED = "SELECT (pg_current_wal_flush_lsn() - '0/0')::bigint"
_FOLLOWED = "SELECT pg_is_in_recovery(), coalesce((pg_last_wal_replay_lsn() - '0/0')::bigint, 0)"
_MOST_MARKS = 10_000
_MOMENTS, _MOMENT_SECONDS = 10, 0.05
"""What a replica is given to show that it is not behind, when it is first met."""

T = TypeVar("T")
_Ask = Callable[[str], Awaitable[Sequence[Row]]]
Identity = tuple[str, int | None]
"""Of a database: its name, and the number of the system that it and its replicas belong to, where one may know it."""

log = structlog.get_logger("stancegraph.replica")


class Unfit(Exception):
    """The server answers and must not be read from; `str` says why."""


@dataclass(frozen=True, slots=True)
class View:
    """How the replica stands."""

    usable: bool
    reason: str | None = None
    """Why it is not."""
    lag_seconds: float | None = None
    """How long ago the primary was where the replica is; None where that is not known."""

    @property
    def told(self) -> Mapping[str, object]:
        """As `/readyz` says it."""
        said: dict[str, object] = {"status": "ok" if self.usable else "unavailable"}
        if self.reason is not None:
            said["reason"] = self.reason
        if self.lag_seconds is not None:
            said["lagSeconds"] = round(self.lag_seconds, 3)
        return said


class Trail:
    """Where the primary was when, as far as the replica has not followed: its lag, by one clock, also while all rests.

    Times are in seconds of any one clock, positions in bytes of the log. Lags of hours are told roughly.
    """

    def __init__(self) -> None:
        self._marks: list[tuple[int, float]] = []

    def mark(self, position: int, at: float) -> None:
        """The primary is at `position`."""
        if self._marks and position < self._marks[-1][0]:
            self._marks.clear()  # another primary, of which part of the log was lost
        if not self._marks or position > self._marks[-1][0]:
            self._marks.append((position, at))
        if len(self._marks) > _MOST_MARKS:
            # Of hours ago: no lag that is allowed is as long.
            del self._marks[1 : _MOST_MARKS // 2 : 2]

    def begin(self, position: int) -> None:
        """The primary has been at `position` for nobody knows how long."""
        self._marks = [(position, -math.inf)]

    def behind(self, followed: int, at: float) -> float:
        """How many seconds ago the primary was first beyond `followed`; 0 where it is not."""
        del self._marks[: bisect_right(self._marks, (followed, math.inf))]
        return at - self._marks[0][1] if self._marks else 0.0


class Watch:
    """Looks after one replica, and says in the log once when it goes and once when it comes back."""

    def __init__(self, primary: Reader, url: str, settings: Settings, abandon: Callable[[], None]) -> None:
        """:param abandon: called when the replica is lost, to end what still waits on it."""
        self._primary, self._url, self._settings, self._abandon = primary, url, settings, abandon
        self._connection: Any = None
        self._primary_is: Identity | None = None
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._said: bool | None = None
        self.view = View(usable=False, reason="it was not looked at yet")
        self._forget()

    def _forget(self) -> None:
        self.followed = 0
        """Up to which position the replica is known to have replayed the log."""
        self._trail, self._marked = Trail(), -math.inf

    def start(self) -> None:
        """Look again and again from now on, until `close`."""
        self._task = asyncio.create_task(self._keep_looking())

    def hurry(self) -> None:
        """Look again soon: somebody waits for the replica to have followed."""
        self._wanted.set()

    async def _keep_looking(self) -> None:
        while True:
            await self.look()
            if self._connection is not None:
                await self._until_wanted()
            if self._connection is None:
                await asyncio.sleep(LEFT_ALONE_SECONDS)

    async def _until_wanted(self) -> None:
        await asyncio.sleep(SOONEST_SECONDS)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(EVERY_SECONDS):
                await self._wanted.wait()
        self._wanted.clear()

    # ------------------------------------------------------------------ looking

    async def look(self) -> View:
        """How the replica stands now, asked of it and of the primary."""
        try:
            if self._connection is None:
                await self._connect()
            await self._ask()
        except (*DRIVER_ERRORS, Unfit) as error:
            self.lose(error)
        except Exception as error:
            log.exception("replica watch failed")
            self.lose(error)
        return self.view

    async def _connect(self) -> None:
        session = session_settings(self._settings)
        connection = await asyncpg.connect(self._url, timeout=PATIENCE_SECONDS, server_settings=session)
        self._connection = connection
        connection.add_termination_listener(self._ended)
        await _followed(connection)  # before it is compared: of one that was promoted, that is the thing to say
        self._primary_is = await self._asked_of_primary(_identity) or self._primary_is
        _compare(self._primary_is, await _identity(lambda sql: connection.fetch(sql, timeout=PATIENCE_SECONDS)))

    async def _ask(self) -> None:
        connection, now = self._connection, time.monotonic()
        is_first = self._marked == -math.inf
        # The primary first: what it has then, a replica that is not behind has a moment later.
        if now - self._marked >= EVERY_SECONDS:
            await self._mark(now)
        followed = await _followed(connection)
        for _ in range(_MOMENTS if is_first else 0):
            if not self._trail.behind(followed, now):
                break
            await asyncio.sleep(_MOMENT_SECONDS)
            followed = await _followed(connection)
        if connection is self._connection:
            self.followed = followed
            self._judge(self._trail.behind(followed, time.monotonic()))

    async def _mark(self, now: float) -> None:
        position = await self._asked_of_primary(_flushed)
        if position is None:
            return  # it cannot be written to either
        if self._marked == -math.inf:
            self._trail.begin(position)
        self._trail.mark(position, now)
        self._marked = now

    async def _asked_of_primary(self, question: Callable[[_Ask], Awaitable[T]]) -> T | None:
        """What the primary answers; None where it does not."""
        try:
            async with asyncio.timeout(_PATIENCE_WITH_PRIMARY_SECONDS):
                return await question(lambda sql: self._primary.rows(sql, []))
        except (OperationError, asyncpg.PostgresError, TimeoutError):
            return None

    def _judge(self, lag: float) -> None:
        # It comes back only when it is well within what is allowed, lest it go and come at every look.
        allowed = self._settings.read_max_lag_seconds * (1 if self.view.usable else 0.5)
        if lag == math.inf:
            self._see(View(usable=False, reason="it is still catching up"))
        elif lag > allowed:
            self._see(View(usable=False, reason=f"it is {lag:.0f} seconds behind", lag_seconds=lag))
        else:
            self._see(View(usable=True, lag_seconds=lag))

    # ------------------------------------------------------------------ losing

    def _ended(self, connection: object) -> None:
        if connection is self._connection:
            self.lose(ConnectionResetError("the connection ended"))

    def lose(self, error: BaseException | None) -> None:
        """Leave the replica alone for a while: it cannot be reached, or must not be read from."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()
        self._forget()
        self._abandon()
        if isinstance(error, Unfit):
            self._see(View(usable=False, reason=str(error)))
        else:
            self._see(View(usable=False, reason="it cannot be reached"), f"{type(error).__name__}: {error}")
        self._wanted.set()

    def _see(self, view: View, error: str | None = None) -> None:
        self.view = view
        if view.usable == self._said or self._task is None:
            return  # said already, or somebody asks who is told
        self._said = view.usable
        if view.usable:
            log.info("replica used", lag_seconds=view.lag_seconds)
        else:
            log.warning("replica not used", reason=view.reason, **({"error": error} if error else {}))

    async def close(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()


async def _identity(ask: _Ask) -> Identity:
    try:
        ((name, system),) = await ask(_IDENTITY)
    except asyncpg.InsufficientPrivilegeError:
        ((name, system),) = await ask(_NAME)
    return name, system


async def _flushed(ask: _Ask) -> int:
    ((position,),) = await ask(_FLUSHED)
    return int(position)


async def _followed(connection: Any) -> int:
    in_recovery, position = await connection.fetchrow(_FOLLOWED, timeout=PATIENCE_SECONDS)
    if not in_recovery:
        raise Unfit("it is no replica, or is one no longer: it takes writes of its own")
    return int(position)


def _compare(primary: Identity | None, replica: Identity) -> None:
    if primary is None:
        raise Unfit("the primary cannot be asked whether it is a replica of it")
    if primary[1] != replica[1] and None not in (primary[1], replica[1]):
        raise Unfit("it is a replica of another database system")
    if primary[0] != replica[0]:
        raise Unfit("it is another database than the primary's")
