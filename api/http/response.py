"""Responses over HTTP: gzip for large bodies, `ETag` and 304 for GET, the request's ID."""

import asyncio
import gzip
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import getrandbits

from starlette.types import Send

from api.graphql.execution import Answer
from api.http.negotiation import accepts_gzip

Headers = Mapping[bytes, bytes]
"""Headers of a request, by name in lower case."""
HeaderList = Sequence[tuple[bytes, bytes]]
"""Headers of a response."""
REQUEST_ID = "x-request-id"
MIN_GZIP_BYTES = 1_400
"""A shorter body fits one packet as it is."""
GZIP_LEVEL = 4
"""Higher levels, up to 9, take much longer for little."""
_MIN_THREAD_BYTES = 32_768
"""Compressing a longer body on the event loop would delay other requests."""
_MAX_REQUEST_ID_LENGTH = 100


@dataclass(slots=True)
class Response:
    """An answer with its status and headers."""

    answer: Answer
    status: int
    headers: HeaderList = ()

    @property
    def outcome(self) -> str:
        """The outcome that the log names."""
        return outcome_of(self.answer)

    def with_header(self, name: str, value: str) -> "Response":
        """Return a copy with one more header."""
        return replace(self, headers=(*self.headers, (name.encode(), value.encode())))

    async def send(self, method: str, request_headers: Headers, request_id: str, send: Send) -> None:
        """Send the response to the request with this method and these headers."""
        status, body = self.status, self.answer.body
        headers = [*self.headers, (REQUEST_ID.encode(), request_id.encode())]
        if method != "POST" and status == 200:
            tag = _etag(body)
            headers += [(b"etag", tag), (b"cache-control", b"private, no-cache")]
            if _matches(request_headers.get(b"if-none-match", b""), tag):
                status, body = 304, b""
        if len(body) >= MIN_GZIP_BYTES and accepts_gzip(request_headers.get(b"accept-encoding", b"")):
            body = await off_loop_if_long(_gzip, body)
            headers.append((b"content-encoding", b"gzip"))
        if status != 304:
            headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def outcome_of(answer: Answer) -> str:
    """Return the error codes of an answer, separated by commas; `ok` if it has none."""
    return ",".join(answer.codes) or "ok"


def _etag(body: bytes) -> bytes:
    """Return a weak tag: the same answer may be sent compressed or not."""
    return b'W/"%s"' % hashlib.blake2b(body, digest_size=16).hexdigest().encode()


def _matches(if_none_match: bytes, tag: bytes) -> bool:
    """True if the `If-None-Match` header lists `tag` or is `*`."""
    tags = {each.strip().removeprefix(b"W/") for each in if_none_match.split(b",")}
    return b"*" in tags or tag.removeprefix(b"W/") in tags


def request_id(header: str = "") -> str:
    """Return the ID in the `X-Request-ID` header of a client or proxy if it is a plain one, else a new ID."""
    has_length = 0 < len(header) <= _MAX_REQUEST_ID_LENGTH
    usable = has_length and header.isascii() and header.replace("-", "").replace("_", "").isalnum()
    return header if usable else f"{getrandbits(128):032x}"  # no secret


async def off_loop_if_long(work: Callable[[bytes], bytes], data: bytes) -> bytes:
    """Return `work(data)`, done in a thread if `data` is long."""
    return work(data) if len(data) < _MIN_THREAD_BYTES else await asyncio.to_thread(work, data)


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, GZIP_LEVEL, mtime=0)
