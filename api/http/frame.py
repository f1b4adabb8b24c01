"""The frame of a request or operation: its ID, its clock, its statement count, its errors and its line in the log."""

import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from api.database.reader import StatementCount, statement_count
from api.http.errors import FAILURES, error_response
from api.http.request import header
from api.http.response import Headers, Response, request_id

T = TypeVar("T")


class RequestFrame:
    """One request over HTTP, or one operation over WebSocket, from its start to its line in the log."""

    __slots__ = ("_logger", "_started_at", "_statements", "headers", "id", "media_type")

    def __init__(self, logger: Any, headers: Headers, media_type: str) -> None:
        """:param media_type: media type of error responses."""
        self.headers, self.media_type = headers, media_type
        self.id = request_id(header(headers, b"x-request-id"))
        self._logger, self._started_at = logger, time.perf_counter()
        self._statements = StatementCount()
        statement_count.set(self._statements)

    @property
    def statements(self) -> int:
        """Number of SQL statements so far."""
        return self._statements.statements

    async def run(
        self, work: Awaitable[T], to_response: Callable[[BaseException, str, str], Response] = error_response
    ) -> T | Response:
        """Return the result of `work`, or what `to_response` makes of its error, with request ID and media type.

        No internal detail leaves the server: `error_response` writes the details of unexpected errors only to the log.
        """
        try:
            return await work
        except FAILURES as error:
            return to_response(error, self.id, self.media_type)

    def log(self, event: str, **values: object) -> None:
        """Write the line of the request, with its ID and its duration."""
        milliseconds = round((time.perf_counter() - self._started_at) * 1000, 2)
        self._logger.info(event, request_id=self.id, **values, ms=milliseconds)
