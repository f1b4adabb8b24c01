"""On Postgres the feed and histories come by an index, however many changes there are."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from api.database.migrate import migrate
from api.security.visibility import Visibility
from tests.conftest import execute, in_database, with_database
from tests.graphql.compiling import compiled
from tests.graphql.test_indexes import faults_of

MANY = 100_000
FILL = f"""INSERT INTO project (id, slug, name, sort_name, guidelines, status, blind, public, overlap, is_default,
    created_at, updated_at, version)
  SELECT gen_random_uuid(), 'p' || n, 'p', 'p', '', 'OPEN', n % 2 = 1, n % 2 = 0, 1, false, now(), now(), 1
  FROM generate_series(1, 10) n;
INSERT INTO annotator (id, name, role, active, created_at)
  SELECT gen_random_uuid(), 'a' || n, 'ANNOTATOR', true, now() FROM generate_series(1, 20) n;
INSERT INTO revision (id, created_at, action, entity_type, entity_id, before, after, project_id, owner_id, place)
  SELECT gen_random_uuid(), now(), 'UPDATED', CASE WHEN n % 10 = 0 THEN 'Topic' ELSE 'Stance' END, gen_random_uuid(),
    '{{"label": "SUPPORT"}}', '{{"label": "OPPOSE"}}', p.id, a.id, n
  FROM generate_series(1, {MANY}) n
  JOIN project p ON p.slug = 'p' || (n % 10 + 1) JOIN annotator a ON a.name = 'a' || (n % 20 + 1);
SELECT feed_count_from({MANY});
ANALYZE"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def filled(request: pytest.FixtureRequest) -> Iterator[str]:
    server, name = request.getfixturevalue("postgres_url"), f"feed_{uuid4().hex}"
    execute(server, f'CREATE DATABASE "{name}"')
    url = in_database(server, name)
    with_database(url, migrate)
    for statement in FILL.split(";\n"):
        execute(url, statement)
    yield url
    execute(server, f'DROP DATABASE "{name}" WITH (FORCE)')


CURSOR = f"PLACE.{MANY // 2}.01900000-0000-7000-8000-000000000001"
EDGES = "edges { cursor node { id entityId entity { id } by { name } changes { field before after } } }"


@pytest.mark.parametrize("visibility", Visibility)
@pytest.mark.parametrize(
    "query",
    [
        f"{{ changes(first: 50) {{ {EDGES} }} }}",
        f"{{ changes(last: 1) {{ {EDGES} }} }}",
        f'{{ changes(first: 50, after: "{CURSOR}") {{ {EDGES} pageInfo {{ hasNextPage }} }} }}',
        f'{{ changes(first: 50, after: "{CURSOR}", types: [STANCE, TOPIC]) {{ {EDGES} }} }}',
        f"{{ stances(first: 20) {{ edges {{ node {{ history {{ {EDGES} }} }} }} }} }}",
    ],
)
def test_a_page_comes_by_index(filled: str, query: str, visibility: Visibility) -> None:
    plan, bound = compiled(query, {}, "postgres", visibility=visibility)
    found = faults_of(filled, plan.sql, plan.parameters(bound, lambda value: value))
    # The other tables are empty here.
    assert [fault for fault in found if "revision" in fault or "Sort" in fault] == []


def test_how_far_it_has_come_is_known_by_index(filled: str) -> None:
    from api.database.change_feed import _LAST_PLACE

    assert faults_of(filled, _LAST_PLACE["postgresql"], []) == []
