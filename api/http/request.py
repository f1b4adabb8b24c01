"""Reads a GraphQL request from what came over HTTP, and says what is wrong with it where it is none."""

import asyncio
import zlib
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import orjson
from starlette.requests import Request as HttpRequest
from starlette.types import Receive, Scope

from api.errors import PersistedQueryNotSupported
from api.graphql.execution import Request
from api.http.negotiation import JSON
from api.http.response import HeaderList

_GZIP_WINDOW = 31
"""zlib's `wbits` of the largest window, with a header and trailer of gzip."""
_INFLATED_AT_ONCE = 262_144
"""Bytes inflated before other requests have their turn."""


class BadRequest(Exception):
    """What came is no GraphQL request; `status` is the HTTP status that says so, `headers` go with it."""

    def __init__(self, message: str, status: int = 400, headers: HeaderList = ()) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers


class WentAway(Exception):
    """The client closed the connection before all of its request had come."""


def text(headers: Mapping[bytes, bytes], name: bytes) -> str:
    """A header's value; empty where it is not there."""
    return headers.get(name, b"").decode("latin-1")


def authorization(headers: Mapping[bytes, bytes]) -> str | None:
    """The header by which the caller is known."""
    return text(headers, b"authorization") if b"authorization" in headers else None


async def read_request(scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, most: int) -> Request:
    """The GraphQL request in a POST of at most so many bytes, or in a GET.

    :raises BadRequest: where there is none.
    :raises WentAway: where it ends early.
    """
    if scope["method"] != "POST":
        return from_get(HttpRequest(scope).query_params)
    check_content_type(text(headers, b"content-type"))
    coding = _content_coding(text(headers, b"content-encoding"))
    body = await read_body(receive, text(headers, b"content-length"), most)
    return from_post(await _inflated(body, most) if coding == "gzip" else body)


def _content_coding(value: str) -> str:
    """Return `gzip` or `identity`.

    :raises BadRequest: 415 for any other coding, and for several.
    """
    coding = value.strip().lower() or "identity"
    if coding not in ("gzip", "x-gzip", "identity"):
        message = f"the content encoding must be gzip or identity, not {value[:60]!r}"
        raise BadRequest(message, 415, ((b"accept-encoding", b"gzip, identity"),))
    return coding.removeprefix("x-")


async def _inflated(body: bytes, most: int) -> bytes:
    """Return the body inflated, of at most so many bytes: a larger one is refused as soon as it is.

    :raises BadRequest: if it is no gzip, or holds more than one gzip member.
    """
    inflating, pieces, length = zlib.decompressobj(_GZIP_WINDOW), [], 0
    while body and not inflating.eof:
        try:
            piece = inflating.decompress(body, min(_INFLATED_AT_ONCE, most + 1 - length))
        except zlib.error:
            raise BadRequest("the body is not gzip, as its content encoding says") from None
        pieces.append(piece)
        length += len(piece)
        if length > most:
            raise _too_large(most, "inflated")
        body = inflating.unconsumed_tail
        if body:
            await asyncio.sleep(0)
    if not inflating.eof or inflating.unused_data:
        raise BadRequest(f"the body {'goes on after' if inflating.eof else 'ends before'} the end of its gzip data")
    return b"".join(pieces)


async def read_body(receive: Receive, declared: str, most: int) -> bytes:
    """The whole body, of which the headers say that it has `declared` bytes.

    :raises BadRequest: 413 as soon as it is longer than `most` bytes, whatever its headers say.
    :raises WentAway: where it ends early.
    """
    if declared.isdigit() and len(declared) < 20 and int(declared) > most:
        raise _too_large(most)
    received: bytes = b""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise WentAway
        chunk: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        # Nearly always the first chunk is all there is.
        received = received + chunk if received else chunk
        if len(received) > most:
            raise _too_large(most)
    return received


def _too_large(most: int, state: str = "") -> BadRequest:
    return BadRequest(f"the body may have at most {most:,} bytes{state and f' {state}'}", 413)


def from_post(body: bytes) -> Request:
    """The request in a POST of JSON.

    :raises BadRequest: where the body is not a JSON object with a `query`.
    """
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"the body is not JSON: {error.msg}") from None
    if isinstance(parsed, list):
        raise BadRequest("batches are not served: send one operation a request")
    if not isinstance(parsed, dict):
        raise BadRequest('the body must be a JSON object such as {"query": "{ viewer { name } }"}')
    return request_of(parsed)


def request_of(given: Mapping[str, Any]) -> Request:
    """The request in a JSON object.

    :raises BadRequest: where there is no `query`, or a member is not what it must be.
    """
    return _request(given.get("query"), given.get("variables"), given.get("operationName"), given.get("extensions"))


def check_content_type(content_type: str) -> None:
    """Let JSON pass.

    :raises BadRequest: 415 for anything else.
    """
    if content_type != JSON and content_type.partition(";")[0].strip().lower() != JSON:
        raise BadRequest(f"the content type must be {JSON}", 415)


def from_get(given: Mapping[str, str]) -> Request:
    """The request in the parameters of a GET.

    :raises BadRequest: where there is no `query`, or one of the others is not JSON.
    """
    return _request(
        given.get("query"),
        _json(given.get("variables"), "variables"),
        given.get("operationName"),
        _json(given.get("extensions"), "extensions"),
    )


def _json(text: str | None, name: str) -> Any:
    try:
        return orjson.loads(text) if text else None
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"{name} is not JSON: {error.msg}") from None


def _request(query: Any, variables: Any, operation_name: Any, extensions: Any) -> Request:
    if extensions is not None and not isinstance(extensions, dict):
        raise BadRequest("extensions must be a JSON object")
    if extensions and extensions.get("persistedQuery") is not None:
        _check_persisted(extensions["persistedQuery"], query)
    if not isinstance(query, str) or not query.strip():
        raise BadRequest("query must be a text that holds a GraphQL document")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest("variables must be a JSON object")
    if operation_name is not None and not isinstance(operation_name, str):
        raise BadRequest("operationName must be a text")
    # Clients that have no name to send leave it empty.
    return Request(query, variables or {}, operation_name or None, _wants_start(extensions))


def _wants_start(extensions: Any) -> bool:
    wanted = (extensions or {}).get("startCursor", False)
    if not isinstance(wanted, bool):
        raise BadRequest("extensions.startCursor must be true or false")
    return wanted


def _check_persisted(persisted: Any, query: Any) -> None:
    """Check the hash of an automatic persisted query.

    :raises BadRequest: if it is no hash, or not that of the query.
    :raises PersistedQueryNotSupported: if there is no query beside it.
    """
    given = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    if not isinstance(given, str) or persisted.get("version") != 1:
        raise BadRequest('extensions.persistedQuery must be an object such as {"version": 1, "sha256Hash": "…"}')
    if not query:
        raise PersistedQueryNotSupported
    if isinstance(query, str) and sha256(query.encode()).hexdigest() != given.lower():
        raise BadRequest("extensions.persistedQuery.sha256Hash is not the SHA-256 of the query in hexadecimal")
