"""GraphQL over WebSocket (protocol graphql-transport-ws): subscriptions, queries and mutations (ADR 0012)."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any, NoReturn

import orjson
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.errors import LimitReached, OperationError, TimedOut, Unauthenticated, Unavailable
from api.graphql.execution import Request
from api.graphql.field_errors import formatted
from api.graphql.payload import json_object
from api.graphql.subscription import ActiveSubscription
from api.http.connection_limits import Slot, client_address
from api.http.context import ServerContext
from api.http.errors import error_entries
from api.http.request import BadRequest, authorization, parse_object
from api.http.response import outcome_of, request_id
from api.security.viewer import Viewer
from api.settings import variable

PROTOCOL = "graphql-transport-ws"
RESTARTING = 1012
TRY_AGAIN_LATER = 1013
BAD_MESSAGE = 4400
NOT_INITIALISED = 4401
FORBIDDEN = 4403
WRONG_PROTOCOL = 4406
INITIALISED_TOO_LATE = 4408
SAME_ID = 4409
TOO_MANY = 4429
"""Too many initialisations, too many connections, or a client that reads too slowly: the reason says which."""
_MAX_REASON_BYTES = 123
"""A longer reason does not fit the close frame (RFC 6455)."""


class ConnectionClosed(Exception):
    """The connection ends. It has a code and a reason if the server closes it, none if the client did."""

    def __init__(self, code: int | None = None, reason: str = "") -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class WebSocketEndpoint:
    """Serves `/graphql` over WebSocket."""

    def __init__(self, context: ServerContext) -> None:
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection until it ends."""
        socket = WebSocket(scope, receive, send)
        is_supported = PROTOCOL in scope["subprotocols"]
        await socket.accept(PROTOCOL if is_supported else None)
        connection = _Connection(socket, self._context)
        with contextlib.ExitStack() as stack:
            try:
                slot = stack.enter_context(self._context.connections.slot(client_address(scope)))
            except (LimitReached, Unavailable) as error:
                await connection.close(TOO_MANY, str(error))
                return
            if is_supported:
                await connection.serve(slot)
            else:
                await connection.close(WRONG_PROTOCOL, f"speak {PROTOCOL}")


