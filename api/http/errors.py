"""What clients are told where something failed: nothing internal ever leaves."""

import asyncio
from typing import Any

import orjson
import structlog

from api.database.driver_errors import cause_of
from api.errors import LimitReached, NotAcceptable, OperationError, ShuttingDown, TimedOut, Unauthenticated, Unavailable
from api.graphql.execution import Answer
from api.graphql.field_errors import formatted
from api.http.negotiation import JSON, RESPONSE_JSON
from api.http.request import BadRequest, WentAway
from api.http.response import HeaderList, Reply

VARY = (b"vary", b"Accept, Accept-Encoding, Authorization")
JSON_HEADERS = {each: ((b"content-type", f"{each}; charset=utf-8".encode()), VARY) for each in (JSON, RESPONSE_JSON)}
"""By the media type of an answer: the headers that say what it is."""

log = structlog.get_logger("stancegraph.operation")


FAILED = (Exception, asyncio.CancelledError)
"""What ends the work on a request early. Nobody cancels that but a server that must end and has waited long enough."""


def told(error: BaseException, request_id: str) -> list[dict[str, Any]]:
    """The errors of an answer; what is nobody's but ours goes into the log alone, under the request's id."""
    if isinstance(error, Unavailable):
        log.warning("unavailable", request_id=request_id, reason=cause_of(error))
    if isinstance(error, OperationError):
        return [formatted(error)]
    log.error("failure", request_id=request_id, exc_info=error)
    message = "something went wrong here; it is in the log under this request id"
    return [{"message": message, "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id}}]


def refused(error: BaseException, request_id: str, media_type: str = JSON) -> Reply:
    """Return the reply to a request that failed before there was an answer to it, in the negotiated media type."""
    match error:
        case BadRequest():
            extensions = {"code": "BAD_REQUEST"}
            return _failure(
                media_type, [{"message": str(error), "extensions": extensions}], error.status, error.headers
            )
        case WentAway():
            extensions = {"code": "CLIENT_CLOSED_REQUEST"}
            return _failure(media_type, [{"message": "the client went away", "extensions": extensions}], 499)
        case Unauthenticated():
            return _failure(media_type, told(error, request_id), 401, ((b"www-authenticate", b"Bearer"),))
        case asyncio.CancelledError():
            return refused(ShuttingDown(), request_id, media_type)
        case Unavailable() | TimedOut() | ShuttingDown():
            return _failure(media_type, told(error, request_id), 503, ((b"retry-after", b"1"),))
        case LimitReached():
            return _failure(media_type, told(error, request_id), 429, ((b"retry-after", b"1"),))
        case NotAcceptable():
            return _failure(media_type, told(error, request_id), request_error_status(media_type, 406))
        case OperationError():
            return _failure(media_type, told(error, request_id), request_error_status(media_type))
    return _failure(media_type, told(error, request_id), 500)


def request_error_status(media_type: str, status: int = 400) -> int:
    """Return the status of a well-formed request that is not executed.

    By GraphQL over HTTP that is 200 as `application/json`, whose clients look for errors in the body alone.
    """
    return status if media_type == RESPONSE_JSON else 200


def _failure(media_type: str, errors: list[dict[str, Any]], status: int, headers: HeaderList = ()) -> Reply:
    code = errors[0]["extensions"]["code"]
    answer = Answer(orjson.dumps({"errors": errors}), executed=False, codes=(str(code),))
    return Reply(answer, status, (*JSON_HEADERS[media_type], *headers))
