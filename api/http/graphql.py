"""GraphQL over HTTP: POST and GET of one operation, with one log line for each.

An ASGI application by itself: a framework's way of a request costs more than the statement of most operations.
"""

import time

from starlette.requests import Request as HttpRequest
from starlette.types import Receive, Scope, Send

from api.database import Tally, tally
from api.http import graphiql, position
from api.http.body import authorization, read_request, text
from api.http.events import EventStreams, wants_events
from api.http.failures import PLAIN, VARY, log, refused
from api.http.following import Followers
from api.http.reply import Headers, Reply
from api.http.reply import request_id as identified
from api.http.seats import Seats
from api.schema.execution import Answer, Execution
from api.security.tokens import Authentication
from api.settings import Settings

RESPONSE_JSON = "application/graphql-response+json"
_MOST_OF_A_NAME = 200
_MODERN = ((b"content-type", f"{RESPONSE_JSON}; charset=utf-8".encode()), VARY)


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
        if self._settings.graphiql and _is_browser(scope, headers):
            page = graphiql.response()
            page.headers["vary"] = "Accept"
            await page(scope, receive, send)
            return
        request_id = identified(text(headers, b"x-request-id"))
        if wants_events(headers):
            await self._streams.serve(scope, headers, receive, send, request_id)
            return
        counted = Tally()
        tally.set(counted)
        began = time.perf_counter()
        reply = Reply(Answer(b"", executed=False), 500)
        try:
            reply = await self._replied(scope, headers, receive, request_id)
        finally:
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
        if self._has_replica and (written := position.written()):
            reply = reply.with_header(position.POSITION, written)
        await reply.send(scope["method"], headers, request_id, send)

    async def _replied(self, scope: Scope, headers: Headers, receive: Receive, request_id: str) -> Reply:
        try:
            if self._has_replica:
                name = position.POSITION.encode()
                position.begin(text(headers, name) if name in headers else None)
            viewer = await self._authentication.viewer(authorization(headers))
            asked = await read_request(scope, headers, receive, self._settings.max_body_bytes)
            posted = scope["method"] == "POST"
            return _reply(headers, posted, await self._execution.run(asked, viewer, reading_only=not posted))
        except Exception as error:  # noqa: BLE001 (told in words of ours; logged in full where it is ours)
            return refused(error, request_id)


def _is_browser(scope: Scope, headers: Headers) -> bool:
    """Whether somebody opens the address in a browser, rather than a program sending an operation by GET."""
    if scope["method"] != "GET" or b"text/html" not in headers.get(b"accept", b""):
        return False
    return "query" not in HttpRequest(scope).query_params


def _reply(headers: Headers, posted: bool, answer: Answer) -> Reply:
    """400 for what was never executed, where the client knows that convention."""
    modern = RESPONSE_JSON.encode() in headers.get(b"accept", b"")
    told = _MODERN if modern else PLAIN
    if not posted and answer.kind == "mutation":
        # It was refused, and a client that knows no convention must see so too.
        return Reply(answer, 405, (*told, (b"allow", b"POST")))
    return Reply(answer, 400 if modern and not answer.executed else 200, told)
