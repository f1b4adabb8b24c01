"""GraphQL over HTTP: POST and GET of one operation, with one log line for each."""

import time
from collections.abc import Mapping
from uuid import uuid4

import orjson
import structlog
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from api.database import Tally, tally
from api.errors import Unauthenticated, Unavailable
from api.http import graphiql, position
from api.http.body import JSON, BadRequest, from_get, from_post
from api.schema.execution import Answer, Execution, formatted
from api.security.tokens import Authentication
from api.settings import Settings

RESPONSE_JSON = "application/graphql-response+json"
REQUEST_ID = "x-request-id"
_MOST_OF_AN_ID = 100
_MOST_OF_A_NAME = 200

log = structlog.get_logger("stancegraph.operation")


class GraphQLEndpoint:
    """Serves `/graphql`."""

    def __init__(self, execution: Execution, authentication: Authentication, settings: Settings) -> None:
        self._execution, self._authentication, self._settings = execution, authentication, settings
        self._has_replica = execution.database.replica is not None

    async def serve(self, request: HttpRequest) -> Response:
        """The answer to one request, whatever it is: nothing internal ever leaves."""
        if self._settings.graphiql and _is_browser(request):
            return _with_vary(graphiql.response())
        request_id = _request_id(request)
        counted = Tally()
        token = tally.set(counted)
        began = time.perf_counter()
        answer, response = Answer(b"", executed=False), Response(status_code=500)
        try:
            answer, response = await self._answered(request, request_id)
        finally:
            tally.reset(token)
            log.info(
                "operation",
                request_id=request_id,
                type=answer.kind,
                operation=answer.name and answer.name[:_MOST_OF_A_NAME],
                outcome=",".join(answer.codes) or "ok",
                status=response.status_code,
                statements=counted.statements,
                ms=round((time.perf_counter() - began) * 1000, 2),
                bytes=len(response.body),
            )
        response.headers[REQUEST_ID] = request_id
        if self._has_replica and (written := position.written()):
            response.headers[position.POSITION] = written
        return response

    async def _answered(self, request: HttpRequest, request_id: str) -> tuple[Answer, Response]:
        try:
            if self._has_replica:
                position.begin(request.headers.get(position.POSITION))
            viewer = await self._authentication.viewer(request.headers.get("authorization"))
            if request.method == "POST":
                asked = await from_post(request, self._settings.max_body_bytes)
            else:
                asked = from_get(request)
            answer = await self._execution.run(asked, viewer, reading_only=request.method != "POST")
            return answer, _response(request, answer)
        except BadRequest as error:
            return _refusal(str(error), "BAD_REQUEST", error.status)
        except ClientDisconnect:
            return _refusal("the client went away", "CLIENT_CLOSED_REQUEST", 499)
        except Unauthenticated as error:
            return _failure([formatted(error)], 401, {"www-authenticate": "Bearer"})
        except Unavailable as error:
            log.warning("unavailable", request_id=request_id, exc_info=error.__cause__)
            return _failure([formatted(error)], 503, {"retry-after": "1"})
        except Exception:
            log.exception("failure", request_id=request_id)
            told = "something went wrong here; it is in the log under this request id"
            extensions = {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id}
            return _failure([{"message": told, "extensions": extensions}], 500)


def _is_browser(request: HttpRequest) -> bool:
    """Whether somebody opens the address in a browser, rather than a program sending an operation by GET."""
    accepted = request.headers.get("accept", "")
    return request.method == "GET" and "text/html" in accepted and "query" not in request.query_params


def _with_vary(response: Response) -> Response:
    response.headers["vary"] = "Accept"
    return response


def _request_id(request: HttpRequest) -> str:
    """The id that the client or a proxy gave the request, where it is a plain one; else a new one."""
    given = request.headers.get(REQUEST_ID, "")
    usable = 0 < len(given) <= _MOST_OF_AN_ID and given.isascii() and given.replace("-", "").replace("_", "").isalnum()
    return given if usable else uuid4().hex


def _response(request: HttpRequest, answer: Answer) -> Response:
    """The HTTP response: 400 for what was never executed, where the client knows that convention."""
    modern = RESPONSE_JSON in request.headers.get("accept", "")
    status = 400 if modern and not answer.executed else 200
    headers = {"content-type": f"{RESPONSE_JSON if modern else JSON}; charset=utf-8", "vary": "Accept, Authorization"}
    if request.method != "POST" and answer.kind == "mutation":
        # It was refused, and a client that knows no convention must see so too.
        status, headers["allow"] = 405, "POST"
    return Response(answer.body, status, headers)


def _refusal(message: str, code: str, status: int) -> tuple[Answer, Response]:
    return _failure([{"message": message, "extensions": {"code": code}}], status)


def _failure(
    errors: list[dict[str, object]], status: int, headers: Mapping[str, str] | None = None
) -> tuple[Answer, Response]:
    code = errors[0]["extensions"]["code"]  # type: ignore[index]
    answer = Answer(orjson.dumps({"errors": errors}), executed=False, codes=(str(code),))
    return answer, Response(answer.body, status, {"content-type": f"{JSON}; charset=utf-8", **(headers or {})})
