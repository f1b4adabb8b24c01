"""Server-sent events: graphql-sse in its mode of one connection for each operation, which browsers read by EventSource.

A subscription's events bear their cursors as ids, so that a browser that connects again goes on where it was.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import orjson
from starlette.types import Receive, Scope, Send

from api.database import Tally, tally
from api.errors import LimitReached, OperationError, Unavailable
from api.http.body import authorization, read_request, text
from api.http.failures import log, refused, told
from api.http.following import Followers
from api.http.reply import Headers
from api.http.seats import Full, Seats
from api.schema.execution import Answer, Execution
from api.schema.following import Subscribed
from api.security.tokens import Authentication
from api.settings import Settings

EVENT_STREAM = b"text/event-stream"
SILENCE_SECONDS = 12.0
"""After so long without an event a comment is sent, lest anything on the way take the connection for dead."""
_HEADERS = (
    (b"content-type", EVENT_STREAM + b"; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would keep events back
    (b"vary", b"Accept, Authorization"),
)
_COMPLETE = b"event: complete\ndata:\n\n"
_COMMENT = b":\n\n"


def wants_events(headers: Headers) -> bool:
    """Whether the client asks for a stream of events."""
    return EVENT_STREAM in headers.get(b"accept", b"")


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
        self._most, self._patience = settings.max_body_bytes, settings.client_patience_seconds

    async def serve(self, scope: Scope, headers: Headers, receive: Receive, send: Send, request_id: str) -> None:
        """One operation: a stream, or a plain reply that says why there is none."""
        tally.set(counted := Tally())
        began, sent, outcome = time.perf_counter(), 0, "ok"
        stream = _Stream(send, request_id, self._patience)
        try:
            with self._seats.taken(scope) as seat:
                viewer = await self._authentication.viewer(authorization(headers))
                seat.give_to(authorization(headers))
                asked = await read_request(scope, headers, receive, self._most)
                # Of a client that comes again: the last event that it had.
                begun = await self._execution.followed(asked, text(headers, b"last-event-id") or None)
                if begun is None:
                    begun = await self._execution.run(asked, viewer, reading_only=scope["method"] != "POST")
                outcome, sent = await self._sent(begun, headers, receive, stream)
        except Exception as error:  # noqa: BLE001 (told in words of ours; logged in full where it is ours)
            reply = refused(_too_many(error) if isinstance(error, Full) else error, request_id)
            outcome = ",".join(reply.answer.codes)
            await reply.send(scope["method"], headers, request_id, send)
        ms = round((time.perf_counter() - began) * 1000, 2)
        statements = counted.statements
        log.info(
            "operation",
            request_id=request_id,
            transport="sse",
            outcome=outcome,
            statements=statements,
            events=sent,
            ms=ms,
        )

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
            await stream.begin()
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
        self.sent = 0

    async def begin(self) -> None:
        headers = (*_HEADERS, (b"x-request-id", self.request_id.encode()))
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
