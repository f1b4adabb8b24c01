"""GraphQL over HTTP: one operation by POST or GET (ADR 0006), with one line in the log.

The endpoint is a bare ASGI application: a framework's request handling costs more than the SQL of most operations.
"""

from starlette.types import Receive, Scope, Send

from api.errors import NotAcceptable
from api.graphql.execution import Answer, Request
from api.http import consistency, graphiql
from api.http.connection_limits import client_address
from api.http.context import ServerContext
from api.http.errors import JSON_HEADERS, request_error_status
from api.http.frame import RequestFrame
from api.http.negotiation import Accepted, accepted
from api.http.request import BadRequest, header, read_request
from api.http.response import Headers, Response
from api.http.sse import EventStreams, StreamRequest

_METHODS = ("GET", "HEAD", "POST")
_MAX_LOGGED_NAME_LENGTH = 200


class GraphQLEndpoint:
    """Serves `/graphql` over HTTP."""

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._has_replica = context.execution.database.replica is not None
        self._streams = EventStreams(context)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request: with GraphiQL, a JSON answer or a stream of events."""
        headers: Headers = dict(scope["headers"])
        accept = accepted(scope)
        if self._context.settings.graphiql and scope["method"] in ("GET", "HEAD") and accept.prefers_page:
            page = graphiql.response()
            page.headers["vary"] = "Accept"
            await page(scope, receive, send)
            return
        frame = self._context.frame(headers, accept.json_type)
        response = await frame.run(self._respond(scope, frame, accept, receive))
        if isinstance(response, StreamRequest):
            await self._streams.serve(response, frame, receive, send)
            return
        _log(frame, response)
        if self._has_replica and (position := consistency.written_position()):
            response = response.with_header(consistency.POSITION_HEADER, position)
        await response.send(scope["method"], headers, frame.id, send)

    async def _respond(
        self, scope: Scope, frame: RequestFrame, accept: Accepted, receive: Receive
    ) -> Response | StreamRequest:
        if scope["method"] not in _METHODS:
            allowed = ", ".join(_METHODS)
            raise BadRequest(f"the method must be one of {allowed}", 405, ((b"allow", allowed.encode()),))
        headers = frame.headers
        if self._has_replica:
            name = consistency.POSITION_HEADER.encode()
            consistency.start(header(headers, name) if name in headers else None)
        viewer = await self._context.viewer(headers)
        request = await read_request(scope, headers, receive, self._context.settings.max_body_bytes)
        request.id = frame.id
        is_post = scope["method"] == "POST"
        is_subscription = await self._is_subscription(request)
        if is_subscription and not accept.accepts_stream:
            raise NotAcceptable("subscribe over WebSocket (graphql-transport-ws), or accept text/event-stream")
        if is_subscription or accept.prefers_stream:
            return StreamRequest(
                request,
                viewer,
                is_post=is_post,
                is_subscription=is_subscription,
                address=client_address(scope),
            )
        answer = await self._context.execution.run(request, viewer, reading_only=not is_post)
        return _response(answer, frame.media_type, is_post=is_post)

    async def _is_subscription(self, request: Request) -> bool:
        return "subscription" in request.text and await self._context.execution.kind(request) == "subscription"


def _log(frame: RequestFrame, response: Response) -> None:
    answer = response.answer
    frame.log(
        "operation",
        type=answer.kind,
        operation=answer.name and answer.name[:_MAX_LOGGED_NAME_LENGTH],
        outcome=response.outcome,
        status=response.status,
        statements=frame.statements,
        bytes=len(answer.body),
    )


def _response(answer: Answer, media_type: str, *, is_post: bool) -> Response:
    headers = JSON_HEADERS[media_type]
    if not is_post and answer.kind == "mutation":
        # The mutation was refused; the status says so to clients that do not know GraphQL.
        return Response(answer, 405, (*headers, (b"allow", b"POST")))
    return Response(answer, 200 if answer.executed else request_error_status(media_type), headers)
