"""Tokens: what they look like, how they are kept, whose they are."""

import hashlib
import secrets
from uuid import UUID

from sqlalchemy import Text, bindparam, or_, select

from api.database import Database
from api.errors import Unauthenticated
from api.security.viewer import ANONYMOUS, Viewer
from models import Annotator, Role, Token, now
from models.base import Instant

PREFIX = "sg_"


def new_secret() -> str:
    """A fresh token: 256 random bits, so that its plain hash cannot be turned back."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Authentication:
    """Finds out who a caller is."""

    def __init__(self, database: Database) -> None:
        self._database = database
        at = bindparam("at", type_=Instant())
        statement = (
            select(Annotator.id, Annotator.role)
            .join(Token, Token.annotator_id == Annotator.id)
            .where(Token.sha256 == bindparam("sha256", type_=Text()), Token.revoked_at.is_(None), Annotator.active)
            .where(or_(Token.expires_at.is_(None), Token.expires_at > at))
        )
        compiled = statement.compile(dialect=database.reader.dialect)
        self._sql, self._names = str(compiled), tuple(compiled.positiontup or ())

    async def viewer(self, authorization: str | None) -> Viewer:
        """Who sends this Authorization header; anonymous without one.

        :raises Unauthenticated: where the header is not `Bearer TOKEN`, or the token is unknown, expired or revoked.
        """
        if authorization is None:
            return ANONYMOUS
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise Unauthenticated("the header must be Authorization: Bearer TOKEN")
        values = {"sha256": digest(secret.strip()), "at": self._database.instant(now())}
        rows = await self._database.reader.rows(self._sql, [values[name] for name in self._names])
        if not rows:
            raise Unauthenticated("this token is unknown, expired or revoked")
        ((key, role),) = rows
        return Viewer(key if isinstance(key, UUID) else UUID(key), Role(role))
