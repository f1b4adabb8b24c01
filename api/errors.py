"""What can go wrong in front of a caller, and how it is told."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ErrorCode(StrEnum):
    """Why an input was refused."""

    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    CONFLICT = "CONFLICT"
    DUPLICATE = "DUPLICATE"


@dataclass(frozen=True, slots=True)
class UserError:
    """Something the caller can put right, as it stands in a mutation's payload; `path` leads into the input."""

    code: ErrorCode
    message: str
    path: tuple[str, ...]


class StancegraphError(Exception):
    """A failure with a message that whoever caused it may read."""


class ConfigurationError(StancegraphError):
    """The settings or the database are not as they must be; `str` of it is one line or one line a setting."""


class OperationError(StancegraphError):
    """A GraphQL operation that is refused whole: becomes an entry of `errors` with `extensions.code`.

    `path` is that of the response field at fault; `extensions` may hold more for the client.
    """

    code = "BAD_USER_INPUT"

    def __init__(self, message: str, path: tuple[str | int, ...] = (), **extensions: Any) -> None:
        super().__init__(message)
        self.path = path
        self.extensions = extensions


class BadArgument(OperationError):
    """An argument that cannot be understood; names it (`after`, `filter.holder[1]`)."""

    def __init__(self, argument: str, message: str) -> None:
        super().__init__(f"{argument}: {message}", argument=argument)


class TooCostly(OperationError):
    """An operation over one of the limits."""

    code = "LIMIT_EXCEEDED"


class LimitReached(OperationError):
    """The caller holds as many connections as it may."""

    code = "LIMIT_EXCEEDED"


class PersistedQueryNotSupported(OperationError):
    """The request holds the hash of a query in place of the query.

    Message and code are those that the persisted query links of Apollo Client and urql look for: they send the query.
    """

    code = "PERSISTED_QUERY_NOT_SUPPORTED"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotSupported")


class NotAcceptable(OperationError):
    """The client accepts no media type that the answer can have."""

    code = "NOT_ACCEPTABLE"


class Unauthenticated(OperationError):
    """No token where one is needed, or one that is not good."""

    code = "UNAUTHENTICATED"


class Forbidden(OperationError):
    """The caller is known and may not."""

    code = "FORBIDDEN"


class TimedOut(OperationError):
    """The database did not finish within the statement timeout."""

    code = "TIMEOUT"


class Unavailable(OperationError):
    """The database could not be reached, or is too busy to take the work."""

    code = "UNAVAILABLE"


class NotExecuted(OperationError):
    """A mutation behind one that failed."""

    code = "NOT_EXECUTED"


class InternalError(OperationError):
    """The server failed for a reason that its log alone describes, under the ID of the request."""

    code = "INTERNAL_SERVER_ERROR"

    def __init__(self, request_id: str) -> None:
        message = "the server failed to answer; its log has the reason under this request ID"
        super().__init__(message, requestId=request_id)


class ShuttingDown(OperationError):
    """The server ends before the operation did."""

    code = "SHUTTING_DOWN"

    def __init__(self) -> None:
        super().__init__("the server ends, and gave the operation up: try again; a mutation may have been carried out")


class Unwritable(Unavailable):
    """The database answers but takes no changes: its disk is full or read-only."""
