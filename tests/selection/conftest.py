"""The seeded database with everything in it that is not as one would wish, and the oracle over the same rows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import GraphQLSchema
from starlette.testclient import TestClient

from api.app import create
from tests.conftest import Api, Template, settings
from tests.selection.enrichment import FORMER, enrich
from tests.selection.oracle import Oracle, oracle_schema
from tests.selection.rows import load_rows

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def schema() -> GraphQLSchema:
    """The committed schema."""
    return oracle_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def enriched(seeded: Template) -> Iterator[Api]:
    """A server for reading alone, over seeds and edge cases; one actor there is merged into another."""
    url = seeded.copy()
    with TestClient(create(settings(url)), raise_server_exceptions=False) as client:
        api = Api(client, url, seeded.tokens)
        api.inside(enrich)
        into, duplicate = (api("query($s: String!) { actor(slug: $s) { id } }", {"s": slug})["actor"]["id"] for slug in FORMER)
        merged = api.change("mergeActors", {"intoId": into, "duplicateId": duplicate}, "actor { id }")
        assert merged["errors"] == []
        yield api
    seeded.drop(url)


@pytest.fixture(scope="session")
def oracle(enriched: Api, schema: GraphQLSchema) -> Oracle:
    """The oracle over the rows of `enriched`, as they are seen without a token."""
    return Oracle(schema, enriched.inside(load_rows))
