"""Parses GraphQL requests from HTTP: bodies (JSON, also gzip), query strings and persisted-query hashes."""

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
from api.settings import variable

_GZIP_WINDOW = 31
"""zlib's `wbits` of the largest window, with a header and trailer of gzip."""
_INFLATE_CHUNK_BYTES = 262_144
"""Bytes inflated before the event loop serves other requests."""


class BadRequest(Exception):
    """The client sent no valid GraphQL request; holds the status and headers of the response."""

    def __init__(self, message: str, status: int = 400, headers: HeaderList = ()) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers


class ClientDisconnected(Exception):
    """The client closed the connection before it had sent its whole request."""


def header(headers: Mapping[bytes, bytes], name: bytes) -> str:
    """Return the value of a header; an empty string if the request has no such header."""
    return headers.get(name, b"").decode("latin-1")


def authorization(headers: Mapping[bytes, bytes]) -> str | None:
    """Return the `Authorization` header; None if the request has none."""
    return header(headers, b"authorization") if b"authorization" in headers else None


async def read_request(scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, max_bytes: int) -> Request:
    """Return the GraphQL request in the body of a POST, or in the query string of a GET.

    :raises BadRequest: if it is no valid request or its body exceeds `max_bytes`.
    :raises ClientDisconnected: if the client disconnects before the end of the body.
    """
    if scope["method"] != "POST":
        return parse_query_string(HttpRequest(scope).query_params)
    check_content_type(header(headers, b"content-type"))
    coding = _content_coding(header(headers, b"content-encoding"))
    body = await read_body(receive, header(headers, b"content-length"), max_bytes)
    return parse_body(await _decompress(body, max_bytes) if coding == "gzip" else body)


def _content_coding(value: str) -> str:
    """Return `gzip` or `identity`.

    :raises BadRequest: 415 for any other coding, and for several.
    """
    coding = value.strip().lower() or "identity"
    if coding not in ("gzip", "x-gzip", "identity"):
        message = f"the content encoding must be gzip or identity, not {value[:60]!r}"
        raise BadRequest(message, 415, ((b"accept-encoding", b"gzip, identity"),))
    return coding.removeprefix("x-")


async def _decompress(body: bytes, max_bytes: int) -> bytes:
    """Return the body inflated. A body that inflates to more than `max_bytes` is refused without inflating the rest.

    :raises BadRequest: if the body is no gzip, holds more than one gzip member, or is too large.
    """
    decompressor, pieces, length = zlib.decompressobj(_GZIP_WINDOW), [], 0
    while body and not decompressor.eof:
        try:
            piece = decompressor.decompress(body, min(_INFLATE_CHUNK_BYTES, max_bytes + 1 - length))
        except zlib.error:
            raise BadRequest("the body is not gzip, as its content encoding says") from None
        pieces.append(piece)
        length += len(piece)
        if length > max_bytes:
            raise _too_large(max_bytes, "inflated")
        body = decompressor.unconsumed_tail
        if body:
            await asyncio.sleep(0)
    if not decompressor.eof:
        raise BadRequest("the body ends before the end of its gzip data")
    if decompressor.unused_data:
        raise BadRequest("the body goes on after the end of its gzip data")
    return b"".join(pieces)


async def read_body(receive: Receive, content_length: str, max_bytes: int) -> bytes:
    """Return the whole body of a request.

    :raises BadRequest: 413 as soon as the body exceeds `max_bytes`, whatever its `Content-Length`.
    :raises ClientDisconnected: if the client disconnects before the end of the body.
    """
    if content_length.isdigit() and len(content_length) < 20 and int(content_length) > max_bytes:
        raise _too_large(max_bytes)
    received: bytes = b""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        chunk: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        # Nearly always the first chunk is the whole body: do not copy it.
        received = received + chunk if received else chunk
        if len(received) > max_bytes:
            raise _too_large(max_bytes)
    return received


def _too_large(max_bytes: int, state: str = "") -> BadRequest:
    setting = variable("max_body_bytes")
    return BadRequest(f"the body may have at most {max_bytes:,} bytes{state and f' {state}'} ({setting})", 413)


def parse_body(body: bytes) -> Request:
    """Return the request in the JSON body of a POST.

    :raises BadRequest: if the body is no JSON object with a `query`.
    """
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"the body is not JSON: {error.msg}") from None
    if isinstance(parsed, list):
        raise BadRequest("batches are not supported: send one operation per request")
    if not isinstance(parsed, dict):
        raise BadRequest('the body must be a JSON object such as {"query": "{ viewer { name } }"}')
    return parse_object(parsed)


def parse_object(value: Mapping[str, Any]) -> Request:
    """Return the request in a JSON object.

    :raises BadRequest: if there is no `query`, or a member has the wrong type.
    """
    return _request(value.get("query"), value.get("variables"), value.get("operationName"), value.get("extensions"))


def check_content_type(content_type: str) -> None:
    """Check that a body is declared as JSON.

    :raises BadRequest: 415 for any other content type.
    """
    if content_type != JSON and content_type.partition(";")[0].strip().lower() != JSON:
        raise BadRequest(f"the content type must be {JSON}", 415)


def parse_query_string(parameters: Mapping[str, str]) -> Request:
    """Return the request in the query string of a GET.

    :raises BadRequest: if there is no `query`, or `variables` or `extensions` is no JSON.
    """
    return _request(
        parameters.get("query"),
        _json(parameters.get("variables"), "variables"),
        parameters.get("operationName"),
        _json(parameters.get("extensions"), "extensions"),
    )


def _json(value: str | None, name: str) -> Any:
    try:
        return orjson.loads(value) if value else None
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"{name} is not JSON: {error.msg}") from None


def _request(query: Any, variables: Any, operation_name: Any, extensions: Any) -> Request:
    if extensions is not None and not isinstance(extensions, dict):
        raise BadRequest("extensions must be a JSON object")
    if extensions and extensions.get("persistedQuery") is not None:
        _check_persisted(extensions["persistedQuery"], query)
    if not isinstance(query, str) or not query.strip():
        raise BadRequest("query must be a string that holds a GraphQL document")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest("variables must be a JSON object")
    if operation_name is not None and not isinstance(operation_name, str):
        raise BadRequest("operationName must be a string")
    # Clients without a name send an empty one.
    return Request(query, variables or {}, operation_name or None, _wants_start(extensions))


def _wants_start(extensions: Any) -> bool:
    value = (extensions or {}).get("startCursor", False)
    if not isinstance(value, bool):
        raise BadRequest("extensions.startCursor must be true or false")
    return value


def _check_persisted(persisted: Any, query: Any) -> None:
    """Check the hash of an automatic persisted query.

    :raises BadRequest: if it is no hash, or not that of the query.
    :raises PersistedQueryNotSupported: if the request has a hash and no query.
    """
    digest = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    if not isinstance(digest, str) or persisted.get("version") != 1:
        raise BadRequest('extensions.persistedQuery must be an object such as {"version": 1, "sha256Hash": "…"}')
    if not query:
        raise PersistedQueryNotSupported
    if isinstance(query, str) and sha256(query.encode()).hexdigest() != digest.lower():
        raise BadRequest("extensions.persistedQuery.sha256Hash is not the SHA-256 of the query in hexadecimal")
