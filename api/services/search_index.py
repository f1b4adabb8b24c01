"""Keeps what is found by: the trigrams of actors' names, the words of documents, statements and topics."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from models import ActorTrigram, Base, SearchEntry
from models.search import entry_words
from models.words import trigrams


async def find_by_words(session: AsyncSession, model: type[Base], key: UUID, *texts: str | None) -> None:
    """Let the row be found by the words of `texts`."""
    await session.execute(insert(SearchEntry), [entry_of(model, key, *texts)])


def entry_of(model: type[Base], key: UUID, *texts: str | None) -> dict[str, Any]:
    """What is kept so that the row is found by the words of `texts`."""
    return {"entity_type": model.__name__, "entity_id": key, "words": entry_words(model.__name__, texts)}


async def forget_words(session: AsyncSession, key: UUID) -> None:
    """Let the row not be found any more."""
    await session.execute(delete(SearchEntry).where(SearchEntry.entity_id == key))


async def find_by_names(session: AsyncSession, key: UUID, names: Sequence[str]) -> None:
    """Let the actor be found by `names` alone, the first being the name itself."""
    await session.execute(delete(ActorTrigram).where(ActorTrigram.actor_id == key))
    if rows := trigrams_of(key, names):
        await session.execute(insert(ActorTrigram), rows)


def trigrams_of(key: UUID, names: Sequence[str]) -> list[dict[str, Any]]:
    """What is kept so that the actor is found by `names`."""
    return [
        {"trigram": gram, "actor_id": key, "name_number": number, "name_size": len(grams)}
        for number, grams in enumerate(map(trigrams, names))
        for gram in sorted(grams)
    ]
