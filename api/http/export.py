"""Exports as downloads: streamed while they are made, with the rows that the caller may see (ADR 0018)."""

import asyncio
import contextlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import orjson
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from api import limits
from api.errors import BadArgument, TimedOut
from api.exchange.exports.database_source import open_source
from api.exchange.exports.filter_names import FILTERS
from api.exchange.format import Format, Malformed, Option, Options, formats
from api.graphql.execution import Answer
from api.http.connection_limits import ConnectionLimit, LimitSettings, client_address
from api.http.context import ServerContext
from api.http.disconnect import run_until_disconnect
from api.http.errors import JSON_HEADERS, error_response, failure
from api.http.frame import RequestFrame
from api.http.negotiation import JSON, accepts_gzip
from api.http.request import BadRequest, authorization
from api.http.response import GZIP_LEVEL, Response, off_loop_if_long
from api.security.viewer import Viewer

_MIN_TIMEOUT_MS = 60_000
"""An export may prepare, for example sort, for longer than the statement timeout of other requests."""
_GRACE_SECONDS = 3.0
"""Time for a download to reach its next piece after its client has disconnected."""
_LIMITS = LimitSettings(
    all="max_downloads",
    address="max_downloads",
    token="max_downloads_per_client",  # noqa: S106 (the name of a setting)
    anonymous="max_downloads_per_client",
)


@dataclass(frozen=True, slots=True)
class _ExportRequest:
    """A format, its options, and filters of the rows to export."""

    declared: Format
    options: Options
    filters: Sequence[tuple[str, str]]

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        name = "-".join(["stancegraph", *([self.options["table"]] if "table" in self.options else [])])
        return [
            (b"content-type", self.declared.media_type.encode()),
            (b"content-disposition", f'attachment; filename="{name}.{self.declared.extension}"'.encode()),
            (b"cache-control", b"private, no-store"),
            (b"vary", b"Accept-Encoding, Authorization"),
            (b"x-accel-buffering", b"no"),
        ]


