"""Delivers the events of subscriptions, for WebSockets and event streams alike (ADR 0012)."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterator, Sequence

import structlog

from api.database.change_feed import POLL_SECONDS, ChangeFeed
from api.errors import TimedOut, Unauthenticated, Unavailable
from api.graphql.subscription import ActiveSubscription, Event
from api.security.tokens import Authentication
from api.security.viewer import ANONYMOUS, Viewer

log = structlog.get_logger("stancegraph.following")

_TEMPORARY = (Unavailable, TimedOut)
"""Raised while the database is away: subscriptions wait and continue where they were."""


class Subscriptions:
    """Follows the change feed for subscribers, and checks each token once for all subscribers that sent it."""

    def __init__(self, feed: ChangeFeed, authentication: Authentication) -> None:
        self._feed, self._authentication = feed, authentication
        self._tokens: dict[str, _WatchedToken] = {}

    async def events(self, followed: ActiveSubscription, authorization: str | None) -> AsyncGenerator[Event, None]:
        """Yield the missed events, then new ones, until the server shuts down.

        The token is checked every second, and whenever there is something to read.

        :raises Unauthenticated: as soon as the token is invalid.
        """
        feed = self._feed
        with feed.follow(), self._watch(authorization) as token:
            if followed.announces_start and (start := followed.start) is not None:
                yield start
            while not feed.ended:
                generation, place = feed.generation, feed.last_place
                events = await _read(followed, feed, token)
                for event in events:
                    if token is not None:
                        token.check()
                    yield event
                if followed.caught_up(events):
                    followed.advance(place)
                    await _wait_for_change(feed, generation, token)

    @contextlib.contextmanager
    def _watch(self, authorization: str | None) -> Iterator["_WatchedToken | None"]:
        if authorization is None:
            yield None
            return
        token = self._tokens.get(authorization)
        if token is None:
            token = self._tokens[authorization] = _WatchedToken(authorization, self._feed, self._authentication)
        token.subscribers += 1
        try:
            yield token
        finally:
            token.subscribers -= 1
            if not token.subscribers:
                token.end()
                del self._tokens[authorization]


class _WatchedToken:
    """A token of subscribers, checked every second."""

    def __init__(self, authorization: str, feed: ChangeFeed, authentication: Authentication) -> None:
        self._authorization, self._feed, self._authentication = authorization, feed, authentication
        self.subscribers = 0
        self.waiting: set[asyncio.Future[None]] = set()
        """Futures of subscribers that wait for a change; done early if the token becomes invalid."""
        self._error: Unauthenticated | None = None
        self._task = asyncio.create_task(self._check_regularly())

    async def viewer(self) -> Viewer:
        """Return the caller, looked up once for all subscribers since the last change.

        :raises Unauthenticated: if the token is invalid.
        """
        self.check()
        key = ("token", self._authorization)
        return await self._feed.reads.run(key, lambda: self._authentication.viewer(self._authorization))

    def check(self) -> None:
        """Raise `Unauthenticated` if the last check found the token invalid."""
        if self._error is not None:
            raise self._error

    def end(self) -> None:
        """Stop checking the token."""
        self._task.cancel()

    async def _check_regularly(self) -> None:
        while self._error is None:
            await asyncio.sleep(POLL_SECONDS)
            try:
                with contextlib.suppress(*_TEMPORARY):
                    await self._authentication.viewer(self._authorization)
            except Unauthenticated as error:
                self._error = error
            except Exception:
                log.exception("token not looked up")
        for future in self.waiting:
            if not future.done():
                future.set_result(None)


async def _read(followed: ActiveSubscription, feed: ChangeFeed, token: _WatchedToken | None) -> Sequence[Event]:
    """Return the next events, retried while the database is away."""
    while True:
        with contextlib.suppress(*_TEMPORARY):
            viewer = ANONYMOUS if token is None else await token.viewer()
            return await followed.next_events(viewer, feed.reads)
        await asyncio.sleep(POLL_SECONDS)


async def _wait_for_change(feed: ChangeFeed, generation: int, token: _WatchedToken | None) -> None:
    with feed.next_change(generation) as future:
        if token is None:
            await future
            return
        token.check()
        token.waiting.add(future)
        try:
            await future
        finally:
            token.waiting.discard(future)
    token.check()
