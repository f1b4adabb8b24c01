"""A beginning of one letter, which much of what there is has, is looked for in bounded time."""

from typing import Any

import pytest
from sqlalchemy import insert, text

from api.database.database import Database
from api.graphql.sql.predicates import MAX_CANDIDATES
from models import SearchEntry, Topic, new_id, now
from models.base import table_of
from models.search import entry_words
from tests.conftest import Api
from tests.graphql.compiling import DIALECTS, sql

COUNT = "query($t: String!, $n: [SearchType!]) { search(text: $t, types: $n, first: 1) { totalCount edges { score node { ... on Topic { name } } } } }"


async def fill(database: Database) -> None:
    """One topic more than a search looks at, all of whose names begin alike."""
    topics: list[dict[str, Any]] = []
    for number in range(MAX_CANDIDATES + 1):
        name, at = f"Zone {number}", now()
        row = {"id": new_id(), "slug": f"zone-{number}", "name": name, "sort_name": name.lower(), "description": None}
        topics.append({**row, "created_at": at, "updated_at": at, "version": 1})
    entries = [
        {"entity_type": "Topic", "entity_id": row["id"], "words": entry_words("Topic", [row["name"]])} for row in topics
    ]
    async with database.transaction() as session:
        connection = await session.connection()
        await connection.execute(insert(table_of(Topic)), topics)
        await connection.execute(insert(table_of(SearchEntry)), entries)


def test_the_newest_are_looked_at(bare: Api) -> None:
    bare.inside(fill)
    for asked in ("z", "z -x", "Z"):
        for types in (["TOPIC"], None):
            found = bare(COUNT, {"t": asked, "n": types})["search"]
            assert found["totalCount"] == MAX_CANDIDATES, asked
            assert found["edges"][0]["node"] == {"name": f"Zone {MAX_CANDIDATES}"}
            assert 0 < found["edges"][0]["score"] <= 1
    # Whatever says more is looked for in everything.
    for asked in ("zo", "zon", "zone", "zone z", '"zone"'):
        assert bare(COUNT, {"t": asked, "n": None})["search"]["totalCount"] == MAX_CANDIDATES + 1, asked
    assert bare(COUNT, {"t": "zone 0", "n": None})["search"]["edges"][0]["node"] == {"name": "Zone 0"}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_broad_is_not_ranked(dialect: str) -> None:
    for asked in ("s", "s -x", "支"):
        written = sql(COUNT.replace("totalCount", ""), {"t": asked}, dialect)
        assert "bm25" not in written
        assert "ts_rank" not in written
    for asked in ("st", "air s", "支持"):
        assert any(name in sql(COUNT, {"t": asked}, dialect) for name in ("bm25", "ts_rank"))


def test_the_index_gives_the_newest_first(bare: Api) -> None:
    """On SQLite the index of beginnings is walked from its end: nothing is sorted before it is cut off."""
    if "sqlite" not in bare.url:
        pytest.skip("Postgres chooses its plan by how much there is")
    inner = (
        "SELECT e.entity_id FROM search_entry_words f JOIN search_entry e ON e.key = f.rowid"
        " WHERE search_entry_words MATCH '(\"s\"*)' ORDER BY f.rowid DESC LIMIT 10000"
    )

    async def explained(database: Database) -> str:
        async with database.connection() as connection:
            return str([*await connection.execute(text(f"EXPLAIN QUERY PLAN {inner}"))])

    plan = bare.inside(explained)
    assert "VIRTUAL TABLE INDEX" in plan
    assert "TEMP B-TREE" not in plan


def test_a_short_word_comes_before_what_begins_with_it(bare: Api) -> None:
    for name in ("Wars and warnings, warned", "War", "Warlords warm to warehouses"):
        assert bare.change("createTopic", {"name": name}, "topic { id }")["errors"] == []
    found = bare(COUNT, {"t": "war", "n": ["TOPIC"]})["search"]
    assert found["totalCount"] == 3
    assert found["edges"][0]["node"] == {"name": "War"}