class ExportEndpoint:
    """Serves `/export`, the list of formats, and `/export/<format>`."""

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._timeout_ms = max(context.settings.statement_timeout_ms, _MIN_TIMEOUT_MS)
        self._downloads = ConnectionLimit(context.settings, _LIMITS, "downloads")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request: with a file, the list of formats or an error."""
        frame = self._context.frame(dict(scope["headers"]))
        download = _Download(send, frame.id, self._context.settings.client_patience_seconds)
        result = await frame.run(self._run(scope, receive, frame, download), _error_response)
        if isinstance(result, Response) and not download.started:
            await result.send(scope["method"], frame.headers, frame.id, send)
            if result.answer.executed:
                return  # the list is no download
        outcome = result.outcome if isinstance(result, Response) else result
        frame.log("download", format=scope["path_params"].get("format"), outcome=outcome, bytes=download.bytes)

    async def _run(self, scope: Scope, receive: Receive, frame: RequestFrame, download: "_Download") -> Response | str:
        """Return the list of formats, or send a file and return the outcome."""
        viewer = await self._context.viewer(frame.headers)
        name = scope["path_params"].get("format")
        if name is None:
            return Response(await asyncio.to_thread(_list_formats), 200, JSON_HEADERS[JSON])
        # In a thread, because it imports the libraries of the format.
        request = await asyncio.to_thread(_parse, name, Request(scope).query_params.multi_items())
        gzip = accepts_gzip(frame.headers.get(b"accept-encoding", b""))
        with self._downloads.slot(client_address(scope)) as slot:
            slot.identify(authorization(frame.headers))
            outcome = await run_until_disconnect(
                self._send_file(request, viewer, scope["method"], gzip, download),
                receive,
                on_disconnect=download.stop,
                grace_seconds=_GRACE_SECONDS,
            )
        return outcome or "gone"

    async def _send_file(
        self, request: _ExportRequest, viewer: Viewer, method: str, gzip: bool, download: "_Download"
    ) -> str:
        """Send the file and return the outcome."""
        assert request.declared.write is not None
        database = self._context.execution.database
        async with (
            open_source(database, viewer, request.filters, self._timeout_ms) as source,
            contextlib.aclosing(request.declared.write(source, request.options)) as pieces,  # type: ignore[type-var]
        ):
            # Most errors occur before the first piece, when an error response can still be sent.
            first = await anext(pieces, b"")
            await download.start(request.headers, gzip)
            try:
                if method != "HEAD":
                    await download.send(first)
                    async for piece in pieces:
                        await download.send(piece)
                await download.end()
            except TimeoutError:
                return "too slow"
            except _Stopped:
                return "gone"
        return "ok"


class _Stopped(Exception):
    """The client has disconnected."""


class _Download:
    """Sends the pieces of a file, compressed on request. The client must receive each within `timeout_seconds`.

    A download without an end is cut off: the client sees that its file is incomplete.
    """

    def __init__(self, send: Send, request_id: str, timeout_seconds: float) -> None:
        self._send, self._timeout_seconds, self._request_id = send, timeout_seconds, request_id
        self._compressor: zlib._Compress | None = None
        self.started = False
        self._ended = self._stopped = False
        self.bytes = 0

    async def start(self, headers: list[tuple[bytes, bytes]], gzip: bool) -> None:
        """Send status and headers."""
        if gzip:
            self._compressor = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, 31)
            headers = [*headers, (b"content-encoding", b"gzip")]
        headers = [*headers, (b"x-request-id", self._request_id.encode())]
        self.started = True
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    async def send(self, piece: bytes) -> None:
        """Send one piece, or buffer it in the compressor.

        :raises _Stopped: if the client has disconnected.
        :raises TimeoutError: if the client does not receive the piece in time.
        """
        if self._stopped:
            raise _Stopped
        if self._compressor is not None:
            piece = await off_loop_if_long(self._compressor.compress, piece)
        if piece:
            await self._body(piece, more=True)

    async def end(self) -> None:
        """Send the end of the file."""
        self._ended = True
        await self._body(self._compressor.flush() if self._compressor is not None else b"", more=False)

    def stop(self) -> None:
        """End the download at its next piece, unless it has ended."""
        self._stopped = not self._ended

    async def _body(self, body: bytes, *, more: bool) -> None:
        async with asyncio.timeout(self._timeout_seconds):
            await self._send({"type": "http.response.body", "body": body, "more_body": more})
        self.bytes += len(body)


def _error_response(error: BaseException, request_id: str, media_type: str) -> Response:
    match error:
        case Malformed() | BadArgument():
            return error_response(BadRequest(str(error)), request_id, media_type)
        case TimedOut():
            return replace(error_response(error, request_id, media_type), status=504)
        case NotInstalled():
            return failure(str(error), "NOT_IMPLEMENTED", 501, media_type)
    return error_response(error, request_id, media_type)


class NotInstalled(Exception):
    """The format needs a library that is not installed; the message names the library."""


def _writable() -> dict[str, Format]:
    return {name: each for name, each in formats().items() if each.write is not None}


def _available() -> dict[str, Format]:
    return {name: each for name, each in _writable().items() if each.missing is None}


def _list_formats() -> Answer:
    """Return all formats with their options, and the filters."""

    def describe(declared: Format) -> dict[str, object]:
        return {
            "name": declared.name,
            "title": declared.title,
            "extension": declared.extension,
            "mediaType": declared.media_type,
            "options": [
                {"name": o.name, "about": o.description, "values": list(o.values), "default": o.default}
                for o in _options(declared).values()
            ],
        }

    listed = {"formats": [describe(each) for each in _available().values()], "filters": FILTERS}
    return Answer(orjson.dumps(listed), executed=True)


def _options(declared: Format) -> dict[str, Option]:
    return {option.name: option for option in declared.options if option.only != "import"}


def _parse(name: str, parameters: Sequence[tuple[str, str]]) -> _ExportRequest:
    """Return the request for the format `name` in the parameters of a query string.

    :raises BadRequest: if the format, an option, a filter or the value of an option is unknown.
    :raises NotInstalled: if the format needs a library that is not installed.
    """
    declared = _writable().get(name)
    if declared is None:
        raise BadRequest(f"unknown export format {name[:60]!r}; the formats are {', '.join(_available())}", 404)
    if declared.missing is not None:
        raise NotInstalled(declared.missing)
    known = _options(declared)
    options: dict[str, str] = {o.name: o.default for o in known.values() if o.default is not None}
    filters: list[tuple[str, str]] = []
    values: dict[str, list[str]] = {}
    for key, value in parameters:
        if wrong := limits.EXPORT_VALUE.exceeded(len(value)):
            raise BadRequest(f"{key[:60]}: {wrong}")
        if key in known:
            values.setdefault(key, []).append(value)
        elif key in FILTERS:
            filters.append((key, value))
        else:
            names = ", ".join([*known, *FILTERS])
            raise BadRequest(f"{key[:60]}: unknown option or filter of {name}; the options and filters are {names}")
    for key, each in values.items():
        options[key] = _value(known[key], each)
    return _ExportRequest(declared, options, filters)


def _value(option: Option, values: Sequence[str]) -> str:
    if len(values) > 1 and not option.repeatable:
        raise BadRequest(f"{option.name}: may occur once, not {len(values)} times")
    wrong = [value for value in values if option.values and value not in option.values]
    if wrong:
        raise BadRequest(f"{option.name}: must be one of {', '.join(option.values)}; not {wrong[0][:60]!r}")
    return "\n".join(values)
