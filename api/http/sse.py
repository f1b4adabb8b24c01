"""GraphQL over server-sent events: graphql-sse in its mode of one connection per operation (ADR 0012).

An event of a subscription has its cursor as ID, so that a client that reconnects continues after its last event.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import orjson
from starlette.types import Receive, Send

from api.graphql.execution import Answer, Request
from api.graphql.subscription import ActiveSubscription
from api.http import consistency
from api.http.context import ServerContext
from api.http.disconnect import run_until_disconnect
from api.http.errors import error_entries
from api.http.frame import RequestFrame
from api.http.negotiation import EVENT_STREAM
from api.http.request import authorization, header
from api.http.response import HeaderList, Response, outcome_of
from api.security.viewer import Viewer

KEEPALIVE_SECONDS = 12.0
"""A comment is sent after so long without an event: proxies close connections that they take for dead."""
_HEADERS = (
    (b"content-type", f"{EVENT_STREAM}; charset=utf-8".encode()),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would buffer the events
    (b"vary", b"Accept, Authorization"),
)
_COMPLETE = b"event: complete\ndata:\n\n"
_COMMENT = b":\n\n"


@dataclass(frozen=True, slots=True)
class StreamRequest:
    """An operation whose answer is a stream of events."""

    request: Request
    viewer: Viewer
    is_post: bool
    is_subscription: bool
    address: str
    """Address of the client."""


class EventStreams:
    """Serves operations as streams of events."""

    def __init__(self, context: ServerContext) -> None:
        self._context = context

    async def serve(self, stream_request: StreamRequest, frame: RequestFrame, receive: Receive, send: Send) -> None:
        """Send the events of one operation, or an error response if the stream cannot start."""
        stream = _EventStream(send, frame.id, self._context.settings.client_patience_seconds)
        result = await frame.run(self._run(stream_request, frame, receive, stream))
        if isinstance(result, Response):
            outcome = result.outcome
            if not stream.started:
                await result.send("POST" if stream_request.is_post else "GET", frame.headers, frame.id, send)
        else:
            outcome = result
        frame.log("operation", transport="sse", outcome=outcome, statements=frame.statements, events=stream.number_sent)

    async def _run(
        self, stream_request: StreamRequest, frame: RequestFrame, receive: Receive, stream: "_EventStream"
    ) -> str:
        """Send the whole stream and return its outcome."""
        # An operation with a single result is over soon and counts as no connection.
        slot = self._context.connections.slot(stream_request.address) if stream_request.is_subscription else None
        with slot or contextlib.nullcontext() as counted:
            if counted is not None:
                counted.identify(authorization(frame.headers))
            source = await self._start(stream_request, frame)
            return await run_until_disconnect(self._send_all(source, frame, stream), receive) or "gone"

    async def _start(self, stream_request: StreamRequest, frame: RequestFrame) -> ActiveSubscription | Answer:
        request = stream_request.request
        if stream_request.is_subscription:
            # A client that reconnects names the last event that it received.
            followed = await self._context.execution.subscribe(request, header(frame.headers, b"last-event-id") or None)
            assert followed is not None
            return followed
        return await self._context.execution.run(
            request, stream_request.viewer, reading_only=not stream_request.is_post
        )

    async def _send_all(self, source: ActiveSubscription | Answer, frame: RequestFrame, stream: "_EventStream") -> str:
        """Send all events and return the outcome."""
        try:
            position = consistency.written_position()
            await stream.start(((consistency.POSITION_HEADER.encode(), position.encode()),) if position else ())
            if isinstance(source, Answer):
                await stream.event(source.body)
                await stream.complete()
                return outcome_of(source)
            async for body, cursor in self._events(source, frame):
                await (stream.event(body, cursor) if body else stream.comment())
            if self._context.execution.database.feed.ended:
                await stream.end()  # without `complete`: the client is to reconnect
                return "ended"
            await stream.complete()
        except TimeoutError:
            return "too slow"
        return "refused"

    async def _events(
        self, source: ActiveSubscription, frame: RequestFrame
    ) -> AsyncIterator[tuple[bytes | None, str | None]]:
        """Yield the bodies of events with their cursors, and None when a comment is due."""
        events = self._context.subscriptions.events(source, authorization(frame.headers))
        async with contextlib.aclosing(events):
            coming = asyncio.ensure_future(anext(events, None))
            try:
                while True:
                    await asyncio.wait({coming}, timeout=KEEPALIVE_SECONDS)
                    if not coming.done():
                        yield None, None
                        continue
                    event = coming.result()
                    if event is None:
                        return
                    yield event.body, event.cursor
                    coming = asyncio.ensure_future(anext(events, None))
            except Exception as error:  # noqa: BLE001 (`error_entries` logs unexpected errors)
                yield orjson.dumps({"errors": error_entries(error, frame.id)}), None
            finally:
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)


class _EventStream:
    """Sends events. The client must receive each within `timeout_seconds`."""

    def __init__(self, send: Send, request_id: str, timeout_seconds: float) -> None:
        self._send, self._request_id, self._timeout_seconds = send, request_id, timeout_seconds
        self.number_sent, self.started = 0, False

    async def start(self, more_headers: HeaderList) -> None:
        headers = (*_HEADERS, (b"x-request-id", self._request_id.encode()), *more_headers)
        self.started = True
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        await self._body(_COMMENT)  # shows the client at once that it is connected

    async def event(self, body: bytes, cursor: str | None = None) -> None:
        await self._body(b"event: next\n%sdata: %s\n\n" % (f"id: {cursor}\n".encode() if cursor else b"", body))
        self.number_sent += 1

    async def comment(self) -> None:
        await self._body(_COMMENT)

    async def complete(self) -> None:
        await self._body(_COMPLETE, more=False)

    async def end(self) -> None:
        await self._body(b"", more=False)

    async def _body(self, body: bytes, *, more: bool = True) -> None:
        async with asyncio.timeout(self._timeout_seconds):
            await self._send({"type": "http.response.body", "body": body, "more_body": more})
