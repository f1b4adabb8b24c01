"""What goes back over HTTP: compressed where it is large and the client asks, not sent again where it has it."""

import asyncio
import gzip
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import getrandbits

from starlette.types import Send

from api.graphql.execution import Answer
from api.http.negotiation import takes_gzip

Headers = Mapping[bytes, bytes]
"""Those of a request, by their names in lower case."""
HeaderList = Sequence[tuple[bytes, bytes]]
"""Those of a response."""
REQUEST_ID = "x-request-id"
COMPRESSED_FROM = 1_400
"""Bytes from which compressing is worth it: what is shorter fits a packet."""
_LEVEL = 4
"""Of 9; higher ones take much longer for little."""
_IN_A_THREAD_FROM = 32_768
"""Bytes from which compressing would keep other requests waiting."""


@dataclass(slots=True)
class Reply:
    """An answer with its status and headers."""

    answer: Answer
    status: int
    headers: HeaderList = ()

    def with_header(self, name: str, value: str) -> "Reply":
        """The same with one header more."""
        return replace(self, headers=(*self.headers, (name.encode(), value.encode())))

    async def send(self, method: str, asked: Headers, request_id: str, send: Send) -> None:
        """Send it to the client that asked with these headers."""
        status, body = self.status, self.answer.body
        headers = [*self.headers, (b"x-request-id", request_id.encode())]
        if method != "POST" and status == 200:
            tag = _tag(body)
            headers += [(b"etag", tag), (b"cache-control", b"private, no-cache")]
            if _has(asked.get(b"if-none-match", b""), tag):
                status, body = 304, b""
        if len(body) >= COMPRESSED_FROM and takes_gzip(asked.get(b"accept-encoding", b"")):
            body = await _compressed(body)
            headers.append((b"content-encoding", b"gzip"))
        if status != 304:
            headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _tag(body: bytes) -> bytes:
    """Weak, since the same answer may come compressed or not."""
    return b'W/"%s"' % hashlib.blake2b(body, digest_size=16).hexdigest().encode()


def _has(known: bytes, tag: bytes) -> bool:
    """Whether the tags of an If-None-Match header hold `tag`, or are `*`."""
    tags = {each.strip().removeprefix(b"W/") for each in known.split(b",")}
    return b"*" in tags or tag.removeprefix(b"W/") in tags


_MOST_OF_AN_ID = 100


def request_id(given: str) -> str:
    """The id that the client or a proxy gave the request, where it is a plain one; else a new one."""
    usable = 0 < len(given) <= _MOST_OF_AN_ID and given.isascii() and given.replace("-", "").replace("_", "").isalnum()
    return given if usable else f"{getrandbits(128):032x}"  # no secret


async def _compressed(body: bytes) -> bytes:
    if len(body) < _IN_A_THREAD_FROM:
        return gzip.compress(body, _LEVEL, mtime=0)
    return await asyncio.to_thread(gzip.compress, body, _LEVEL, mtime=0)
