"""HTTP/1.1 as uvicorn speaks it over httptools, with bounds (decision record 0027).

Bounded are the bytes of a request's head, the time that a client takes to send a request or to read an answer, and the
connections of a process.

httptools joins the pieces of a header line without a bound, and uvicorn waits for the rest of a request for ever.
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
"""How long a refused client may go on sending: what is closed with unread bytes takes the answer along."""
_MAX_DISCARDED_BYTES = 1_048_576
_LOG_EVERY_SECONDS = 10.0
_HANDSHAKE_STATUSES = {RequestLineTooLong: 414, HeaderLineTooLong: 431, TooManyHeaders: 431}
"""Why the WebSocket library could not read a handshake, by its own bounds; 400 for any other reason."""
_IDLE, _HEAD, _BODY = "idle", "head", "body"

settings = functools.cache(load)
"""The settings of this process, by which uvicorn makes a protocol for each connection."""


class _Refused(Exception):
    """Ends the parsing of a request that is over a limit."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """One connection."""

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
        """Refuse the connection if there are too many; else wait for a request."""
        super().connection_made(transport)
        most = self._settings.max_connections
        if len(self.connections) > most:
            _connections_full.note(most, self.loop.time())
            name = variable("max_connections")
            self._refuse(503, f"the server has {most:,} connections, the most it takes ({name}); try again later")
            if len(self.connections) > most + max(10, most // 10):
                transport.abort()
            return
        self._start_read_timer(_IDLE, self._settings.header_timeout_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers."""
        self._stop_read_timer()
        self._stop_write_timer()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Let a request that is being sent or answered end; give up before uvicorn cancels it."""
        super().shutdown()
        patience = self.config.timeout_graceful_shutdown
        if patience is not None and not self.transport.is_closing():
            self.loop.call_later(max(patience - 1, patience / 2), self._give_up_incomplete)

    def _give_up_incomplete(self) -> None:
        if self._stage == _BODY:
            self.transport.abort()

    def handle_websocket_upgrade(self) -> None:
        """Leave the connection to the WebSocket protocol; close it if that could not read the handshake."""
        self._stop_read_timer()
        self._stop_write_timer()
        self._discarded_bytes = 0
        super().handle_websocket_upgrade()
        # uvicorn does not look at it, and would neither answer nor close.
        failed = self.transport.get_protocol().conn.handshake_exc  # type: ignore[attr-defined]
        if failed is not None:
            self.transport.write(_response(_HANDSHAKE_STATUSES.get(type(failed), 400), f"no WebSocket: {failed}"))
            self.transport.close()

    # ------------------------------------------------------------------ reading

    def data_received(self, data: bytes) -> None:
        """Parse what came, within the bounds."""
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
        """As uvicorn's."""
        super().on_message_begin()
        self._stage, self._head_bytes = _HEAD, 0

    def on_url(self, url: bytes) -> None:
        """As uvicorn's, within `max_url_bytes`."""
        super().on_url(url)
        most = self._settings.max_url_bytes
        if len(self.url) > most:
            way_out = "send the operation by POST"
            self._refusal = 414, f"the address may have at most {most:,} bytes ({variable('max_url_bytes')}); {way_out}"
            raise _Refused

    def on_header(self, name: bytes, value: bytes) -> None:
        """As uvicorn's, within `max_header_bytes`: also of headers that follow a body."""
        self._head_bytes += len(name) + len(value) + 4  # ": " and the end of the line
        if self._head_bytes > self._settings.max_header_bytes:
            self._refusal = self._headers_too_large()
            raise _Refused
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """As uvicorn's."""
        self._stage, self._progressed = _BODY, True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """As uvicorn's."""
        self._progressed = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """As uvicorn's."""
        self._stage, self._progressed = _IDLE, True
        super().on_message_complete()

    def _headers_too_large(self) -> tuple[int, str]:
        name = variable("max_header_bytes")
        return 431, f"the headers may have at most {self._settings.max_header_bytes:,} bytes ({name}); send fewer"

    # ------------------------------------------------------------------ time

    def _time_reading(self) -> None:
        """Have a timer run while a request is incomplete, and none else."""
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
            self.transport.close()  # there is nothing to answer, or it was answered before all of it had come
        elif self._stage == _BODY and self.flow.read_paused:
            self._time_reading()  # it is the server that does not read on
        else:
            setting = "body_timeout_seconds" if self._stage == _BODY else "header_timeout_seconds"
            seconds = getattr(self._settings, setting)
            self._refuse(408, f"the request was not sent within {seconds} seconds ({variable(setting)})")

    def pause_writing(self) -> None:
        """As uvicorn's; the client must read on in time."""
        super().pause_writing()
        self._time_writing()

    def resume_writing(self) -> None:
        """As uvicorn's."""
        super().resume_writing()
        self._stop_write_timer()

    def _time_writing(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._write_timer = self.loop.call_later(self._settings.body_timeout_seconds, self._look_at_writing, left)

    def _look_at_writing(self, left: int) -> None:
        """Cut off a client that took nothing of its answer since there were `left` bytes of it."""
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
        """Refuse what could not be parsed, or is over a limit."""
        self._refuse(*(self._refusal or (400, msg)))

    def _refuse(self, status: int, message: str) -> None:
        """Answer with `status` if nothing else is being answered, read no more, and close."""
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
    """Logs that connections are refused: at once, and then no more than every few seconds."""

    def __init__(self, write: Callable[..., object]) -> None:
        self._write = write
        self._refused, self._logged_at = 0, -_LOG_EVERY_SECONDS

    def note(self, limit: int, now: float) -> None:
        """Note that one more was refused."""
        self._refused += 1
        if now - self._logged_at >= _LOG_EVERY_SECONDS:
            self._write("connections refused", limit=limit, setting=variable("max_connections"), refused=self._refused)
            self._refused, self._logged_at = 0, now


_connections_full = _ConnectionsFull(log.warning)
