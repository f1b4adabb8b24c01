"""uvicorn's WebSocket protocol, corrected for handshakes that are refused."""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """One WebSocket."""

    async def send(self, message: Any) -> None:
        """Send as uvicorn does, and mark a handshake as complete after an HTTP response.

        uvicorn takes such a handshake for an unanswered one and logs an error: refused clients could fill the log.
        """
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            self.handshake_complete = True
