"""`/network.svg`: a picture of the network that the caller may see (ADR 0020)."""

import datetime as dt
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from hashlib import sha256
from typing import TypeVar

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from api.drawing.style import style
from api.errors import BadArgument, OperationError, TimedOut, Unauthenticated, Unavailable
from api.graphql.execution import Answer
from api.http.context import ServerContext
from api.http.errors import VARY, error_response
from api.http.request import BadRequest
from api.http.response import Headers, Response
from api.schema.picture import PictureOptions, Pictures
from models import RelationKind, RelationStatus

V = TypeVar("V", bound=StrEnum)

_PARAMETERS = ("asOf", "actors", "kind", "status", "collapseMembers", "width")
_BOOLEANS = {"true": True, "1": True, "": True, "false": False, "0": False}
_STYLE = b64encode(sha256(style().encode()).digest()).decode()
HEADERS = (
    (b"content-type", b"image/svg+xml; charset=utf-8"),
    (
        b"content-security-policy",
        # The style sheet of the picture and nothing else, also when the picture is opened as a document.
        f"default-src 'none'; style-src 'sha256-{_STYLE}'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'self'; sandbox".encode(),
    ),
    (b"x-content-type-options", b"nosniff"),
    VARY,
)


class PictureEndpoint:
    """Serves `/network.svg`."""

    def __init__(self, context: ServerContext) -> None:
        self._context, self._pictures = context, Pictures(context.execution)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond with the picture and its `ETag`, with 304 to a client that has it, or with an error."""
        frame = self._context.frame(dict(scope["headers"]))
        response = await frame.run(self._draw(scope, frame.headers), _error_response)
        size = len(response.answer.body)
        frame.log("picture", outcome=response.outcome, status=response.status, bytes=size)
        await response.send(scope["method"], frame.headers, frame.id, send)

    async def _draw(self, scope: Scope, headers: Headers) -> Response:
        viewer = await self._context.viewer(headers)
        picture = await self._pictures.draw(_parse(Request(scope)), viewer)
        return Response(Answer(picture.encode()), 200, HEADERS)


def _error_response(error: BaseException, request_id: str, media_type: str) -> Response:
    """Return the response as for operations, with an error status: clients of pictures read no errors in JSON."""
    response = error_response(error, request_id, media_type)
    if isinstance(error, OperationError) and not isinstance(error, Unauthenticated | Unavailable):
        return replace(response, status=504 if isinstance(error, TimedOut) else 400)
    return response


def _parse(request: Request) -> PictureOptions:
    """Return the request for a picture in a query string.

    :raises BadRequest: if a parameter is unknown.
    :raises BadArgument: if the value of a parameter is malformed.
    """
    parameters = request.query_params
    for name in parameters:
        if name not in _PARAMETERS:
            raise BadRequest(f"unknown parameter {name[:100]!r}; the parameters are {', '.join(_PARAMETERS)}")
    slugs = [slug.strip() for value in parameters.getlist("actors") for slug in value.split(",")]
    return PictureOptions(
        as_of=_date(parameters.get("asOf")),
        actors=[slug for slug in slugs if slug],
        kind=_member(parameters, "kind", RelationKind),
        status=_member(parameters, "status", RelationStatus),
        collapse_members=_boolean(parameters.get("collapseMembers", "false")),
        width=_pixels(parameters.get("width")),
    )


def _date(value: str | None) -> dt.date | None:
    if not value:
        return None
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise BadArgument("asOf", f"must be a date such as 2024-11-29, not {value[:60]!r}") from None


def _member(parameters: Mapping[str, str], name: str, enum: type[V]) -> V | None:
    value = parameters.get(name, "").upper()
    if value and value not in enum.__members__:
        raise BadArgument(name, f"must be one of {', '.join(enum.__members__)}, not {value[:60]!r}")
    return enum[value] if value else None


def _boolean(value: str) -> bool:
    if value.lower() not in _BOOLEANS:
        raise BadArgument("collapseMembers", f"must be true or false, not {value[:60]!r}")
    return _BOOLEANS[value.lower()]


def _pixels(value: str | None) -> int | None:
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 9):
        raise BadArgument("width", f"must be a number of pixels, not {value[:60]!r}")
    return int(value)
