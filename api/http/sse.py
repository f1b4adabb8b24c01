"""Server-sent events: graphql-sse in its mode of one connection for each operation, which browsers read by EventSource.

A subscription's events bear their cursors as ids, so that a browser that connects again goes on where it was.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import orjson
from starlette.types import Receive, Send

from api.database.reader import tally
from api.errors import LimitReached, OperationError, Unavailable
from api.graphql.execution import Answer, Execution, Request
from api.graphql.subscription import Subscribed
from api.http import consistency
from api.http.connection_limits import Full, Seats
from api.http.errors import FAILED, log, refused, told
from api.http.negotiation import EVENT_STREAM
from api.http.request import authorization, text
from api.http.response import HeaderList, Headers
from api.http.subscriptions import Followers
from api.security.tokens import Authentication
from api.security.viewer import Viewer
from api.settings import Settings

SILENCE_SECONDS = 12.0
"""After so long without an event a comment is sent, lest anything on the way take the connection for dead."""
_HEADERS = (
    (b"content-type", f"{EVENT_STREAM}; charset=utf-8".encode()),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would keep events back
    (b"vary", b"Accept, Authorization"),
)
_COMPLETE = b"event: complete\ndata:\n\n"
_COMMENT = b":\n\n"


@dataclass(frozen=True, slots=True)
class Streamed:
    """An operation whose answer is a stream of events."""

    request: Request
    viewer: Viewer
    media_type: str
    """Of the answer if the stream cannot begin."""
    posted: bool
    subscribes: bool
    address: str
    """Of the client."""


class EventStreams:
    """Serves operations as streams of events."""

    def __init__(
        self,
        execution: Execution,
        authentication: Authentication,
        settings: Settings,
        followers: Followers,
        seats: Seats,
    ) -> None:
        self._execution, self._authentication = execution, authentication
        self._followers, self._seats = followers, seats
        self._patience = settings.client_patience_seconds

    async def serve(self, streamed: Streamed, headers: Headers, receive: Receive, send: Send, request_id: str) -> None:
        """One operation: a stream, or a plain reply that says why there is none."""
        began, sent, outcome = time.perf_counter(), 0, "ok"
        stream = _Stream(send, request_id, self._patience)
        try:
            # An operation with a single result is over at once and takes no subscriber's seat.
            with self._seats.taken(streamed.address) if streamed.subscribes else contextlib.nullcontext() as seat:
                if seat is not None:
                    seat.give_to(authorization(headers))
                begun = await self._begun(streamed, headers)
                outcome, sent = await self._sent(begun, headers, receive, stream)
        except FAILED as error:
            why = _too_many(error) if isinstance(error, Full) else error
            reply = refused(why, request_id, streamed.media_type)
            outcome = ",".join(reply.answer.codes)
            if not stream.begun:
                await reply.send("POST" if streamed.posted else "GET", headers, request_id, send)
        ms = round((time.perf_counter() - began) * 1000, 2)
        counted = tally.get()
        log.info(
            "operation",
            request_id=request_id,
            transport="sse",
            outcome=outcome,
            statements=counted.statements if counted else 0,
            events=sent,
            ms=ms,
        )

    async def _begun(self, streamed: Streamed, headers: Headers) -> Subscribed | Answer:
        if streamed.subscribes:
            # Of a client that comes again: the last event that it had.
            followed = await self._execution.followed(streamed.request, text(headers, b"last-event-id") or None)
            assert followed is not None
            return followed
        return await self._execution.run(streamed.request, streamed.viewer, reading_only=not streamed.posted)

    async def _sent(
        self, begun: Subscribed | Answer, headers: Headers, receive: Receive, stream: "_Stream"
    ) -> tuple[str, int]:
        """How the stream of an operation ended, and how many events it had."""
        sending = asyncio.create_task(self._send_all(begun, headers, stream))
        left = asyncio.create_task(gone(receive))
        try:
            await asyncio.wait({sending, left}, return_when=asyncio.FIRST_COMPLETED)
            return (sending.result() if sending.done() else "gone"), stream.sent
        finally:
            for task in (sending, left):
                task.cancel()
            await asyncio.gather(sending, left, return_exceptions=True)

    async def _send_all(self, begun: Subscribed | Answer, headers: Headers, stream: "_Stream") -> str:
        try:
            written = consistency.written()
            await stream.begin(((consistency.POSITION.encode(), written.encode()),) if written else ())
            if isinstance(begun, Answer):
                await stream.event(begun.body)
                await stream.complete()
                return ",".join(begun.codes) or "ok"
            async for body, cursor in self._events(begun, headers, stream.request_id):
                await (stream.event(body, cursor) if body else stream.comment())
            if self._execution.database.feed.ended:
                await stream.end()  # not complete: the client is to come again
                return "ended"
            await stream.complete()
        except TimeoutError:
            return "too slow"
        return "refused"

    async def _events(
        self, followed: Subscribed, headers: Headers, request_id: str
    ) -> AsyncIterator[tuple[bytes | None, str | None]]:
        """Bodies of events with their cursors; None where nothing came for a while."""
        source = self._followers.events(followed, authorization(headers))
        async with contextlib.aclosing(source):
            coming = asyncio.ensure_future(anext(source, None))
            try:
                while True:
                    await asyncio.wait({coming}, timeout=SILENCE_SECONDS)
                    if not coming.done():
                        yield None, None
                        continue
                    event = coming.result()
                    if event is None:
                        return
                    yield event.body, event.cursor
                    coming = asyncio.ensure_future(anext(source, None))
            except Exception as error:  # noqa: BLE001 (told in words of ours; logged in full where it is ours)
                yield orjson.dumps({"errors": told(error, request_id)}), None
            finally:
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)


def _too_many(full: Full) -> OperationError:
    message = f"too many connections: {full}"
    return LimitReached(message, limit=full.limit) if full.is_own else Unavailable(message, limit=full.limit)


class _Stream:
    """Sends events; each must be taken within so many seconds."""

    def __init__(self, send: Send, request_id: str, patience: float) -> None:
        self._send, self._patience, self.request_id = send, patience, request_id
        self.sent, self.begun = 0, False

    async def begin(self, more: HeaderList) -> None:
        headers = (*_HEADERS, (b"x-request-id", self.request_id.encode()), *more)
        self.begun = True
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        await self._body(_COMMENT)  # so that the client sees at once that it is connected

    async def event(self, body: bytes, cursor: str | None = None) -> None:
        await self._body(b"event: next\n%sdata: %s\n\n" % (f"id: {cursor}\n".encode() if cursor else b"", body))
        self.sent += 1

    async def comment(self) -> None:
        await self._body(_COMMENT)

    async def complete(self) -> None:
        await self._body(_COMPLETE, more=False)

    async def end(self) -> None:
        await self._body(b"", more=False)

    async def _body(self, body: bytes, *, more: bool = True) -> None:
        async with asyncio.timeout(self._patience):
            await self._send({"type": "http.response.body", "body": body, "more_body": more})


async def gone(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