class _Connection:
    """One client and its running operations."""

    def __init__(self, socket: WebSocket, context: ServerContext) -> None:
        self._socket, self._context = socket, context
        self._timeout_seconds = context.settings.client_patience_seconds
        self._authorization = authorization(dict(socket.scope["headers"]))
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._send_lock = asyncio.Lock()

    async def serve(self, slot: Slot) -> None:
        """Handle messages until client or server ends the connection."""
        closed = ConnectionClosed()
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._initialise(slot)
                while True:
                    await self._handle(await self._receive(), tasks)
        except* ConnectionClosed as group:
            closed = _first_closed(group)
        if closed.code is not None:
            await self.close(closed.code, closed.reason)

    async def close(self, code: int, reason: str) -> None:
        """Close the connection; a client that reads nothing any more does not learn the reason."""
        reason = reason.encode()[:_MAX_REASON_BYTES].decode(errors="ignore")
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await self._socket.close(code, reason)
        except (TimeoutError, RuntimeError, WebSocketDisconnect):
            pass

    # ------------------------------------------------------------------ receiving

    async def _receive(self) -> Mapping[str, Any]:
        try:
            received = await self._socket.receive()
        except (WebSocketDisconnect, RuntimeError):
            raise ConnectionClosed from None
        if received["type"] == "websocket.disconnect":
            raise ConnectionClosed
        text, max_bytes = received.get("text"), self._context.settings.max_body_bytes
        if text is None:
            raise ConnectionClosed(BAD_MESSAGE, "a message must be text, not binary")
        if len(text) > max_bytes:
            raise ConnectionClosed(BAD_MESSAGE, f"a message may have at most {max_bytes:,} bytes")
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise ConnectionClosed(BAD_MESSAGE, "a message must be JSON") from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise ConnectionClosed(BAD_MESSAGE, "a message must be a JSON object with a type")
        return message

    async def _initialise(self, slot: Slot) -> None:
        """Wait for `connection_init`, authenticate the client, and count its connection."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                while (message := await self._receive())["type"] != "connection_init":
                    await self._handle_ping(message)
        except TimeoutError:
            raise ConnectionClosed(INITIALISED_TOO_LATE, "connection initialisation timeout") from None
        payload = message.get("payload") or {}
        if not isinstance(payload, dict):
            raise ConnectionClosed(BAD_MESSAGE, "the payload of connection_init must be a JSON object")
        token = next((value for key, value in payload.items() if key.lower() == "authorization"), None)
        if token is not None:
            if not isinstance(token, str):
                raise ConnectionClosed(BAD_MESSAGE, "authorization must be a string such as Bearer TOKEN")
            self._authorization = token
        try:
            await self._viewer()
        except (Unavailable, TimedOut) as error:
            (entry,) = error_entries(error, request_id())
            raise ConnectionClosed(TRY_AGAIN_LATER, f"try again later: {entry['message']}") from None
        try:
            slot.identify(self._authorization)
        except LimitReached as error:
            raise ConnectionClosed(TOO_MANY, str(error)) from None
        await self._send({"type": "connection_ack"})

    async def _handle_ping(self, message: Mapping[str, Any]) -> None:
        """Answer a ping. Any other message may not come before `connection_init`."""
        if message["type"] == "ping":
            await self._send({"type": "pong"})
        elif message["type"] == "subscribe":
            raise ConnectionClosed(NOT_INITIALISED, "unauthorized: send connection_init first")
        elif message["type"] != "pong":
            raise ConnectionClosed(BAD_MESSAGE, f"unknown message type {message['type'][:40]!r}")

    async def _handle(self, message: Mapping[str, Any], tasks: asyncio.TaskGroup) -> None:
        if message["type"] == "connection_init":
            raise ConnectionClosed(TOO_MANY, "too many initialisation requests")
        if message["type"] not in ("subscribe", "complete"):
            await self._handle_ping(message)
            return
        operation = message.get("id")
        if not isinstance(operation, str) or not operation:
            raise ConnectionClosed(BAD_MESSAGE, "the id of an operation must be a non-empty string")
        if message["type"] == "complete":
            running = self._operations.pop(operation, None)
            if running is not None:
                running.cancel()
            return
        await self._subscribe(operation, message.get("payload"), tasks)

    async def _subscribe(self, id: str, payload: Any, tasks: asyncio.TaskGroup) -> None:
        """Start an operation, or send the client the reason why it is refused."""
        if id in self._operations:
            raise ConnectionClosed(SAME_ID, f"subscriber for {id[:40]} already exists")
        if not isinstance(payload, dict):
            raise ConnectionClosed(BAD_MESSAGE, "the payload of subscribe must be a JSON object")
        try:
            request = parse_object(payload)
            self._check_number()
        except BadRequest as error:
            raise ConnectionClosed(BAD_MESSAGE, str(error)) from None
        except OperationError as error:
            await self._send_errors(id, [formatted(error)])
            return
        self._operations[id] = tasks.create_task(self._run(id, request))

    def _check_number(self) -> None:
        """Check that the connection may run one more operation.

        :raises LimitReached: if it has its maximum.
        """
        settings, has_token = self._context.settings, self._authorization is not None
        setting = "max_subscriptions" if has_token else "max_anonymous_subscriptions"
        maximum = min(getattr(settings, setting), settings.max_subscriptions)
        if len(self._operations) >= maximum:
            remedy = "complete one" if has_token else "complete one or connect with a token"
            message = f"a WebSocket may have {maximum} operations at once ({variable(setting)}): {remedy}"
            raise LimitReached(message, limit=maximum)

    # ------------------------------------------------------------------ sending

    async def _run(self, id: str, request: Request) -> None:
        """Run one operation, send its results, and log its outcome."""
        frame = self._context.frame()
        request.id = frame.id
        outcome = "ended"
        try:
            outcome = await self._send_results(id, request)
        except ConnectionClosed as closed:
            outcome = str(closed) or "gone"
            raise
        except Exception as error:  # noqa: BLE001 (`error_entries` logs unexpected errors)
            errors = error_entries(error, frame.id)
            outcome = errors[0]["extensions"]["code"]
            await self._send_errors(id, errors)
        finally:
            if self._operations.get(id) is asyncio.current_task():
                del self._operations[id]
            frame.log("operation", transport="websocket", outcome=outcome, statements=frame.statements)

    async def _send_results(self, id: str, request: Request) -> str:
        """Send the results of an operation and return its outcome."""
        viewer = await self._viewer()
        source = await self._context.execution.subscribe(request)
        if source is None:
            source = await self._context.execution.run(request, viewer)
        if isinstance(source, ActiveSubscription):
            await self._send_events(id, source)
        if not source.executed:
            await self._send_errors(id, orjson.loads(source.body)["errors"])
            return outcome_of(source)
        await self._send_next(id, source.body)
        # The client may use the ID again as soon as it receives `complete`.
        self._operations.pop(id, None)
        await self._send({"id": id, "type": "complete"})
        return outcome_of(source)

    async def _send_events(self, id: str, followed: ActiveSubscription) -> NoReturn:
        try:
            async with contextlib.aclosing(self._context.subscriptions.events(followed, self._authorization)) as events:
                async for event in events:
                    await self._send_next(id, event.body)
        except Unauthenticated as error:
            raise ConnectionClosed(FORBIDDEN, f"forbidden: {error}") from None
        # Without `complete`: the client is to reconnect.
        raise ConnectionClosed(RESTARTING, "the server restarts")

    async def _viewer(self) -> Viewer:
        try:
            return await self._context.authentication.viewer(self._authorization)
        except Unauthenticated as error:
            raise ConnectionClosed(FORBIDDEN, f"forbidden: {error}") from None

    async def _send_errors(self, id: str, errors: list[dict[str, Any]]) -> None:
        await self._send({"id": id, "type": "error", "payload": errors})

    async def _send_next(self, id: str, body: bytes) -> None:
        await self._send_text(json_object((("id", orjson.dumps(id)), ("type", b'"next"'), ("payload", body))))

    async def _send(self, message: Mapping[str, Any]) -> None:
        await self._send_text(orjson.dumps(message))

    async def _send_text(self, text: bytes) -> None:
        async with self._send_lock:
            try:
                async with asyncio.timeout(self._timeout_seconds):
                    await self._socket.send_text(text.decode())
            except TimeoutError:
                raise ConnectionClosed(TOO_MANY, "too slow") from None
            except (WebSocketDisconnect, RuntimeError):
                raise ConnectionClosed from None


def _first_closed(group: BaseExceptionGroup[ConnectionClosed]) -> ConnectionClosed:
    """Return an exception of a group, preferably one with a code: the server closed the connection for that reason."""
    found = [_first_closed(each) if isinstance(each, BaseExceptionGroup) else each for each in group.exceptions]
    return min(found, key=lambda closed: closed.code is None)
