"""Search of the conventional stack: the floor's ranking in SQL, then results loaded by key."""

from typing import Any
from uuid import UUID

import orjson

import models
from api.graphql.sql.search_query import read_query
from bench.floor import statement
from bench.usual.context import Sessions
from models import Base


async def found(sessions: Sessions, text: str, first: int) -> list[tuple[type[Base], UUID, float]]:
    """Return model, key and score of the best `first` of 20 matches."""
    query = read_query(text)
    grams = sorted(query.trigrams)
    async with sessions() as session:
        connection = await session.connection()
        sqlite = connection.dialect.name == "sqlite"
        words: tuple[Any, ...] = (query.fts5, orjson.dumps(grams).decode()) if sqlite else (query.tsquery, grams)
        rows = await connection.exec_driver_sql(
            statement("sqlite" if sqlite else "postgres", "ranked"), (*words, len(grams))
        )
        ranked = rows.all()[:first]
    return [(getattr(models, row.type), UUID(str(row.id)), row.score) for row in ranked]
