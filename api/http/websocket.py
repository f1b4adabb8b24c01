"""GraphQL over WebSocket, by the protocol graphql-transport-ws: subscriptions, and queries and mutations too."""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from random import getrandbits
from typing import Any, NoReturn

import orjson
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.database.reader import Tally, tally
from api.errors import OperationError, TimedOut, Unauthenticated, Unavailable
from api.graphql.execution import Execution, Request
from api.graphql.field_errors import formatted
from api.graphql.payload import json_object
from api.graphql.subscription import Subscribed
from api.http.connection_limits import Full, Seat, Seats, address_of
from api.http.errors import log, told
from api.http.request import BadRequest, authorization, request_of
from api.http.subscriptions import Followers
from api.security.tokens import Authentication
from api.security.viewer import Viewer
from api.settings import Settings, variable

PROTOCOL = "graphql-transport-ws"
RESTARTING = 1012
TRY_AGAIN_LATER = 1013
BAD_MESSAGE = 4400
NOT_INITIALISED = 4401
FORBIDDEN = 4403
WRONG_PROTOCOL = 4406
INITIALISED_TOO_LATE = 4408
SAME_ID = 4409
TOO_MUCH = 4429
"""Too many initialisations, too many connections, or too slow: the reason says which."""
_MAX_REASON_LENGTH = 123


