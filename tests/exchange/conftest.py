"""Databases to carry things into and out of."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from api.database.database import Database
from api.database.migrate import migrate
from models import Base
from models.base import table_of
from tests.conftest import BACKENDS, Api, execute, in_database, with_database
from tests.services.conftest import World


@pytest.fixture
def world(bare: Api) -> World:
    """A world with nothing in it but people."""
    return World(bare)


@pytest.fixture
def fresh(empty_url: str) -> str:
    """A migrated database with nothing in it."""
    with_database(empty_url, migrate)
    return empty_url


@pytest.fixture
def other(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated database with nothing in it, of the other kind."""
    (kind,) = set(BACKENDS) - {backend}
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'other.db'}"
        with_database(url, migrate)
        yield url
        return
    server, name = request.getfixturevalue("postgres_url"), f"other_{uuid4().hex}"
    execute(server, f'CREATE DATABASE "{name}"')
    url = in_database(server, name)
    with_database(url, migrate)
    yield url
    execute(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def counts(url: str) -> dict[str, int]:
    """How many rows each table has."""

    async def count(database: Database) -> dict[str, int]:
        async with database.connection() as connection:
            tables = [table_of(mapper.class_) for mapper in Base.registry.mappers]
            return {
                table.name: await connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables
            }

    return with_database(url, count)


def inside(url: str, query: Any) -> list[Any]:
    """The rows of a query."""

    async def run(database: Database) -> list[Any]:
        async with database.connection() as connection:
            return list((await connection.execute(query)).all())

    return with_database(url, run)
