"""What clients are told where something failed: nothing internal ever leaves."""

from typing import Any

import orjson
import structlog

from api.errors import OperationError, Unauthenticated, Unavailable
from api.http.body import JSON, BadRequest, WentAway
from api.http.reply import Reply
from api.schema.execution import Answer
from api.schema.failures import formatted

VARY = (b"vary", b"Accept, Accept-Encoding, Authorization")
PLAIN = ((b"content-type", f"{JSON}; charset=utf-8".encode()), VARY)

log = structlog.get_logger("stancegraph.operation")


def told(error: Exception, request_id: str) -> list[dict[str, Any]]:
    """The errors of an answer; what is nobody's but ours goes into the log alone, under the request's id."""
    if isinstance(error, Unavailable):
        log.warning("unavailable", request_id=request_id, exc_info=error.__cause__)
    if isinstance(error, OperationError):
        return [formatted(error)]
    log.error("failure", request_id=request_id, exc_info=error)
    message = "something went wrong here; it is in the log under this request id"
    return [{"message": message, "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id}}]


def refused(error: Exception, request_id: str) -> Reply:
    """The reply to a request that failed before there was an answer to it."""
    match error:
        case BadRequest():
            return _failure([{"message": str(error), "extensions": {"code": "BAD_REQUEST"}}], error.status)
        case WentAway():
            extensions = {"code": "CLIENT_CLOSED_REQUEST"}
            return _failure([{"message": "the client went away", "extensions": extensions}], 499)
        case Unauthenticated():
            return _failure(told(error, request_id), 401, (b"www-authenticate", b"Bearer"))
        case Unavailable():
            return _failure(told(error, request_id), 503, (b"retry-after", b"1"))
    return _failure(told(error, request_id), 200 if isinstance(error, OperationError) else 500)


def _failure(errors: list[dict[str, Any]], status: int, *headers: tuple[bytes, bytes]) -> Reply:
    code = errors[0]["extensions"]["code"]
    answer = Answer(orjson.dumps({"errors": errors}), executed=False, codes=(str(code),))
    return Reply(answer, status, (*PLAIN, *headers))
