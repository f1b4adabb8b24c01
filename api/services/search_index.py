"""Maintains the search index: trigrams of actors' names, words of documents, statements and topics (ADR 0004, 0024)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from models import ActorTrigram, Base, SearchEntry
from models.search import entry_words
from models.words import trigrams


async def index_words(session: AsyncSession, model: type[Base], key: UUID, *texts: str | None) -> None:
    """Insert the index entry of a row with the words of `texts`."""
    await session.execute(insert(SearchEntry), [entry_of(model, key, *texts)])


def entry_of(model: type[Base], key: UUID, *texts: str | None) -> dict[str, Any]:
    """Return the columns of the index entry of a row with the words of `texts`."""
    return {"entity_type": model.__name__, "entity_id": key, "words": entry_words(model.__name__, texts)}


async def delete_words(session: AsyncSession, key: UUID) -> None:
    """Delete the index entry of a row."""
    await session.execute(delete(SearchEntry).where(SearchEntry.entity_id == key))


async def index_names(session: AsyncSession, key: UUID, names: Sequence[str]) -> None:
    """Replace the trigrams of an actor by the trigrams of `names`: its name, then its aliases."""
    await session.execute(delete(ActorTrigram).where(ActorTrigram.actor_id == key))
    if rows := trigrams_of(key, names):
        await session.execute(insert(ActorTrigram), rows)


def trigrams_of(key: UUID, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rows of trigrams of an actor with these names."""
    return [
        {"trigram": gram, "actor_id": key, "name_number": number, "name_size": len(grams)}
        for number, grams in enumerate(map(trigrams, names))
        for gram in sorted(grams)
    ]
