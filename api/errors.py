"""Errors that clients see: error codes, user errors of payloads, and exceptions of operations (ADR 0026)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ErrorCode(StrEnum):
    """Why a mutation refused its input."""

    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    CONFLICT = "CONFLICT"
    DUPLICATE = "DUPLICATE"


@dataclass(frozen=True, slots=True)
class InputError:
    """An error in the input of a mutation (`UserError` in the schema); `path` leads to a field of the input."""

    code: ErrorCode
    message: str
    path: tuple[str, ...]


class StancegraphError(Exception):
    """Base of failures whose message is meant for the user."""


class ConfigurationError(StancegraphError):
    """The settings or the database are wrong; the message is one line, or one line per setting."""


class OperationError(StancegraphError):
    """A failed operation or field; becomes an entry of `errors` with the code in `extensions.code`.

    `path` is the path of the response field that failed; `extensions` holds further details for the client.
    """

    code = "BAD_USER_INPUT"

    def __init__(self, message: str, path: tuple[str | int, ...] = (), **extensions: Any) -> None:
        super().__init__(message)
        self.path = path
        self.extensions = extensions


class BadArgument(OperationError):
    """An invalid argument; the message names the argument (`after`, `filter.holder[1]`)."""

    def __init__(self, argument: str, message: str) -> None:
        super().__init__(f"{argument}: {message}", argument=argument)


class TooCostly(OperationError):
    """The operation exceeds a limit."""

    code = "LIMIT_EXCEEDED"


class LimitReached(OperationError):
    """The caller has its maximum of connections or operations."""

    code = "LIMIT_EXCEEDED"


class PersistedQueryNotSupported(OperationError):
    """The request has the hash of a query and no query.

    The persisted-query links of Apollo Client and urql look for this message and code, and then send the query.
    """

    code = "PERSISTED_QUERY_NOT_SUPPORTED"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotSupported")


class NotAcceptable(OperationError):
    """The client accepts no media type of the answer."""

    code = "NOT_ACCEPTABLE"


class Unauthenticated(OperationError):
    """The token is missing or invalid."""

    code = "UNAUTHENTICATED"


class Forbidden(OperationError):
    """The caller lacks the necessary role."""

    code = "FORBIDDEN"


class TimedOut(OperationError):
    """A statement exceeded the statement timeout."""

    code = "TIMEOUT"


class Unavailable(OperationError):
    """The database cannot be reached or is too busy."""

    code = "UNAVAILABLE"


class NotExecuted(OperationError):
    """A mutation after one that failed in the same document."""

    code = "NOT_EXECUTED"


class InternalError(OperationError):
    """The server failed for a reason that its log alone describes, under the ID of the request."""

    code = "INTERNAL_SERVER_ERROR"

    def __init__(self, request_id: str) -> None:
        message = "the server failed to answer; its log has the reason under this request ID"
        super().__init__(message, requestId=request_id)


class ShuttingDown(OperationError):
    """The server shuts down before the end of the operation."""

    code = "SHUTTING_DOWN"

    def __init__(self) -> None:
        super().__init__(
            "the server is shutting down and cancelled the operation: try again; a mutation may have been carried out"
        )


class Unwritable(Unavailable):
    """The database answers but takes no changes: its disk is full or read-only."""
