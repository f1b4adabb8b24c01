"""`/network.svg`: the network as a picture, as the caller sees it."""

import datetime as dt
import time
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
from api.graphql.execution import Answer, Execution
from api.http.errors import FAILED, VARY, log, refused
from api.http.request import BadRequest, authorization, text
from api.http.response import Headers, Reply
from api.http.response import request_id as identified
from api.schema.picture import PictureRequest, Pictures
from api.security.tokens import Authentication
from models import RelationKind, RelationStatus

V = TypeVar("V", bound=StrEnum)

_KNOWN = ("asOf", "actors", "kind", "status", "collapseMembers", "width")
_TRUTHS = {"true": True, "1": True, "": True, "false": False, "0": False}
_STYLE = b64encode(sha256(style().encode()).digest()).decode()
HEADERS = (
    (b"content-type", b"image/svg+xml; charset=utf-8"),
    (
        b"content-security-policy",
        # Its own style sheet and nothing else, also where somebody opens it by itself.
        f"default-src 'none'; style-src 'sha256-{_STYLE}'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'self'; sandbox".encode(),
    ),
    (b"x-content-type-options", b"nosniff"),
    VARY,
)


class PictureEndpoint:
    """Serves `/network.svg`."""

    def __init__(self, execution: Execution, authentication: Authentication) -> None:
        self._pictures, self._authentication = Pictures(execution), authentication

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The picture, with an `ETag`: who has it already is not sent it again."""
        headers: Headers = dict(scope["headers"])
        name, began = identified(text(headers, b"x-request-id")), time.perf_counter()
        try:
            viewer = await self._authentication.viewer(authorization(headers))
            picture = await self._pictures.draw(_asked(Request(scope)), viewer)
            reply = Reply(Answer(picture.encode()), 200, HEADERS)
        except FAILED as error:
            reply = _refused(error, name)
        ms, answer = round((time.perf_counter() - began) * 1000, 2), reply.answer
        outcome = ",".join(answer.codes) or "ok"
        log.info("picture", request_id=name, outcome=outcome, status=reply.status, ms=ms, bytes=len(answer.body))
        await reply.send(scope["method"], headers, name, send)


def _refused(error: BaseException, request_id: str) -> Reply:
    """As for operations, but for the status: who asks for a picture looks at no errors in JSON."""
    reply = refused(error, request_id)
    if isinstance(error, OperationError) and not isinstance(error, Unauthenticated | Unavailable):
        return replace(reply, status=504 if isinstance(error, TimedOut) else 400)
    return reply


def _asked(request: Request) -> PictureRequest:
    given = request.query_params
    for name in given:
        if name not in _KNOWN:
            raise BadRequest(f"there is no parameter {name[:100]!r}; there are {', '.join(_KNOWN)}")
    named = [name.strip() for each in given.getlist("actors") for name in each.split(",")]
    return PictureRequest(
        as_of=_day(given.get("asOf")),
        actors=[name for name in named if name],
        kind=_word(given, "kind", RelationKind),
        status=_word(given, "status", RelationStatus),
        collapse_members=_truth(given.get("collapseMembers", "false")),
        width=_number(given.get("width")),
    )


def _day(given: str | None) -> dt.date | None:
    if not given:
        return None
    try:
        return dt.date.fromisoformat(given)
    except ValueError:
        raise BadArgument("asOf", f"must be a date such as 2024-11-29, not {given[:60]!r}") from None


def _word(given: Mapping[str, str], name: str, of: type[V]) -> V | None:
    text = given.get(name, "").upper()
    if text and text not in of.__members__:
        raise BadArgument(name, f"must be one of {', '.join(of.__members__)}, not {text[:60]!r}")
    return of[text] if text else None


def _truth(given: str) -> bool:
    if given.lower() not in _TRUTHS:
        raise BadArgument("collapseMembers", f"must be true or false, not {given[:60]!r}")
    return _TRUTHS[given.lower()]


def _number(given: str | None) -> int | None:
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 9):
        raise BadArgument("width", f"must be a number of pixels, not {given[:60]!r}")
    return int(given)
