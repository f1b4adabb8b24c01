"""WebSocket as uvicorn speaks it, with handshakes that may be refused."""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """One connection."""

    async def send(self, message: Any) -> None:
        """As uvicorn's; a handshake that was answered by a response over HTTP is over.

        uvicorn takes it for one that was forgotten, and logs an error: whoever is refused could fill the log with them.
        """
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            self.handshake_complete = True
