"""What a subscriber is sent, and when, whichever way it is connected."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterator, Sequence

import structlog

from api.database.change_feed import EVERY_SECONDS, Feed
from api.errors import TimedOut, Unauthenticated, Unavailable
from api.graphql.subscription import Event, Subscribed
from api.security.tokens import Authentication
from api.security.viewer import ANONYMOUS, Viewer

log = structlog.get_logger("stancegraph.following")

_AWAY = (Unavailable, TimedOut)
"""What is raised while the database is away; whoever follows the feed goes on afterwards where they were."""


class Followers:
    """Follows the feed for subscribers, and looks up each token once for all of them that send it."""

    def __init__(self, feed: Feed, authentication: Authentication) -> None:
        self._feed, self._authentication = feed, authentication
        self._tokens: dict[str, _WatchedToken] = {}

    async def events(self, followed: Subscribed, authorization: str | None) -> AsyncGenerator[Event, None]:
        """What was missed, then what is new, until the server ends.

        Who asks is looked up each second, and whenever there is something to read.

        :raises Unauthenticated: as soon as their token is no longer good.
        """
        feed = self._feed
        with feed.followed(), self._watched(authorization) as token:
            if followed.announces_start and (start := followed.start) is not None:
                yield start
            while not feed.ended:
                generation, place = feed.generation, feed.seen_place
                read = await _read(followed, feed, token)
                for event in read:
                    if token is not None:
                        token.check()
                    yield event
                if followed.are_all(read):
                    followed.advance(place)
                    await _next_move(feed, generation, token)

    @contextlib.contextmanager
    def _watched(self, authorization: str | None) -> Iterator["_WatchedToken | None"]:
        if authorization is None:
            yield None
            return
        token = self._tokens.get(authorization)
        if token is None:
            token = self._tokens[authorization] = _WatchedToken(authorization, self._feed, self._authentication)
        token.users += 1
        try:
            yield token
        finally:
            token.users -= 1
            if not token.users:
                token.end()
                del self._tokens[authorization]


class _WatchedToken:
    """A token that subscribers sent, looked up again each second."""

    def __init__(self, authorization: str, feed: Feed, authentication: Authentication) -> None:
        self._authorization, self._feed, self._authentication = authorization, feed, authentication
        self.users = 0
        self.waiting: set[asyncio.Future[None]] = set()
        """What those wait for who follow the feed with the token, and are to hear that it is no longer good."""
        self._refused: Unauthenticated | None = None
        self._task = asyncio.create_task(self._watch())

    async def viewer(self) -> Viewer:
        """Who sends it: looked up once for all since the feed came further.

        :raises Unauthenticated: if it is no longer good.
        """
        self.check()
        key = ("token", self._authorization)
        return await self._feed.shared.of(key, lambda: self._authentication.viewer(self._authorization))

    def check(self) -> None:
        """Raise `Unauthenticated` if the token was found to be no longer good."""
        if self._refused is not None:
            raise self._refused

    def end(self) -> None:
        """Look it up no more."""
        self._task.cancel()

    async def _watch(self) -> None:
        while self._refused is None:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                with contextlib.suppress(*_AWAY):
                    await self._authentication.viewer(self._authorization)
            except Unauthenticated as error:
                self._refused = error
            except Exception:
                log.exception("token not looked up")
        for future in self.waiting:
            if not future.done():
                future.set_result(None)


async def _read(followed: Subscribed, feed: Feed, token: _WatchedToken | None) -> Sequence[Event]:
    while True:
        with contextlib.suppress(*_AWAY):
            viewer = ANONYMOUS if token is None else await token.viewer()
            return await followed.more(viewer, feed.shared)
        await asyncio.sleep(EVERY_SECONDS)


async def _next_move(feed: Feed, generation: int, token: _WatchedToken | None) -> None:
    with feed.next_move(generation) as future:
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
