"""On Postgres, a page of a large list comes by an index: no scan of the whole table, no sort of more than a page.

Where a filter takes several actors, those here have few rows: there is most to pass over.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any
from uuid import uuid4

import orjson
import pytest
from sqlalchemy import text

from api.database.database import Database
from api.database.migrate import migrate
from api.graphql.sql.dialects import for_dialect
from api.security.visibility import NOBODY, VIEWER, Visibility
from bench.facts import Facts, gather
from bench.operations import OPERATIONS
from seeds.bulk import fill
from seeds.sizes import Sizes
from tests.conftest import execute, in_database, with_database
from tests.graphql.compiling import DIALECTS, compiled

SIZES = Sizes(actors=500, relations=4_000, documents=2_000, statements=20_000, stances=50_000)
LARGE = {
    "stance": SIZES.stances,
    "statement": SIZES.statements,
    "relation": SIZES.relations,
    "document": SIZES.documents,
    "revision": 100_000,
}
PAGE = 20
FORTH, BACK = f"first: {PAGE}", f"last: {PAGE}"
MOST_SORTED = 10 * PAGE
"""A page may be sorted, and a few times as much where a filter leaves no more; a list may not."""
MOST_PASSED_OVER = 0.1
"""Which share of a table may be passed over for a page: what a filter leaves of the rows in order lies far apart."""

pytestmark = pytest.mark.slow

PROJECTS = (
    "INSERT INTO project_statement (project_id, statement_id, document_id, position, finished, is_open)"
    " SELECT p.id, s.id, s.document_id, row_number() OVER (PARTITION BY p.id ORDER BY s.document_id, s.start, s.id), 0,"
    " true FROM project p CROSS JOIN statement s",
)
"""Every statement is to be annotated in every project."""


@pytest.fixture(scope="module")
def filled(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a large database, looked over by Postgres."""
    server, name = request.getfixturevalue("postgres_url"), f"large_{uuid4().hex}"
    execute(server, f'CREATE DATABASE "{name}"')
    url = in_database(server, name)

    async def work(database: Database) -> None:
        await migrate(database)
        await fill(database, SIZES, lambda _table, _more: None)

    with_database(url, work)
    for statement in PROJECTS:
        execute(url, statement)
    execute(url, "ANALYZE")
    yield url
    execute(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def names(filled: str) -> Mapping[str, str]:
    """What a query can ask for: the busiest rows, by what they are asked for as; and an actor of few rows."""

    async def work(database: Database) -> dict[str, str]:
        async with database.transaction() as session:

            async def most(table: str, column: str, way: str = "DESC") -> str:
                counted = f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY count(*) {way}"
                return str(await session.scalar(text(f"{counted} LIMIT 1")))

            return {
                "holder": f"act_{await most('stance', 'holder_id')}",
                "target": f"act_{await most('stance', 'target_actor_id')}",
                "topic": f"top_{await most('stance', 'target_topic_id')}",
                "annotator": f"ann_{await most('stance', 'annotator_id')}",
                "statement": f"stm_{await most('stance', 'statement_id')}",
                "project": f"prj_{await most('stance', 'project_id')}",
                "speaker": f"act_{await most('statement', 'speaker_id')}",
                "document": f"doc_{await most('statement', 'document_id')}",
                "publisher": f"act_{await most('document', 'publisher_id')}",
                "involving": f"act_{await most('relation', 'source_id')}",
                "rare": f"act_{await most('stance', 'holder_id', 'ASC')}",
                "nobody": "act_01900000-0000-7000-8000-000000000001",
            }

    return with_database(filled, work)


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """All nodes of a plan."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def faults(url: str, query: str) -> list[str]:
    """What of the plan of a query grows with the table."""
    plan, bound = compiled(query, {}, "postgres", visibility=Visibility.OTHER)
    bound[VIEWER] = NOBODY
    return faults_of(url, plan.sql, plan.parameters(bound, lambda value: value))


def faults_of(url: str, statement: str, parameters: Sequence[object]) -> list[str]:
    """What of the plan of a statement grows with the table."""

    async def work(database: Database) -> Any:
        return await database.reader.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)

    ((explained,),) = with_database(url, work)
    found = []
    for node in nodes(orjson.loads(explained)[0]["Plan"]):
        kind = node["Node Type"]
        if kind == "Seq Scan" and node["Relation Name"] in LARGE:
            found.append(f"Seq Scan on {node['Relation Name']}, {node['Plan Rows']} rows")
        if "Sort" in kind and (fed := node["Plans"][0]["Actual Rows"]) > MOST_SORTED:
            found.append(f"{kind} of {fed} rows by {', '.join(node['Sort Key'])}")
        passed_over = node.get("Rows Removed by Filter", 0) * node["Actual Loops"]
        if passed_over > MOST_PASSED_OVER * LARGE.get(node.get("Relation Name", ""), math.inf):
            found.append(f"{kind} passes over {passed_over} rows of {node['Relation Name']}")
    return found


ROWS = {
    "stances": ("CREATED_AT", "UPDATED_AT", "STATED_ON"),
    "statements": ("STATED_ON", "POSITION", "CREATED_AT"),
    "relations": ("VALID_FROM", "CREATED_AT"),
    "documents": ("PUBLISHED_ON", "TITLE", "CREATED_AT"),
}
CURSORS = {"CREATED_AT": "2015-01-01T00:00:00Z", "UPDATED_AT": "2015-01-01T00:00:00Z", "POSITION": "10", "TITLE": "m"}
FILTERS = {
    "stances": {
        "all": "",
        "holder": 'holder: "$holder"',
        "target": 'target: "$target"',
        "topic": 'target: "$topic"',
        "holders": 'holder: ["$rare", "$nobody"]',
        "targets": 'target: ["$rare", "$nobody"]',
        "annotator": 'annotator: "$annotator"',
        "statement": 'statement: "$statement"',
        "project": 'project: "$project"',
        "label": "label: SUPPORT",
        "statedOn": 'statedOn: {from: "2015-01-01", to: "2015-12-31"}',
    },
    "statements": {
        "all": "",
        "speaker": 'speaker: "$speaker"',
        "speakers": 'speaker: ["$rare", "$nobody"]',
        "document": 'document: "$document"',
        "kind": "kind: QUOTATION",
        "statedOn": 'statedOn: {from: "2015-01-01", to: "2015-12-31"}',
    },
    "relations": {
        "all": "",
        "involving": 'involving: "$involving"',
        "involvingSome": 'involving: ["$rare", "$nobody"]',
        "between": 'between: ["$involving", "$rare"]',
        "kind": "kind: ALLIANCE",
        "asOf": 'asOf: "2015-01-01"',
    },
    "documents": {"all": "", "publisher": 'publisher: "$publisher"', "language": 'language: "en"'},
}


def cases() -> Iterator[Any]:
    for field, filters in FILTERS.items():
        yield from (
            pytest.param(field, order, name, id=f"{field}-{order}-{name}") for order in ROWS[field] for name in filters
        )


@pytest.mark.parametrize(("field", "order", "name"), list(cases()))
def test_a_page_comes_by_index(filled: str, names: Mapping[str, str], field: str, order: str, name: str) -> None:
    narrowed = FILTERS[field][name]
    for key, value in names.items():
        narrowed = narrowed.replace(f"${key}", value)
    cursor = f"{order}.{CURSORS.get(order, '2015-01-01')}.01900000-0000-7000-8000-000000000001"
    told = {}
    for direction, page in product(("ASC", "DESC"), (FORTH, BACK, f'{FORTH}, after: "{cursor}"')):
        arguments = f"{page}, filter: {{{narrowed}}}, orderBy: {{field: {order}, direction: {direction}}}"
        selection = "pageInfo { hasNextPage } edges { cursor node { id createdAt } }"
        told[direction, page] = faults(filled, f"{{ {field}({arguments}) {{ {selection} }} }}")
    assert not any(told.values()), told


NESTED = {
    "actor": ("stancesHeld", "stancesReceived", "statements", "relations", "alliances", "memberOf", "members"),
    "document": ("statements",),
    "statement": ("stances",),
    "project": ("statements", "documents"),
}
ORDERED = {
    "stancesHeld": ROWS["stances"],
    "stancesReceived": ROWS["stances"],
    "stances": ROWS["stances"],
    "statements": ROWS["statements"],
    "relations": ROWS["relations"],
    "documents": ROWS["documents"],
}


def below() -> Iterator[Any]:
    for parent, fields in NESTED.items():
        yield from (
            pytest.param(parent, field, order, id=f"{parent}-{field}-{order}")
            for field in fields
            for order in (None, *ORDERED.get(field, ()))
        )


@pytest.mark.parametrize(("parent", "field", "order"), list(below()))
def test_a_page_below_a_row_comes_by_index(
    filled: str, names: Mapping[str, str], parent: str, field: str, order: str | None
) -> None:
    key = {"actor": names["target" if field == "stancesReceived" else "holder"]}.get(parent) or names[parent]
    told = {}
    for direction, page in product(("ASC", "DESC"), (FORTH, BACK)):
        by = f", orderBy: {{field: {order}, direction: {direction}}}" if order else ""
        listed = f"{field}({page}{by}) {{ pageInfo {{ hasNextPage }} edges {{ cursor }} }}"
        told[direction, page] = faults(filled, f'{{ node(id: "{key}") {{ ... on {parent.title()} {{ {listed} }} }} }}')
    assert not any(told.values()), told


def test_faults_are_seen(filled: str) -> None:
    assert faults_of(filled, "SELECT id FROM stance WHERE rationale = 'x'", [])[0].startswith("Seq Scan on stance")
    assert any("Sort" in told for told in faults_of(filled, "SELECT id FROM statement ORDER BY exact LIMIT 20", []))
    walked = "SELECT id FROM stance WHERE rationale = 'x' ORDER BY created_at, id LIMIT 20"
    assert any("passes over" in told for told in faults_of(filled, walked, []))


WHOLE = {
    "network": ("Seq Scan on relation", "Sort of"),  # it answers with a quarter of all relations, in order
    "total_count": ("Seq Scan on statement",),  # it counts them all
}
"""What of a measured operation must look at every row, since the answer is made of them."""


@pytest.mark.parametrize("name", [name for name, operation in OPERATIONS.items() if not operation.writes])
def test_no_measured_operation_scans_a_large_table(filled: str, facts: Facts, name: str) -> None:
    """Seen as an annotator sees it: what hides others' stances is in force."""
    for variables in OPERATIONS[name].variables(facts, 5):
        plan, bound = compiled(OPERATIONS[name].document, variables, "postgres", visibility=Visibility.OTHER)
        found = faults_of(filled, plan.sql, plan.parameters(bound, for_dialect(DIALECTS["postgres"]).adapt))
        assert [fault for fault in found if not fault.startswith(WHOLE.get(name, ()))] == []


@pytest.fixture(scope="module")
def facts(filled: str) -> Facts:
    return with_database(filled, gather)
