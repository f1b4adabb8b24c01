"""Tokens: what they look like, how they are kept, whose they are."""

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Text, bindparam, or_, select

from api.cache import BoundedCache
from api.database.database import Database
from api.errors import Unauthenticated
from api.security.viewer import ANONYMOUS, Viewer
from models import Annotator, Role, Token, now
from models.base import Instant

PREFIX = "sg_"
CHANNEL = "stancegraph_access"
"""Where Postgres announces that a token or an annotator changed."""
_KEPT = dt.timedelta(seconds=10)
_MOST_KNOWN = 1_000


def new_secret() -> str:
    """A fresh token: 256 random bits, so that its plain hash cannot be turned back."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Authentication:
    """Finds out who a caller is.

    On Postgres what was found is kept for some seconds, and forgotten at once where a token or an annotator is
    announced to have changed; while this process cannot hear announcements, nothing is kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        at = bindparam("at", type_=Instant())
        statement = (
            select(Annotator.id, Annotator.role, Token.expires_at)
            .join(Token, Token.annotator_id == Annotator.id)
            .where(Token.sha256 == bindparam("sha256", type_=Text()), Token.revoked_at.is_(None), Annotator.active)
            .where(or_(Token.expires_at.is_(None), Token.expires_at > at))
        )
        compiled = statement.compile(dialect=database.reader.dialect)
        self._sql, self._names = str(compiled), tuple(compiled.positiontup or ())
        self._known: BoundedCache[str, _Known] = BoundedCache(_MOST_KNOWN)
        self._forgotten = 0
        if database.announcements is not None:
            database.announcements.subscribe(CHANNEL, self._forget)

    async def viewer(self, authorization: str | None) -> Viewer:
        """Who sends this Authorization header; anonymous without one.

        :raises Unauthenticated: where the header is not `Bearer TOKEN`, or the token is unknown, expired or revoked.
        """
        if authorization is None:
            return ANONYMOUS
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise Unauthenticated("the header must be Authorization: Bearer TOKEN")
        sha256 = digest(secret.strip())
        known = self._known.get(sha256)
        if known is None or not self._hears or known.until <= now():
            known = await self._look_up(sha256)
        return known.viewer

    async def _look_up(self, sha256: str) -> "_Known":
        forgotten, at = self._forgotten, now()
        values = {"sha256": sha256, "at": self._database.instant(at)}
        rows = await self._database.reader.glance(self._sql, [values[name] for name in self._names])
        if not rows:
            raise Unauthenticated("this token is unknown, expired or revoked")
        ((key, role, expires_at),) = rows
        viewer = Viewer(key if isinstance(key, UUID) else UUID(key), Role(role))
        until = at + _KEPT
        known = _Known(viewer, min(until, expires_at) if isinstance(expires_at, dt.datetime) else until)
        # Not where something changed while it was looked up.
        if self._hears and forgotten == self._forgotten:
            self._known[sha256] = known
        return known

    @property
    def _hears(self) -> bool:
        return self._database.announcements is not None and self._database.announcements.hearing

    def _forget(self) -> None:
        self._forgotten += 1
        self._known.clear()


@dataclass(frozen=True, slots=True)
class _Known:
    """Who a token belongs to, and until when that may be relied on."""

    viewer: Viewer
    until: dt.datetime
