"""GraphQL over HTTP: POST and GET of one operation, with one log line for each.

An ASGI application by itself: a framework's way of a request costs more than the statement of most operations.
"""

import time

from starlette.types import Receive, Scope, Send

from api.database.reader import Tally, tally
from api.errors import NotAcceptable
from api.graphql.execution import Answer, Execution, Request
from api.http import consistency, graphiql
from api.http.connection_limits import Seats, address_of
from api.http.errors import FAILED, JSON_HEADERS, log, refused, request_error_status
from api.http.negotiation import Accepted, accepted
from api.http.request import BadRequest, authorization, read_request, text
from api.http.response import Headers, Reply
from api.http.response import request_id as identified
from api.http.sse import EventStreams, Streamed
from api.http.subscriptions import Followers
from api.security.tokens import Authentication
from api.settings import Settings

_METHODS = ("GET", "HEAD", "POST")
_MOST_OF_A_NAME = 200


class GraphQLEndpoint:
    """Serves `/graphql`."""

    def __init__(
        self,
        execution: Execution,
        authentication: Authentication,
        settings: Settings,
        followers: Followers,
        seats: Seats,
    ) -> None:
        self._execution, self._authentication, self._settings = execution, authentication, settings
        self._has_replica = execution.database.replica is not None
        self._streams = EventStreams(execution, authentication, settings, followers, seats)
        # Bound once: looking the configuration up again for each line costs more than the line.
        self._log = log.bind()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The answer to one request, whatever it is: nothing internal ever leaves."""
        headers: Headers = dict(scope["headers"])
        listed = accepted(scope)
        if self._settings.graphiql and scope["method"] in ("GET", "HEAD") and listed.prefers_page:
            page = graphiql.response()
            page.headers["vary"] = "Accept"
            await page(scope, receive, send)
            return
        request_id = identified(text(headers, b"x-request-id"))
        counted = Tally()
        tally.set(counted)
        began = time.perf_counter()
        reply = await self._replied(scope, headers, listed, receive, request_id)
        if isinstance(reply, Streamed):
            await self._streams.serve(reply, headers, receive, send, request_id)
            return
        self._write_line(reply, request_id, counted, began)
        if self._has_replica and (written := consistency.written()):
            reply = reply.with_header(consistency.POSITION, written)
        await reply.send(scope["method"], headers, request_id, send)

    async def _replied(
        self, scope: Scope, headers: Headers, listed: Accepted, receive: Receive, request_id: str
    ) -> Reply | Streamed:
        media_type = listed.json_type
        try:
            if scope["method"] not in _METHODS:
                allowed = ", ".join(_METHODS)
                raise BadRequest(f"the method must be one of {allowed}", 405, ((b"allow", allowed.encode()),))
            if self._has_replica:
                name = consistency.POSITION.encode()
                consistency.begin(text(headers, name) if name in headers else None)
            viewer = await self._authentication.viewer(authorization(headers))
            request = await read_request(scope, headers, receive, self._settings.max_body_bytes)
            request.id = request_id
            posted = scope["method"] == "POST"
            subscribes = await self._subscribes(request)
            if subscribes and not listed.takes_stream:
                raise NotAcceptable("subscribe over WebSocket (graphql-transport-ws), or accept text/event-stream")
            if subscribes or listed.prefers_stream:
                return Streamed(
                    request, viewer, media_type, posted=posted, subscribes=subscribes, address=address_of(scope)
                )
            return _reply(media_type, posted, await self._execution.run(request, viewer, reading_only=not posted))
        except FAILED as error:
            return refused(error, request_id, media_type)

    async def _subscribes(self, request: Request) -> bool:
        """True if the operation is a subscription."""
        return "subscription" in request.text and await self._execution.kind(request) == "subscription"

    def _write_line(self, reply: Reply, request_id: str, counted: Tally, began: float) -> None:
        answer = reply.answer
        self._log.info(
            "operation",
            request_id=request_id,
            type=answer.kind,
            operation=answer.name and answer.name[:_MOST_OF_A_NAME],
            outcome=",".join(answer.codes) or "ok",
            status=reply.status,
            statements=counted.statements,
            ms=round((time.perf_counter() - began) * 1000, 2),
            bytes=len(answer.body),
        )


def _reply(media_type: str, posted: bool, answer: Answer) -> Reply:
    headers = JSON_HEADERS[media_type]
    if not posted and answer.kind == "mutation":
        # It was refused, and a client that knows no convention must see so too.
        return Reply(answer, 405, (*headers, (b"allow", b"POST")))
    return Reply(answer, 200 if answer.executed else request_error_status(media_type), headers)
