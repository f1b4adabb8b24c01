"""Exports as downloads: streamed as they are made, with the caller's sight, and cut off where they break."""

import asyncio
import contextlib
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import orjson
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from api import limits
from api.database.database import Database
from api.errors import BadArgument, LimitReached, TimedOut, Unavailable
from api.exchange.exports.database_source import open_source
from api.exchange.exports.filter_names import FILTERS
from api.exchange.format import Format, Malformed, Option, Options, formats
from api.graphql.execution import Answer
from api.http.connection_limits import Full, Limits, Seats, address_of
from api.http.errors import FAILED, JSON_HEADERS, log, refused
from api.http.negotiation import JSON, takes_gzip
from api.http.request import BadRequest, authorization, text
from api.http.response import Headers, Reply, request_id
from api.http.sse import gone
from api.security.tokens import Authentication
from api.security.viewer import Viewer
from api.settings import Settings

_LEAST_TIMEOUT_MS = 60_000
"""What is prepared for a download, such as the sorting of much, may take longer than a request's statement."""
_LEVEL = 4
_IN_A_THREAD_FROM = 32_768
"""Bytes from which compressing would keep other requests waiting."""
_MOST_VALUE = limits.EXPORT_VALUE.maximum
_ENDING_SECONDS = 3.0
"""How long a download whose client has gone may take to come to its next piece."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request asks for: a format, its options, and what of the database is chosen."""

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