class Over(Exception):
    """The connection is at its end: with a code and a reason where it is we who end it."""

    def __init__(self, code: int | None = None, reason: str = "") -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class SocketEndpoint:
    """Serves `/graphql` over WebSocket."""

    def __init__(
        self,
        execution: Execution,
        authentication: Authentication,
        settings: Settings,
        followers: Followers,
        seats: Seats,
    ) -> None:
        self._execution, self._authentication, self._followers = execution, authentication, followers
        self._settings, self._seats = settings, seats

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection, to its end."""
        socket = WebSocket(scope, receive, send)
        spoken = PROTOCOL in scope["subprotocols"]
        await socket.accept(PROTOCOL if spoken else None)
        conversation = _Conversation(socket, self._execution, self._authentication, self._settings, self._followers)
        try:
            with self._seats.taken(address_of(scope)) as seat:
                await (conversation.hold(seat) if spoken else conversation.close(WRONG_PROTOCOL, f"speak {PROTOCOL}"))
        except Full as full:
            await conversation.close(TOO_MUCH, _too_many(full))


class _Conversation:
    """One client and its operations."""

    def __init__(
        self,
        socket: WebSocket,
        execution: Execution,
        authentication: Authentication,
        settings: Settings,
        followers: Followers,
    ) -> None:
        self._socket, self._execution, self._authentication = socket, execution, authentication
        self._followers = followers
        self._settings, self._patience = settings, settings.client_patience_seconds
        self._authorization = authorization(dict(socket.scope["headers"]))
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._sending = asyncio.Lock()

    async def hold(self, seat: Seat) -> None:
        """Talk until one of the two ends it."""
        over = Over()
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._initialise(seat)
                while True:
                    await self._heed(await self._message(), tasks)
        except* Over as ended:
            over = next(each for each in _leaves(ended))
        if over.code is not None:
            await self.close(over.code, over.reason)

    async def close(self, code: int, reason: str) -> None:
        """End the connection; a client that takes nothing any more does not even hear why."""
        try:
            async with asyncio.timeout(self._patience):
                await self._socket.close(code, reason)
        except (TimeoutError, RuntimeError, WebSocketDisconnect):
            pass

    # ------------------------------------------------------------------ what comes

    async def _message(self) -> Mapping[str, Any]:
        try:
            received = await self._socket.receive()
        except (WebSocketDisconnect, RuntimeError):
            raise Over from None
        if received["type"] == "websocket.disconnect":
            raise Over
        text = received.get("text")
        if text is None:
            raise Over(BAD_MESSAGE, "messages are text")
        if len(text) > self._settings.max_body_bytes:
            raise Over(BAD_MESSAGE, f"a message may have at most {self._settings.max_body_bytes:,} bytes")
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise Over(BAD_MESSAGE, "messages are JSON") from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise Over(BAD_MESSAGE, "a message is an object with a type")
        return message

    async def _initialise(self, seat: Seat) -> None:
        """Hear who it is, and whether they may have one more connection."""
        try:
            async with asyncio.timeout(self._patience):
                while (message := await self._message())["type"] != "connection_init":
                    await self._answer_ping(message)
        except TimeoutError:
            raise Over(INITIALISED_TOO_LATE, "connection initialisation timeout") from None
        payload = message.get("payload") or {}
        if not isinstance(payload, dict):
            raise Over(BAD_MESSAGE, "the payload of connection_init is an object")
        given = next((value for key, value in payload.items() if key.lower() == "authorization"), None)
        if given is not None:
            if not isinstance(given, str):
                raise Over(BAD_MESSAGE, "authorization is a text such as Bearer TOKEN")
            self._authorization = given
        try:
            await self._asking()
        except (Unavailable, TimedOut) as error:
            (why,) = told(error, f"{getrandbits(128):032x}")  # no secret
            raise Over(TRY_AGAIN_LATER, f"try again later: {why['message']}"[:_MAX_REASON_LENGTH]) from None
        try:
            seat.give_to(self._authorization)
        except Full as full:
            raise Over(TOO_MUCH, _too_many(full)) from None
        await self._send({"type": "connection_ack"})

    async def _answer_ping(self, message: Mapping[str, Any]) -> None:
        """What may come at any time; anything else may not come before who it is."""
        if message["type"] == "ping":
            await self._send({"type": "pong"})
        elif message["type"] == "subscribe":
            raise Over(NOT_INITIALISED, "unauthorized: send connection_init first")
        elif message["type"] != "pong":
            raise Over(BAD_MESSAGE, f"{message['type'][:40]!r} is no type of message that is understood here")

    async def _heed(self, message: Mapping[str, Any], tasks: asyncio.TaskGroup) -> None:
        if message["type"] == "connection_init":
            raise Over(TOO_MUCH, "too many initialisation requests")
        if message["type"] not in ("subscribe", "complete"):
            await self._answer_ping(message)
            return
        operation = message.get("id")
        if not isinstance(operation, str) or not operation:
            raise Over(BAD_MESSAGE, "the id of an operation is a text")
        if message["type"] == "complete":
            running = self._operations.pop(operation, None)
            if running is not None:
                running.cancel()
            return
        await self._subscribe(operation, message.get("payload"), tasks)

    async def _subscribe(self, id: str, payload: Any, tasks: asyncio.TaskGroup) -> None:
        if id in self._operations:
            raise Over(SAME_ID, f"subscriber for {id[:40]} already exists")
        if not isinstance(payload, dict):
            raise Over(BAD_MESSAGE, "the payload of subscribe is an object")
        try:
            request = request_of(payload)
        except BadRequest as error:
            raise Over(BAD_MESSAGE, str(error)) from None
        except OperationError as error:
            await self._refuse(id, [formatted(error)])
            return
        setting = "max_subscriptions" if self._authorization is not None else "max_anonymous_subscriptions"
        most = min(getattr(self._settings, setting), self._settings.max_subscriptions)
        if len(self._operations) >= most:
            extensions = {"code": "LIMIT_EXCEEDED", "limit": most}
            way_out = "complete one" if self._authorization is not None else "complete one or connect with a token"
            message = f"a WebSocket may have {most} operations at once ({variable(setting)}): {way_out}"
            await self._refuse(id, [{"message": message, "extensions": extensions}])
            return
        self._operations[id] = tasks.create_task(self._carry_out(id, request))

    # ------------------------------------------------------------------ what goes

    async def _carry_out(self, id: str, request: Request) -> None:
        request_id, began = f"{getrandbits(128):032x}", time.perf_counter()  # no secret
        request.id = request_id
        tally.set(counted := Tally())
        outcome = "ended"
        try:
            outcome = await self._answer(id, request)
        except Over as over:
            outcome = str(over) or "gone"
            raise
        except Exception as error:  # noqa: BLE001 (told in words of ours; logged in full where it is ours)
            errors = told(error, request_id)
            outcome = errors[0]["extensions"]["code"]
            await self._refuse(id, errors)
        finally:
            if self._operations.get(id) is asyncio.current_task():
                del self._operations[id]
            ms = round((time.perf_counter() - began) * 1000, 2)
            statements = counted.statements
            log.info(
                "operation",
                request_id=request_id,
                transport="websocket",
                outcome=outcome,
                statements=statements,
                ms=ms,
            )

    async def _answer(self, id: str, request: Request) -> str:
        viewer = await self._asking()
        begun = await self._execution.followed(request)
        if begun is None:
            begun = await self._execution.run(request, viewer)
        if isinstance(begun, Subscribed):
            await self._follow(id, begun)
        if not begun.executed:
            await self._refuse(id, orjson.loads(begun.body)["errors"])
            return ",".join(begun.codes)
        await self._next(id, begun.body)
        # From here on the client may use the id again.
        self._operations.pop(id, None)
        await self._send({"id": id, "type": "complete"})
        return ",".join(begun.codes) or "ok"

    async def _follow(self, id: str, followed: Subscribed) -> NoReturn:
        try:
            async with contextlib.aclosing(self._followers.events(followed, self._authorization)) as coming:
                async for event in coming:
                    await self._next(id, event.body)
        except Unauthenticated as error:
            raise Over(FORBIDDEN, f"forbidden: {error}") from None
        # Not that it is complete: the client is to come again.
        raise Over(RESTARTING, "the server restarts")

    async def _asking(self) -> Viewer:
        try:
            return await self._authentication.viewer(self._authorization)
        except Unauthenticated as error:
            raise Over(FORBIDDEN, f"forbidden: {error}") from None

    async def _refuse(self, id: str, errors: list[dict[str, Any]]) -> None:
        await self._send({"id": id, "type": "error", "payload": errors})

    async def _next(self, id: str, body: bytes) -> None:
        await self._send_text(json_object((("id", orjson.dumps(id)), ("type", b'"next"'), ("payload", body))))

    async def _send(self, message: Mapping[str, Any]) -> None:
        await self._send_text(orjson.dumps(message))

    async def _send_text(self, text: bytes) -> None:
        async with self._sending:
            try:
                async with asyncio.timeout(self._patience):
                    await self._socket.send_text(text.decode())
            except TimeoutError:
                raise Over(TOO_MUCH, "too slow") from None
            except (WebSocketDisconnect, RuntimeError):
                raise Over from None


def _too_many(full: Full) -> str:
    return f"too many connections: {full}"[:_MAX_REASON_LENGTH]


def _leaves(group: BaseExceptionGroup[Over]) -> Any:
    """The exceptions in a group, those that say why the connection ends first."""
    found: list[Over] = []
    for each in group.exceptions:
        found += _leaves(each) if isinstance(each, BaseExceptionGroup) else [each]
    return sorted(found, key=lambda over: over.code is None)
