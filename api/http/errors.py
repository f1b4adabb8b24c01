"""Error responses: maps every exception to a status, a code and a message without internal details (ADR 0026)."""

import asyncio
from typing import Any

import orjson
import structlog

from api.database.driver_errors import cause_of
from api.errors import (
    InternalError,
    LimitReached,
    NotAcceptable,
    OperationError,
    ShuttingDown,
    TimedOut,
    Unauthenticated,
    Unavailable,
)
from api.graphql.execution import Answer
from api.graphql.field_errors import formatted
from api.http.negotiation import JSON, RESPONSE_JSON
from api.http.request import BadRequest, ClientDisconnected
from api.http.response import HeaderList, Response

VARY = (b"vary", b"Accept, Accept-Encoding, Authorization")
JSON_HEADERS = {each: ((b"content-type", f"{each}; charset=utf-8".encode()), VARY) for each in (JSON, RESPONSE_JSON)}
"""Headers of a JSON response by its media type."""

log = structlog.get_logger("stancegraph.operation")

FAILURES = (Exception, asyncio.CancelledError)
"""Exceptions that end the work on a request. Only a server that shuts down cancels requests."""

_RETRY_AFTER = (b"retry-after", b"1")


def error_entries(error: BaseException, request_id: str) -> list[dict[str, Any]]:
    """Return the `errors` of an answer. The log alone describes an unexpected error, under the request's ID."""
    if isinstance(error, Unavailable):
        log.warning("unavailable", request_id=request_id, reason=cause_of(error))
    if isinstance(error, OperationError):
        return [formatted(error)]
    log.error("failure", request_id=request_id, exc_info=error)
    return [formatted(InternalError(request_id))]


def error_response(error: BaseException, request_id: str, media_type: str = JSON) -> Response:
    """Return the response to a request that failed before it was executed, in the negotiated media type."""
    match error:
        case BadRequest():
            return failure(str(error), "BAD_REQUEST", error.status, media_type, error.headers)
        case ClientDisconnected():
            return failure("the client disconnected", "CLIENT_CLOSED_REQUEST", 499, media_type)
        case asyncio.CancelledError():
            return error_response(ShuttingDown(), request_id, media_type)
    status, headers = _status(error, media_type)
    return _response(error_entries(error, request_id), status, media_type, headers)


def _status(error: BaseException, media_type: str) -> tuple[int, HeaderList]:
    match error:
        case Unauthenticated():
            return 401, ((b"www-authenticate", b"Bearer"),)
        case Unavailable() | TimedOut() | ShuttingDown():
            return 503, (_RETRY_AFTER,)
        case LimitReached():
            return 429, (_RETRY_AFTER,)
        case NotAcceptable():
            return request_error_status(media_type, 406), ()
        case OperationError():
            return request_error_status(media_type), ()
    return 500, ()


def request_error_status(media_type: str, status: int = 400) -> int:
    """Return the status of a well-formed request that is not executed.

    By the GraphQL-over-HTTP specification it is 200 for `application/json`, whose clients read errors from the body.
    """
    return status if media_type == RESPONSE_JSON else 200


def failure(message: str, code: str, status: int, media_type: str = JSON, headers: HeaderList = ()) -> Response:
    """Return a response with one error."""
    return _response([{"message": message, "extensions": {"code": code}}], status, media_type, headers)


def _response(errors: list[dict[str, Any]], status: int, media_type: str, headers: HeaderList) -> Response:
    code = errors[0]["extensions"]["code"]
    answer = Answer(orjson.dumps({"errors": errors}), executed=False, codes=(str(code),))
    return Response(answer, status, (*JSON_HEADERS[media_type], *headers))