class Downloads:
    """Serves `/export`, which lists the formats, and `/export/<format>`."""

    def __init__(self, database: Database, authentication: Authentication, settings: Settings) -> None:
        self._database, self._authentication = database, authentication
        self._patience = settings.client_patience_seconds
        self._timeout_ms = max(settings.statement_timeout_ms, _LEAST_TIMEOUT_MS)
        own = "max_downloads_per_client"
        self._seats = Seats(settings, Limits(all="max_downloads", address="max_downloads", token=own, anonymous=own))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The answer to one request: a file, or a plain reply that says why there is none."""
        headers: Headers = dict(scope["headers"])
        name, began = scope["path_params"].get("format"), time.perf_counter()
        sending = _Sending(send, request_id(text(headers, b"x-request-id")), self._patience)
        outcome = "ok"
        try:
            viewer = await self._authentication.viewer(authorization(headers))
            if name is None:
                await Reply(await asyncio.to_thread(_listed), 200, JSON_HEADERS[JSON]).send(
                    scope["method"], headers, sending.request_id, send
                )
                return
            # In a thread: it imports what the format needs.
            asked = await asyncio.to_thread(_asked, name, Request(scope).query_params.multi_items())
            with self._seats.taken(address_of(scope)) as seat:
                seat.give_to(authorization(headers))
                outcome = await self._sent(asked, viewer, scope["method"], headers, receive, sending)
        except FAILED as error:
            reply = _refused(error, sending.request_id)
            outcome = ",".join(reply.answer.codes)
            if not sending.begun:
                await reply.send(scope["method"], headers, sending.request_id, send)
        ms = round((time.perf_counter() - began) * 1000, 2)
        log.info("download", request_id=sending.request_id, format=name, outcome=outcome, bytes=sending.bytes, ms=ms)

    async def _sent(
        self, asked: _Asked, viewer: Viewer, method: str, headers: Headers, receive: Receive, sending: "_Sending"
    ) -> str:
        """How a download ended. Where the client goes away, so does all that was opened for it."""
        compress = takes_gzip(headers.get(b"accept-encoding", b""))
        task = asyncio.create_task(self._send_all(asked, viewer, method, compress, sending))
        left = asyncio.create_task(gone(receive))
        try:
            await asyncio.wait({task, left}, return_when=asyncio.FIRST_COMPLETED)
            # It stops before the next piece; only what takes long is broken off.
            sending.gone = left.done() and not sending.ended
            await asyncio.wait({task}, timeout=_ENDING_SECONDS)
            return task.result() if task.done() else "gone"
        finally:
            for each in (task, left):
                each.cancel()
            await asyncio.gather(task, left, return_exceptions=True)

    async def _send_all(self, asked: _Asked, viewer: Viewer, method: str, compress: bool, sending: "_Sending") -> str:
        assert asked.declared.write is not None
        async with (
            open_source(self._database, viewer, asked.filters, self._timeout_ms) as source,
            contextlib.aclosing(asked.declared.write(source, asked.options)) as pieces,  # type: ignore[type-var]
        ):
            # Most of what can be wrong shows before there is a first piece, and can still be told.
            first = await anext(pieces, b"")
            await sending.begin(asked.headers, compress)
            try:
                if method != "HEAD":
                    await sending.piece(first)
                    async for piece in pieces:
                        await sending.piece(piece)
                await sending.end()
            except TimeoutError:
                return "too slow"
            except _Gone:
                return "gone"
        return "ok"


class _Gone(Exception):
    """The client went away."""


class _Sending:
    """Sends pieces of a file, compressed where that is wanted; each must be taken within so many seconds.

    What is not ended is cut off: the client sees that it does not have all of it.
    """

    def __init__(self, send: Send, request_id: str, patience: float) -> None:
        self._send, self._patience, self.request_id = send, patience, request_id
        self._compressor: zlib._Compress | None = None
        self.begun = self.ended = self.gone = False
        self.bytes = 0

    async def begin(self, headers: list[tuple[bytes, bytes]], compress: bool) -> None:
        """Send status and headers."""
        if compress:
            self._compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, 31)
            headers = [*headers, (b"content-encoding", b"gzip")]
        headers = [*headers, (b"x-request-id", self.request_id.encode())]
        self.begun = True
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    async def piece(self, piece: bytes) -> None:
        """Send one piece, or keep it until there is more to compress.

        :raises _Gone: where nobody is there to take it.
        :raises TimeoutError: where it is not taken in time.
        """
        if self.gone:
            raise _Gone
        if self._compressor is not None:
            piece = await _done(self._compressor.compress, piece)
        if piece:
            await self._body(piece, more=True)

    async def end(self) -> None:
        """Say that this was all."""
        self.ended = True
        await self._body(self._compressor.flush() if self._compressor is not None else b"", more=False)

    async def _body(self, body: bytes, *, more: bool) -> None:
        async with asyncio.timeout(self._patience):
            await self._send({"type": "http.response.body", "body": body, "more_body": more})
        self.bytes += len(body)


async def _done(work: Callable[[bytes], bytes], piece: bytes) -> bytes:
    return work(piece) if len(piece) < _IN_A_THREAD_FROM else await asyncio.to_thread(work, piece)


def _refused(error: BaseException, request_id: str) -> Reply:
    """The reply to a request of which nothing was sent yet."""
    match error:
        case Malformed() | BadArgument():
            return refused(BadRequest(str(error)), request_id)
        case Full():
            message = f"too many downloads: {error}"
            return refused(LimitReached(message) if error.is_own else Unavailable(message), request_id)
        case TimedOut():
            return replace(refused(error, request_id), status=504)
        case NotInstalled():
            failure = {"message": str(error), "extensions": {"code": "NOT_IMPLEMENTED"}}
            answer = Answer(orjson.dumps({"errors": [failure]}), executed=False, codes=("NOT_IMPLEMENTED",))
            return Reply(answer, 501, JSON_HEADERS[JSON])
    return refused(error, request_id)


class NotInstalled(Exception):
    """The format needs a library that is not installed; `str` says which."""


def _writable() -> dict[str, Format]:
    return {name: one for name, one in formats().items() if one.write is not None}


def _offered() -> dict[str, Format]:
    return {name: one for name, one in _writable().items() if one.missing is None}


def _listed() -> Answer:
    """All formats with their options, and the filters."""

    def of(one: Format) -> dict[str, object]:
        return {
            "name": one.name,
            "title": one.title,
            "extension": one.extension,
            "mediaType": one.media_type,
            "options": [
                {"name": o.name, "about": o.description, "values": list(o.values), "default": o.default}
                for o in _options(one).values()
            ],
        }

    listed = {"formats": [of(one) for one in _offered().values()], "filters": FILTERS}
    return Answer(orjson.dumps(listed), executed=True)


def _options(declared: Format) -> dict[str, Option]:
    return {option.name: option for option in declared.options if option.only != "import"}


def _asked(name: str, given: Sequence[tuple[str, str]]) -> _Asked:
    """What is asked for by a name and parameters.

    :raises BadRequest: where there is no such format, option or value of one.
    :raises NotInstalled: if the format needs what is not there.
    """
    declared = _writable().get(name)
    if declared is None:
        raise BadRequest(f"there is no format {name[:60]!r} to export; there are {', '.join(_offered())}", 404)
    if declared.missing is not None:
        raise NotInstalled(declared.missing)
    known = _options(declared)
    options: dict[str, str] = {o.name: o.default for o in known.values() if o.default is not None}
    filters: list[tuple[str, str]] = []
    told: dict[str, list[str]] = {}
    for key, value in given:
        if len(value) > _MOST_VALUE:
            raise BadRequest(f"{key[:60]}: is too long")
        if key in known:
            told.setdefault(key, []).append(value)
        elif key in FILTERS:
            filters.append((key, value))
        else:
            there = ", ".join([*known, *FILTERS])
            raise BadRequest(f"{key[:60]}: there is no such option or filter of {name}; there are {there}")
    for key, values in told.items():
        options[key] = _value(known[key], values)
    return _Asked(declared, options, filters)


def _value(option: Option, values: Sequence[str]) -> str:
    if len(values) > 1 and not option.repeatable:
        raise BadRequest(f"{option.name}: is given twice")
    wrong = [value for value in values if option.values and value not in option.values]
    if wrong:
        raise BadRequest(f"{option.name}: must be one of {', '.join(option.values)}; not {wrong[0][:60]!r}")
    return "\n".join(values)
