"""Tokens: how they are made, stored, and looked up for each request (ADR 0009)."""

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
"""Channel on which Postgres notifies of changes of tokens and annotators."""
_CACHE_TIME = dt.timedelta(seconds=10)
_MAX_CACHED = 1_000


def new_secret() -> str:
    """Return a new token of 256 random bits, so that an unsalted hash of it is safe to store."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return the hash of a token, which is stored in its place."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Authentication:
    """Looks up the caller of a token.

    On Postgres callers are cached for some seconds. A notification that a token or an annotator changed clears the
    cache; without a connection for notifications nothing is cached. On SQLite nothing is cached.
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
        self._cache: BoundedCache[str, _CachedViewer] = BoundedCache(_MAX_CACHED)
        self._generation = 0
        if database.notifier is not None:
            database.notifier.subscribe(CHANNEL, self._clear)

    async def viewer(self, authorization: str | None) -> Viewer:
        """Return the caller with this `Authorization` header; `ANONYMOUS` without the header.

        :raises Unauthenticated: if the header is not `Bearer TOKEN`, or the token is unknown, expired or revoked.
        """
        if authorization is None:
            return ANONYMOUS
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise Unauthenticated("the header must be Authorization: Bearer TOKEN")
        sha256 = digest(secret.strip())
        cached = self._cache.get(sha256)
        if cached is None or not self._can_cache or cached.valid_until <= now():
            cached = await self._look_up(sha256)
        return cached.viewer

    async def _look_up(self, sha256: str) -> "_CachedViewer":
        generation, at = self._generation, now()
        values = {"sha256": sha256, "at": self._database.instant(at)}
        rows = await self._database.reader.lookup(self._sql, [values[name] for name in self._names])
        if not rows:
            raise Unauthenticated("this token is unknown, expired or revoked")
        ((key, role, expires_at),) = rows
        viewer = Viewer(key if isinstance(key, UUID) else UUID(key), Role(role))
        until = at + _CACHE_TIME
        found = _CachedViewer(viewer, min(until, expires_at) if isinstance(expires_at, dt.datetime) else until)
        # Not if a notification arrived during the lookup.
        if self._can_cache and generation == self._generation:
            self._cache[sha256] = found
        return found

    @property
    def _can_cache(self) -> bool:
        return self._database.notifier is not None and self._database.notifier.is_listening

    def _clear(self) -> None:
        self._generation += 1
        self._cache.clear()


@dataclass(frozen=True, slots=True)
class _CachedViewer:
    """The caller of a token, and the end of the time for which it may be cached."""

    viewer: Viewer
    valid_until: dt.datetime
