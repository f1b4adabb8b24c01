"""The seeded database with everything in it that is not as one would wish, and the oracle over the same rows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import GraphQLSchema
from sqlalchemy import text
from starlette.testclient import TestClient

from api.app import create
from api.database.database import Database
from tests.conftest import Api, Template, settings
from tests.database.servers import eventually
from tests.graphql.arguments import Pools
from tests.graphql.enrichment import FORMER, enrich
from tests.graphql.oracle import Oracle
from tests.graphql.rows import PREFIXES, load_rows
from tests.graphql.served import oracle_schema

ROOT = Path(__file__).parents[2]
ORDERS = {
    "actors": ("NAME", "CREATED_AT", "STATEMENT_COUNT"),
    "relations": ("VALID_FROM", "CREATED_AT"),
    "documents": ("PUBLISHED_ON", "TITLE", "CREATED_AT"),
    "statements": ("STATED_ON", "POSITION", "CREATED_AT"),
    "stances": ("CREATED_AT", "UPDATED_AT", "STATED_ON"),
    "topics": ("NAME",),
    "projects": ("NAME",),
}
"""Lists → what they can be ordered by."""
IN_PROJECTS = (
    ("members", "ProjectMemberConnection", "CREATED_AT"),
    ("statements", "StatementConnection", "PLACE"),
    ("codebookVersions", "CodebookConnection", "NUMBER"),
    ("adjudications", "AdjudicationConnection", "CREATED_AT"),
)
"""Lists that stand in projects alone, their type, and their order."""
TEXTS_ASKED = (
    "council",
    "the council supports",
    "suppo",
    "coun",
    "sup",
    "RÉSUMÉ",
    "re\u0301sume\u0301",
    "заявление",
    "الهدنة",
    "停戰支持聲明",
    "1e5",
    "2nd 27th",
    "b52s",
    "2024",
    "Aleppo rebel",
    "hezbolah",
    "Хезболла",
    "s",
    "statement -council",
    '"the council supports" -"council rejects"',
    '"the council supp',
    "支持",
    "支",
    "هدنة",
    "a' OR 1=1 -- \" * : ( & | NEAR",
)
"""What is looked for: words, beginnings of words, other spellings, phrases, exclusions."""


RANKED = {"actors": ("Syrian", "turkey"), "documents": ("council", "aleppo"), "statements": ("the", "aleppo")}
"""Lists that can be ordered by how well rows match a text, and texts that many match."""


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
        into, duplicate = (
            api("query($s: String!) { actor(slug: $s) { id } }", {"s": slug})["actor"]["id"] for slug in FORMER
        )
        merged = api.change("mergeActors", {"intoId": into, "duplicateId": duplicate, "force": True}, "actor { id }")
        assert merged["errors"] == []
        eventually(lambda: api.inside(_is_settled))
        yield api
    seeded.drop(url)


async def _is_settled(database: Database) -> bool:
    """Whether the feed shows all changes: on Postgres not while a transaction is at work, anywhere, that came before."""
    if database.is_sqlite:
        return True
    async with database.transaction() as session:
        return bool(await session.scalar(text("SELECT max(place) < feed_settled() FROM revision")))


@pytest.fixture(scope="session")
def oracle(enriched: Api, schema: GraphQLSchema) -> Oracle:
    """The oracle over the rows of `enriched`, as they are seen without a token."""
    return Oracle(schema, enriched.inside(load_rows))


@pytest.fixture(scope="session")
def pools(enriched: Api, oracle: Oracle) -> Pools:
    """What arguments of made-up documents are drawn from."""
    rows = oracle.rows
    unknown = "00000000-0000-4000-8000-000000000000"
    ids = {
        name: [*(f"{prefix}_{key}" for key in sorted(rows.of_type(name))), f"{prefix}_{unknown}"]
        for prefix, name in PREFIXES.items()
    }
    ids["Actor"] += [f"act_{r.former_id}" for r in rows.redirects] * 3
    return Pools(
        ids=ids,
        cursors=dict(_cursors(enriched)),
        texts={
            "actor.slug": [*(a.slug for a in rows.actors.values()), *(r.former_slug for r in rows.redirects), "none"],
            "topic.slug": [*(t.slug for t in rows.topics.values()), "none"],
            "project.slug": [*(p.slug for p in rows.projects.values()), 'none \\ " 😀'],
            "slug": [*(a.slug for a in rows.actors.values()), *(r.former_slug for r in rows.redirects), "none"],
            "countryCode": ["SY", "TR", "XX", "sy"],
            "language": ["en", "ar", "zh-Hant", "EN", ""],
            "text": [*TEXTS_ASKED, *(a.name for a in rows.actors.values())],
        },
        instants=[
            "2024-12-01T00:00:00Z",
            "2024-12-01T00:00:00.000001Z",
            "2024-12-31T23:00:00+01:00",
            "2999-01-01T00:00:00Z",
        ],
        dates=["0999-03-01", "2011-03-15", "2020-01-01", "2024-11-27", "2024-11-28", "2024-11-29", "9999-12-31"],
    )


def _cursors(api: Api) -> Iterator[tuple[tuple[str, str], list[str]]]:
    """Connection and order → all cursors there are."""
    for root, orders in ORDERS.items():
        connection = f"{root[:-1].title()}Connection"
        for order in orders:
            by = f", orderBy: {{field: {order}, direction: ASC}}" if len(orders) > 1 else ""
            answer = api(f"{{ {root}(first: 100{by}) {{ edges {{ cursor }} }} }}")
            yield (connection, order), [edge["cursor"] for edge in answer[root]["edges"]]
            if (root, order) == ("relations", "VALID_FROM"):
                yield ("TieConnection", order), [edge["cursor"] for edge in answer[root]["edges"]]
    for root, texts in RANKED.items():
        answers = [
            api(f'{{ {root}(first: 100, filter: {{text: "{each}"}}) {{ edges {{ cursor }} }} }}') for each in texts
        ]
        cursors = [edge["cursor"] for answer in answers for edge in answer[root]["edges"]]
        assert cursors
        yield (f"{root[:-1].title()}Connection", "RELEVANCE"), cursors
    actors = api("{ actors(first: 100) { edges { node { members(first: 100) { edges { cursor } } } } } }")["actors"]
    members = [edge["cursor"] for actor in actors["edges"] for edge in actor["node"]["members"]["edges"]]
    yield ("MembershipConnection", "VALID_FROM"), members
    for field, connection, order in IN_PROJECTS:
        found = api(f"{{ projects {{ edges {{ node {{ {field}(first: 100) {{ edges {{ cursor }} }} }} }} }} }}")
        projects = [edge["node"][field]["edges"] for edge in found["projects"]["edges"]]
        yield (connection, order), [edge["cursor"] for edges in projects for edge in edges]
    projects = api(
        "{ projects(first: 100) { edges { node { assignments(first: 100) { edges { cursor } } } } } }", as_="karl"
    )
    given = [edge["cursor"] for p in projects["projects"]["edges"] for edge in p["node"]["assignments"]["edges"]]
    yield ("AssignmentConnection", "CREATED_AT"), given
    yield ("ChangeConnection", "PLACE"), list(_all_changes(api))
    stances = api("{ stances(first: 100) { edges { node { history(first: 100) { edges { cursor } } } } } }")["stances"]
    changes = [edge["cursor"] for stance in stances["edges"] for edge in stance["node"]["history"]["edges"]]
    yield ("RevisionConnection", "CHANGED"), changes


def _all_changes(api: Api) -> Iterator[str]:
    cursor, more = None, True
    while more:
        query = "query($a: String) { changes(first: 100, after: $a) { edges { cursor } pageInfo { hasNextPage } } }"
        page = api(query, {"a": cursor})["changes"]
        yield from (edge["cursor"] for edge in page["edges"])
        cursor, more = page["edges"][-1]["cursor"], page["pageInfo"]["hasNextPage"]
