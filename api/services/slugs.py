"""Slugs of their own for rows of one kind."""

from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

Slug = InstrumentedAttribute[Any]


async def taken(session: AsyncSession, column: Slug, slug: str) -> bool:
    """Whether a row goes by `slug`."""
    return bool(await session.scalar(select(exists().where(column == slug))))


async def free(session: AsyncSession, column: Slug, slug: str) -> str:
    """`slug`, or the first of those that follow on it which no row goes by."""
    number, found = 1, slug
    while await taken(session, column, found):
        number += 1
        found = f"{slug}-{number}"
    return found
