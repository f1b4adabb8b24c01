"""Unique slugs of actors, topics and projects."""

from typing import TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from api.errors import ErrorCode
from api.services import validation
from api.services.outcome import Problems
from models import Actor, ActorRedirect, Project, Topic

Model: TypeAlias = type[Actor] | type[Project] | type[Topic]


async def check(
    session: AsyncSession, problems: Problems, model: Model, slug: str | None, *, own: UUID | None = None
) -> None:
    """Check that a slug, if there is one, is well formed and that no row but `own` has it."""
    validation.slug(problems, slug, "slug")
    if slug is not None and await _is_taken(session, model, slug, own):
        message = f"the slug {slug!r} belongs to another {model.__name__.lower()}"
        problems.add(ErrorCode.DUPLICATE, message, "slug")


async def find_free(session: AsyncSession, model: Model, name: str) -> str:
    """Return the slug of `name`, with the first number appended that makes it unique, if a row has it."""
    slug = validation.slug_of(name)
    number, free = 1, slug
    while await _is_taken(session, model, free):
        number += 1
        free = f"{slug}-{number}"
    return free


async def _is_taken(session: AsyncSession, model: Model, slug: str, own: UUID | None = None) -> bool:
    taken = exists().where(model.slug == slug, other_than(model.id, own))
    if model is not Actor:
        return bool(await session.scalar(select(taken)))
    # The slug of a merged actor redirects to the surviving actor.
    redirects = exists().where(ActorRedirect.former_slug == slug, other_than(ActorRedirect.actor_id, own))
    return bool(await session.scalar(select(taken | redirects)))


def other_than(column: InstrumentedAttribute[UUID], own: UUID | None) -> ColumnElement[bool]:
    """Return the condition that a row has another key than `own`, if there is one."""
    return true() if own is None else column != own
