"""What is measured: valid documents, and as many different variables as the data allows."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest
from graphql import build_schema, parse, validate
from starlette.testclient import TestClient

from api.app import create
from api.database.database import Database
from api.database.migrate import migrate
from api.security.viewer import OPERATOR
from api.services.annotators import AddAnnotator, add_annotator, issue_token
from bench.facts import Facts, gather
from bench.operations import OPERATIONS, Caller
from models import Role
from seeds.bulk import fill
from seeds.sizes import Sizes
from tests.conftest import Api, settings, with_database

SMALL = Sizes(actors=40, relations=120, documents=30, statements=300, stances=900, seed=3)
SCHEMA = build_schema(Path("schema.graphql").read_text())


PEOPLE = {Caller.BLIND: "annotator-0", Caller.WRITER: "writer"}


@dataclass
class Filled:
    """A small generated database."""

    facts: Facts
    tokens: Mapping[Caller, str]
    url: str


@pytest.fixture
def filled(empty_url: str) -> Filled:
    async def work(database: Database) -> tuple[Facts, dict[Caller, str]]:
        await migrate(database)
        await fill(database, SMALL, lambda *_: None)
        tokens = {}
        async with database.transaction() as session:
            await add_annotator(session, OPERATOR, AddAnnotator(name=PEOPLE[Caller.WRITER], role=Role.ANNOTATOR))
            for caller, name in PEOPLE.items():
                issued = await issue_token(session, OPERATOR, name)
                assert issued is not None
                tokens[caller] = issued.secret
        return await gather(database), tokens

    return Filled(*with_database(empty_url, work), empty_url)


@pytest.fixture
def facts(filled: Filled) -> Facts:
    return filled.facts


STATEMENTS = {
    "record_stance": {"postgres": 1, "sqlite": 3},
    "record_stances": {"postgres": 2, "sqlite": 2},
}
"""How many a mutation takes: on Postgres one new stance is looked up, written and shown in one."""


def test_no_operation_takes_more_statements_than_it_should(filled: Filled, backend: str) -> None:
    """One each, whatever is asked for; and each answers."""
    with TestClient(create(settings(filled.url)), raise_server_exceptions=False) as client:
        api = Api(client, filled.url, {str(caller): secret for caller, secret in filled.tokens.items()})
        for name, operation in OPERATIONS.items():
            caller = None if operation.caller is Caller.ANONYMOUS else str(operation.caller)
            for variables in operation.variables(filled.facts, 2):
                answer = api.run(operation.document, variables, as_=caller)
                assert "errors" not in answer, (name, answer["errors"])
                assert api.statements == STATEMENTS.get(name, {}).get(backend, 1), name


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
