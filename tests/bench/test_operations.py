"""What is measured: valid documents, and as many different variables as the data allows."""

from pathlib import Path

import orjson
import pytest
from graphql import build_schema, parse, validate

from api.database import Database
from api.migrating import migrate
from bench.facts import Facts, gather
from bench.operations import OPERATIONS
from seeds.bulk import fill
from seeds.generate import Sizes
from tests.conftest import with_database

SMALL = Sizes(actors=40, relations=120, documents=30, statements=300, stances=900, seed=3)
SCHEMA = build_schema(Path("schema.graphql").read_text())


@pytest.fixture
def facts(empty_url: str) -> Facts:
    async def work(database: Database) -> Facts:
        await migrate(database)
        await fill(database, SMALL, lambda *_: None)
        return await gather(database)

    return with_database(empty_url, work)


@pytest.mark.parametrize("name", OPERATIONS)
def test_documents_are_valid(name: str) -> None:
    assert validate(SCHEMA, parse(OPERATIONS[name].document)) == []


def test_facts_give_variables(facts: Facts) -> None:
    assert len(facts.slugs) == 4
    assert len(facts.statements) == 300
    assert len(facts.deep_cursors) == 200
    assert facts.words
    assert facts.days
    for operation in OPERATIONS.values():
        different = {orjson.dumps(v) for v in operation.variables(facts, 50)}
        assert len(different) == 50 or not operation.writes
        assert operation.variables(facts, 3) == operation.variables(facts, 1) + operation.variables(facts, 2, start=1)
