"""uvicorn's HTTP/1.1 protocol over httptools, with limits (ADR 0027).

Limits the bytes of a request's head, the time that a client takes to send a request or to read a response, and the
number of connections. httptools joins the pieces of a header line without a limit, and uvicorn waits for the rest of a
request without a timeout.
"""

import asyncio
import functools
from collections.abc import Callable
from typing import Any

import orjson
import structlog
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState
from websockets.exceptions import HeaderLineTooLong, RequestLineTooLong, TooManyHeaders

from api.settings import load, variable

log = structlog.get_logger("stancegraph.protocol")

LINGER_SECONDS = 1.0
"""Time in which a refused client may go on sending: closing a socket with unread bytes discards the response."""
_MAX_DISCARDED_BYTES = 1_048_576
_LOG_EVERY_SECONDS = 10.0
_HANDSHAKE_STATUSES = {RequestLineTooLong: 414, HeaderLineTooLong: 431, TooManyHeaders: 431}
"""Status by the reason why the WebSocket library could not read a handshake; 400 for any other reason."""
_IDLE, _HEAD, _BODY = "idle", "head", "body"

settings = functools.cache(load)
"""Return the settings of this process: uvicorn makes a protocol for each connection and passes none."""


class _Refused(Exception):
    """Raised in a parser callback to stop parsing a request that exceeds a limit."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """One connection of a client."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._settings = settings()
        self._stage = _IDLE
        self._head_bytes = 0
        self._progressed = False
        self._unparsed_bytes = 0
        """Bytes received since the parser last finished a head or a piece of a body."""
        self._refusal: tuple[int, str] | None = None
        self._discarded_bytes = -1
        """Bytes received since the request was refused; negative until then."""
        self._read_timer: asyncio.TimerHandle | None = None
        self._timed_stage = _IDLE
        self._write_timer: asyncio.TimerHandle | None = None

    # ------------------------------------------------------------------ connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Refuse the connection if there are too many; else start the timer for its first request."""
        super().connection_made(transport)
        maximum = self._settings.max_connections
        if len(self.connections) > maximum:
            _connections_full.note(maximum, self.loop.time())
            name = variable("max_connections")
            self._refuse(503, f"the server has its maximum of {maximum:,} connections ({name}); try again later")
            if len(self.connections) > maximum + max(10, maximum // 10):
                transport.abort()
            return
        self._start_read_timer(_IDLE, self._settings.header_timeout_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timers."""
        self._stop_read_timer()
        self._stop_write_timer()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Let a request in progress end; close an incompletely received one shortly before uvicorn would cancel it."""
        super().shutdown()
        seconds = self.config.timeout_graceful_shutdown
        if seconds is not None and not self.transport.is_closing():
            self.loop.call_later(max(seconds - 1, seconds / 2), self._give_up_incomplete)

    def _give_up_incomplete(self) -> None:
        if self._stage == _BODY:
            self.transport.abort()

    def handle_websocket_upgrade(self) -> None:
        """Pass the connection to the WebSocket protocol; close it if that protocol could not read the handshake."""
        self._stop_read_timer()
        self._stop_write_timer()
        self._discarded_bytes = 0
        super().handle_websocket_upgrade()
        # uvicorn ignores the exception and would neither respond nor close.
        failed = self.transport.get_protocol().conn.handshake_exc  # type: ignore[attr-defined]
        if failed is not None:
            self.transport.write(_response(_HANDSHAKE_STATUSES.get(type(failed), 400), f"no WebSocket: {failed}"))
            self.transport.close()

    # ------------------------------------------------------------------ reading

    def data_received(self, data: bytes) -> None:
        """Parse received bytes within the limits."""
        if self._discarded_bytes >= 0:
            self._discarded_bytes += len(data)
            if self._discarded_bytes > _MAX_DISCARDED_BYTES:
                self.transport.abort()
            return
        self._progressed = False
        super().data_received(data)
        if self._discarded_bytes >= 0 or self.transport.is_closing():
            return
        self._unparsed_bytes = 0 if self._progressed else self._unparsed_bytes + len(data)
        if self._unparsed_bytes > self._settings.max_header_bytes + self._settings.max_url_bytes:
            self._refuse(*self._headers_too_large())
            return
        self._time_reading()

    def on_message_begin(self) -> None:
        """Parser callback: a request starts."""
        super().on_message_begin()
        self._stage, self._head_bytes = _HEAD, 0

    def on_url(self, url: bytes) -> None:
        """Refuse a URL of more than `max_url_bytes`."""
        super().on_url(url)
        maximum = self._settings.max_url_bytes
        if len(self.url) > maximum:
            limit = f"at most {maximum:,} bytes ({variable('max_url_bytes')})"
            self._refusal = 414, f"the address may have {limit}; send the operation by POST"
            raise _Refused

    def on_header(self, name: bytes, value: bytes) -> None:
        """Refuse headers of more than `max_header_bytes`, trailers included."""
        self._head_bytes += len(name) + len(value) + 4  # ": " and the end of the line
        if self._head_bytes > self._settings.max_header_bytes:
            self._refusal = self._headers_too_large()
            raise _Refused
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Parser callback: the headers are complete."""
        self._stage, self._progressed = _BODY, True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Parser callback: a part of the body arrived."""
        self._progressed = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Parser callback: the request is complete."""
        self._stage, self._progressed = _IDLE, True
        super().on_message_complete()

    def _headers_too_large(self) -> tuple[int, str]:
        name = variable("max_header_bytes")
        return 431, f"the headers may have at most {self._settings.max_header_bytes:,} bytes ({name}); send fewer"

    # ------------------------------------------------------------------ timers

    def _time_reading(self) -> None:
        """Run a timer exactly while a request is incomplete."""
        if self._stage == _BODY:
            if self._timed_stage != _BODY or self._read_timer is None:
                self._start_read_timer(_BODY, self._settings.body_timeout_seconds)
        elif self._stage == _HEAD or (self.timeout_keep_alive_task is None and not self._is_answering):
            if self._timed_stage == _BODY or self._read_timer is None:
                self._start_read_timer(self._stage, self._settings.header_timeout_seconds)
        elif self._read_timer is not None:
            self._stop_read_timer()

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _start_read_timer(self, stage: str, seconds: float) -> None:
        self._stop_read_timer()
        self._timed_stage, self._read_timer = stage, self.loop.call_later(seconds, self._read_timed_out)

    def _stop_read_timer(self) -> None:
        if self._read_timer is not None:
            self._read_timer.cancel()
            self._read_timer = None

    def _read_timed_out(self) -> None:
        self._read_timer = None
        if self._stage == _IDLE or (self._stage == _BODY and not self._is_answering):
            self.transport.close()  # no request to refuse, or one that was answered before its end
        elif self._stage == _BODY and self.flow.read_paused:
            self._time_reading()  # the server is the one that stopped reading
        else:
            setting = "body_timeout_seconds" if self._stage == _BODY else "header_timeout_seconds"
            seconds = getattr(self._settings, setting)
            self._refuse(408, f"the request was not sent within {seconds} seconds ({variable(setting)})")

    def pause_writing(self) -> None:
        """Pause as uvicorn does, and start the timer for the client to read on."""
        super().pause_writing()
        self._time_writing()

    def resume_writing(self) -> None:
        """Resume as uvicorn does, and stop the timer."""
        super().resume_writing()
        self._stop_write_timer()

    def _time_writing(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._write_timer = self.loop.call_later(self._settings.body_timeout_seconds, self._check_writing, left)

    def _check_writing(self, left: int) -> None:
        """Cut off a client that has read nothing of its response since `left` bytes of it were unsent."""
        if self.transport.get_write_buffer_size() < left:
            self._time_writing()
        else:
            self.transport.abort()

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    # ------------------------------------------------------------------ refusing

    def send_400_response(self, msg: str) -> None:
        """Refuse a request that could not be parsed or exceeds a limit."""
        self._refuse(*(self._refusal or (400, msg)))

    def _refuse(self, status: int, message: str) -> None:
        """Respond with `status` unless another request is being answered; ignore further bytes, and close."""
        self._stop_read_timer()
        self._discarded_bytes = 0
        is_own = False
        if self._is_answering:
            is_own = self._stage == _BODY and not self.pipeline and not self.cycle.response_started
            if not is_own:
                self.transport.close()
                return
        self.transport.write(_response(status, message))
        if is_own:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)


_CODES = {408: "REQUEST_TIMEOUT", 503: "UNAVAILABLE", 400: "BAD_REQUEST"}


def _response(status: int, message: str) -> bytes:
    errors = [{"message": message, "extensions": {"code": _CODES.get(status, "LIMIT_EXCEEDED")}}]
    body = orjson.dumps({"errors": errors})
    head = b"content-type: application/json; charset=utf-8\r\nconnection: close\r\n"
    return b"%s%scontent-length: %d\r\n\r\n%s" % (STATUS_LINE[status], head, len(body), body)


class _ConnectionsFull:
    """Logs refused connections: the first immediately, then a line at most every few seconds."""

    def __init__(self, write: Callable[..., object]) -> None:
        self._write = write
        self._refused, self._logged_at = 0, -_LOG_EVERY_SECONDS

    def note(self, limit: int, now: float) -> None:
        """Count one refused connection, and log when a line is due."""
        self._refused += 1
        if now - self._logged_at >= _LOG_EVERY_SECONDS:
            self._write("connections refused", limit=limit, setting=variable("max_connections"), refused=self._refused)
            self._refused, self._logged_at = 0, now


_connections_full = _ConnectionsFull(log.warning)
