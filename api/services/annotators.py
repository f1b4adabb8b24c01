"""Adds and changes annotators, and issues and revokes their tokens. Only operators may."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import ErrorCode
from api.names import Name, Normalized
from api.security.policies import require
from api.security.tokens import digest, new_secret
from api.security.viewer import Viewer
from api.services import validation
from api.services.outcome import Outcome, Problems
from api.services.revisions import created, revision, snapshot, updated, write_revisions
from models import Annotator, RevisionAction, Role, Token, new_id, now
from models.names import normalize_name


@dataclass(frozen=True, kw_only=True)
class AddAnnotator(Normalized):
    """Adds an annotator."""

    name: Name
    role: Role


@dataclass(frozen=True, kw_only=True)
class ChangeAnnotator(Normalized):
    """Changes the role of an annotator, deactivates or reactivates them. None leaves a value as it is."""

    name: Name
    role: Role | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token. Its secret is not stored."""

    key: UUID
    secret: str
    expires_at: dt.datetime | None


async def add_annotator(
    session: AsyncSession, viewer: Viewer, command: AddAnnotator, *, key: UUID | None = None
) -> Outcome:
    """Add an annotator. Names are unique."""
    require(viewer, Role.ADMIN)
    problems = Problems(())
    validation.name(problems, command.name, "name")
    there = await session.scalar(select(Annotator.id).where(Annotator.name == command.name))
    if there is not None:
        problems.add(ErrorCode.DUPLICATE, f"there is an annotator {command.name!r} already", "name")
    if problems:
        return problems.refused(there)
    annotator = Annotator(id=key or new_id(), name=command.name, role=command.role)
    await created(session, viewer, annotator)
    return Outcome(annotator.id, created=True)


async def change_annotator(session: AsyncSession, viewer: Viewer, command: ChangeAnnotator) -> Outcome:
    """Change an annotator. Tokens of a deactivated annotator are rejected; the annotator's work stays."""
    require(viewer, Role.ADMIN)
    problems = Problems(())
    annotator = await session.scalar(select(Annotator).where(Annotator.name == command.name).with_for_update())
    if annotator is None:
        problems.add(ErrorCode.NOT_FOUND, f"there is no annotator {command.name!r}; see annotator list", "name")
        return problems.refused()
    before = snapshot(annotator)
    annotator.role = annotator.role if command.role is None else command.role
    annotator.active = annotator.active if command.active is None else command.active
    if snapshot(annotator) != before:
        await updated(session, viewer, annotator, before)
    return Outcome(annotator.id)


async def issue_token(
    session: AsyncSession, viewer: Viewer, name: str, *, days: int | None = None
) -> IssuedToken | None:
    """Issue a token that expires after `days`, or never; return None if no annotator has this name."""
    require(viewer, Role.ADMIN)
    annotator_id = await session.scalar(select(Annotator.id).where(Annotator.name == normalize_name(name)))
    if annotator_id is None:
        return None
    secret = new_secret()
    expires_at = None if days is None else now() + dt.timedelta(days=days)
    token = Token(id=new_id(), annotator_id=annotator_id, sha256=digest(secret), expires_at=expires_at)
    session.add(token)
    await session.flush()
    await write_revisions(
        session, [revision(viewer, RevisionAction.CREATED, Token, token.id, None, token_state(token))]
    )
    return IssuedToken(token.id, secret, expires_at)


async def revoke_token(session: AsyncSession, viewer: Viewer, key: UUID) -> bool:
    """Revoke a token for ever; return False if there is no token with this key."""
    require(viewer, Role.ADMIN)
    token = await session.get(Token, key, with_for_update=True)
    if token is None:
        return False
    if token.revoked_at is None:
        before = token_state(token)
        token.revoked_at = now()
        await session.flush()
        await write_revisions(
            session, [revision(viewer, RevisionAction.UPDATED, Token, token.id, before, token_state(token))]
        )
    return True


def token_state(token: Token) -> dict[str, object]:
    """Return the state of a token for a revision, without the hash of its secret."""
    return {name: value for name, value in snapshot(token).items() if name != "sha256"}
