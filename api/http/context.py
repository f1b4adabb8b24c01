"""The context that the endpoints of one server share."""

from dataclasses import dataclass
from typing import Any

from api.graphql.execution import Execution
from api.http.connection_limits import ConnectionLimit
from api.http.errors import log
from api.http.frame import RequestFrame
from api.http.negotiation import JSON
from api.http.request import authorization
from api.http.response import Headers
from api.http.subscriptions import Subscriptions
from api.security.tokens import Authentication
from api.security.viewer import Viewer
from api.settings import Settings

_NO_HEADERS: Headers = {}


@dataclass(frozen=True, slots=True)
class ServerContext:
    """The parts that all endpoints work with."""

    execution: Execution
    authentication: Authentication
    settings: Settings
    subscriptions: Subscriptions
    connections: ConnectionLimit
    """Limits WebSockets and event streams."""
    logger: Any
    """The bound logger of operations: binding it for each line costs more than the line."""

    def frame(self, headers: Headers = _NO_HEADERS, media_type: str = JSON) -> RequestFrame:
        """Start the frame of a request, or of an operation over WebSocket, which has no headers of its own."""
        return RequestFrame(self.logger, headers, media_type)

    async def viewer(self, headers: Headers) -> Viewer:
        """Return the caller that the headers name.

        :raises Unauthenticated: if the token is malformed, unknown, expired or revoked.
        """
        return await self.authentication.viewer(authorization(headers))


def bind_logger() -> Any:
    """Return the logger of operations, bound to the present configuration of the log."""
    return log.bind()
