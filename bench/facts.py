"""Facts about a generated data set, for the variables of the measured operations."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.database.database import Database
from api.ids import global_id
from models import Actor, Base, Document, Relation, SearchEntry, Stance, Statement, Topic
from models.words import words

MAX_VALUES = 200
"""The maximum number of values of each fact, except statements."""
MAX_STATEMENTS = 2_000
_SAMPLE = 2_000
_MIDDLING = (0.0001, 0.01)
"""The share of names and texts that contain a word of medium frequency."""
_HOLDING = 0.25
"""The share of relations that are in force on one of the days: 5,000 of 20,000."""


@dataclass(frozen=True)
class Facts:
    """Values for variables. The same data give the same facts on both databases."""

    slugs: Sequence[str]
    """Slugs of the tenth of the actors with the most statements, whose pages are full."""
    actors: Sequence[str]
    """Global IDs of the same actors."""
    statements: Sequence[str]
    """Global IDs from the whole list; more than of other types, since stances are recorded on them."""
    documents: Sequence[str]
    topics: Sequence[str]
    stances: Sequence[str]
    cursors: Sequence[str]
    """Cursors from the whole list of statements, latest first, each with 100 statements after it if possible."""
    deep_cursors: Sequence[str]
    """Cursors around the middle of the list: the 100,000th of 200,000."""
    days: Sequence[str]
    """Days on which about a quarter of all relations are in force."""
    words: Sequence[str]
    """Words of medium frequency in names and texts."""


async def gather(database: Database) -> Facts:
    """Return the facts about `database`, which must have at least one row of each type."""
    async with database.transaction() as session:
        speakers = await _speakers(session)
        return Facts(
            slugs=[slug for _, slug in speakers],
            actors=[global_id("Actor", key) for key, _ in speakers],
            statements=await _ids(session, Statement, MAX_STATEMENTS),
            documents=await _ids(session, Document, MAX_VALUES),
            topics=await _ids(session, Topic, MAX_VALUES),
            stances=await _ids(session, Stance, MAX_VALUES),
            cursors=await _cursors(session),
            deep_cursors=await _deep_cursors(session),
            days=await _days(session),
            words=await _words(session),
        )


async def _count(session: AsyncSession, model: type[Base]) -> int:
    return int(await session.scalar(select(func.count()).select_from(model)) or 0)


async def _speakers(session: AsyncSession) -> Sequence[Any]:
    number = min(MAX_VALUES, max(1, await _count(session, Actor) // 10))
    query = select(Actor.id, Actor.slug).order_by(Actor.statement_count.desc(), Actor.id).limit(number)
    return (await session.execute(query)).all()


async def _ids(session: AsyncSession, model: Any, maximum: int) -> list[str]:
    """Return the global IDs of up to `maximum` rows, evenly spread."""
    rows = await _spread(session, select(model.id.label("id")), [model.id], await _count(session, model), maximum)
    return [global_id(model.__name__, row.id) for row in rows]


async def _spread(
    session: AsyncSession, query: Select[*tuple[Any, ...]], order: Sequence[Any], number: int, maximum: int
) -> Sequence[Any]:
    """Return up to `maximum` of the `number` rows of `query`, evenly spread over the list in that order."""
    step = max(1, number // maximum)
    numbered = query.add_columns(func.row_number().over(order_by=order).label("place")).subquery()
    chosen = select(numbered).where(numbered.c.place % step == 0).order_by(numbered.c.place).limit(maximum)
    return (await session.execute(chosen)).all()


_LATEST_FIRST = (Statement.stated_on_sort.desc(), Statement.id.desc())
_PLACED = select(Statement.stated_on_sort, Statement.id)


def _cursor(row: Any) -> str:
    return f"STATED_ON.{row.stated_on_sort.isoformat()}.{row.id}"


async def _cursors(session: AsyncSession) -> list[str]:
    number = await _count(session, Statement)
    rows = await _spread(session, _PLACED, _LATEST_FIRST, number, MAX_VALUES)
    return [_cursor(row) for row in rows if row.place + 100 <= number] or [_cursor(rows[0])]


async def _deep_cursors(session: AsyncSession) -> list[str]:
    before = max(0, await _count(session, Statement) // 2 - MAX_VALUES // 2)
    rows = await session.execute(_PLACED.order_by(*_LATEST_FIRST).offset(before).limit(MAX_VALUES))
    return [_cursor(row) for row in rows]


async def _days(session: AsyncSession) -> list[str]:
    periods = (await session.execute(select(Relation.valid_from, Relation.valid_to))).all()
    days = [begins for begins, _ in periods if begins is not None]
    first, last = min(days), max(days)
    step = max(1, (last - first).days // MAX_VALUES)
    changes: Counter[int] = Counter()
    for begins, ends in periods:
        changes[(begins - first).days if begins else 0] += 1
        if ends:
            changes[(ends - first).days + 1] -= 1
    holding, by_day = 0, []
    for day in range((last - first).days + 1):
        holding += changes[day]
        by_day.append(holding)
    wanted = len(periods) * _HOLDING
    nearest = sorted(range(0, len(by_day), step), key=lambda day: (abs(by_day[day] - wanted), day))[:20]
    return [(first + dt.timedelta(days=day)).isoformat() for day in sorted(nearest)]


async def _words(session: AsyncSession) -> list[str]:
    """Return words of names, as people type them. The few words of generated texts occur in all documents."""
    named = [*await session.scalars(select(Actor.name)), *await session.scalars(select(Topic.name))]
    frequencies = Counter(word for name in named for word in set(words(name)) if len(word) > 3 and word.isalpha())
    entries = await _count(session, SearchEntry)
    texts = await _spread(session, select(SearchEntry.words), [SearchEntry.entity_id], entries, _SAMPLE)
    for text in texts:
        for word in frequencies.keys() & set(text.words.split()):
            frequencies[word] += entries // len(texts)
    low, high = (share * (len(named) + entries) for share in _MIDDLING)
    middling = sorted(word for word, times in frequencies.items() if low <= times <= high)
    return (middling or sorted(frequencies))[:MAX_VALUES]
