"""Slugs of their own for rows of one kind."""

from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from api.errors import ErrorCode
from api.services import validation
from api.services.outcome import Problems

Slug = InstrumentedAttribute[Any]


async def taken(session: AsyncSession, column: Slug, slug: str) -> bool:
    """Whether a row goes by `slug`."""
    return bool(await session.scalar(select(exists().where(column == slug))))


async def check(session: AsyncSession, problems: Problems, column: Slug, slug: str | None) -> None:
    """A slug that is asked for is well formed, and no row goes by it."""
    validation.slug(problems, slug, "slug")
    if slug is not None and await taken(session, column, slug):
        noun = column.class_.__name__.lower()
        problems.add(ErrorCode.DUPLICATE, f"the slug {slug!r} belongs to another {noun}", "slug")


async def free(session: AsyncSession, column: Slug, slug: str) -> str:
    """`slug`, or the first of those that follow on it which no row goes by."""
    number, found = 1, slug
    while await taken(session, column, found):
        number += 1
        found = f"{slug}-{number}"
    return found
