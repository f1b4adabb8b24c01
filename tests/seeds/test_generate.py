"""Generated data: as large as asked for, the same each time, and holding the rules that the services hold."""

from uuid import UUID

import pytest
from sqlalchemy import func, select

from api.database.database import Database
from api.database.migrate import migrate
from api.errors import ConfigurationError
from models import Actor, Document, Project, Stance, Statement
from seeds.bulk import fill
from seeds.generate import Generator
from seeds.sizes import Sizes
from tests.conftest import with_database

SMALL = Sizes(actors=40, relations=60, documents=30, statements=150, stances=600, seed=3)
PROJECT = UUID(int=1)


def made(sizes: Sizes) -> list[tuple[str, list[dict[str, object]]]]:
    return [(model.__tablename__, list(rows)) for model, rows in Generator(sizes, PROJECT).tables()]


def test_the_same_seed_makes_the_same_rows() -> None:
    assert made(SMALL) == made(SMALL)
    assert made(SMALL) != made(Sizes(**{**SMALL.__dict__, "seed": 4}))


def test_rows_hold_the_rules_and_the_server_finds_them(empty_url: str) -> None:
    progress: dict[str, int] = {}

    async def work(database: Database) -> None:
        await migrate(database)
        await fill(database, SMALL, lambda table, more: progress.update({table: progress.get(table, 0) + more}))
        async with database.transaction() as session:
            for model, number in ((Actor, 40), (Document, 30), (Statement, 150), (Stance, 600)):
                assert await session.scalar(select(func.count()).select_from(model)) == number
                assert progress[model.__tablename__] == number
            spans = await session.execute(
                select(Statement.exact, Statement.start, Statement.end, Document.text).join(Statement.document)
            )
            assert all(text[start:end] == exact for exact, start, end, text in spans)
            spoken = select(func.count()).where(Statement.speaker_id == Actor.id).scalar_subquery()
            wrong = select(Actor.slug).where(Actor.statement_count != spoken)
            assert (await session.scalars(wrong)).all() == []
            projects = await session.scalars(select(Stance.project_id).distinct())
            assert projects.all() == [await session.scalar(select(Project.id))]
        with pytest.raises(ConfigurationError, match="not empty"):
            await fill(database, SMALL, lambda *_: None)

    with_database(empty_url, work)


def test_a_few_actors_speak_in_most_statements() -> None:
    (actors,) = [
        rows for table, rows in made(Sizes(actors=200, documents=50, statements=3000, stances=0)) if table == "actor"
    ]
    counts = sorted((int(str(a["statement_count"])) for a in actors), reverse=True)
    assert sum(counts[:20]) > sum(counts) / 2


def test_more_stances_than_annotators_are_refused(empty_url: str) -> None:
    async def work(database: Database) -> None:
        await migrate(database)
        with pytest.raises(ConfigurationError, match="400 at most"):
            await fill(database, Sizes(statements=10, stances=1000), lambda *_: None)

    with_database(empty_url, work)
