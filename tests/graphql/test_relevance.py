"""Lists that are filtered by a text come best match first, unless another order is asked for."""

import re
from collections.abc import Sequence
from typing import Any

import pytest

from api.database.database import Database
from api.graphql.sql.dialects import for_dialect
from tests.conftest import Api, with_database
from tests.graphql.compiling import DIALECTS, compiled
from tests.services.conftest import World

NAMES = (
    ("Party of Union and Progress", "Union"),
    ("Union", "Progress"),
    ("Union of Students",),
    ("European Union",),
    ("The Union and its friends",),
    ("Reunion",),
)


@pytest.fixture
def world(bare: Api) -> World:
    return World(bare)


def names(api: Api, text: str, *more: str) -> list[str]:
    """What actors a text finds, in their order."""
    arguments = ", ".join([f'filter: {{text: "{text}"}}', "first: 50", *more])
    return [
        edge["node"]["name"]
        for edge in api(f"{{ actors({arguments}) {{ edges {{ node {{ name }} }} }} }}")["actors"]["edges"]
    ]


def test_exact_matches_come_first_then_beginnings(world: World) -> None:
    """A name before an alias; case and accents aside. Names in which it is somewhere come last, the most alike first."""
    for name, *aliases in NAMES:
        world.actor(name, aliases=[{"name": alias} for alias in aliases])
    for asked in ("Union", "UNIÓN ", "union"):
        assert names(world.api, asked) == [
            *("Union", "Party of Union and Progress", "Union of Students"),
            *("European Union", "The Union and its friends", "Reunion"),
        ]
    upwards = names(world.api, "Union", "orderBy: {field: RELEVANCE, direction: ASC}")
    assert upwards[::-1] == names(world.api, "Union", "orderBy: {field: RELEVANCE}")
    assert names(world.api, "Union", "orderBy: {field: NAME}")[0] == "European Union"
    assert names(world.api, "progress")[:2] == ["Union", "Party of Union and Progress"]


def test_an_exact_match_is_first_of_many(world: World) -> None:
    """However many others are as alike: by pages, from either end, each once."""
    for number in range(60):
        world.actor(f"Aleppo {number:02}")
    exact = world.actor("Aleppo")
    query = """query($f: Int, $a: String, $l: Int, $b: String) {
      actors(filter: {text: "aleppo"}, first: $f, after: $a, last: $l, before: $b) {
        edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage endCursor startCursor } totalCount } }"""
    walked: list[str] = []
    after = None
    while True:
        page = world.api(query, {"f": 25, "a": after})["actors"]
        walked += [edge["node"]["id"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert (walked[0], len(set(walked)), len(walked), page["totalCount"]) == (exact, 61, 61, 61)
    back: list[str] = []
    before = None
    while True:
        page = world.api(query, {"l": 25, "b": before})["actors"]
        back = [edge["node"]["id"] for edge in page["edges"]] + back
        if not page["pageInfo"]["hasPreviousPage"]:
            break
        before = page["pageInfo"]["startCursor"]
    assert back == walked


def test_documents_and_statements(world: World) -> None:
    """By their titles, among equals the latest; by how much of the quote it is."""
    words = "The ceasefire holds."
    for title, day in (
        ("On the ceasefire", "2024-12-01"),
        ("Ceasefire in Aleppo", "2024-11-30"),
        ("Ceasefire", "2024-11-27"),
        ("A 100%_ report", "2024-11-28"),
        ("A report", "2024-11-29"),
    ):
        world.document(words, title=title, publishedOn=day)
    listed = world.api('{ documents(filter: {text: "ceasefire"}) { edges { node { title } } } }')["documents"]["edges"]
    assert [edge["node"]["title"] for edge in listed] == [
        *("Ceasefire", "Ceasefire in Aleppo", "On the ceasefire", "A report", "A 100%_ report"),
    ]
    document, speaker = world.document(words), world.actor()
    statements = [world.statement(speaker, exact, document) for exact in (words, "ceasefire", "ceasefire holds")]
    query = '{ statements(filter: {text: "ceasefire"}) { edges { node { id } } } }'
    found = [edge["node"]["id"] for edge in world.api(query)["statements"]["edges"]]
    assert found == [statements[1], statements[2], statements[0]]


def test_without_a_text_there_is_nothing_to_order_by(reading: Api) -> None:
    for arguments in ("", ", filter: {kind: STATE}", ", filter: {text: null}", ", filter: null"):
        (error,) = reading.run(f"{{ actors(orderBy: {{field: RELEVANCE}}{arguments}) {{ totalCount }} }}")["errors"]
        assert "filter.text" in error["message"]
    by_default = "{ actors(first: 3%s) { edges { node { name } } } }"
    assert reading(by_default % "") == reading(by_default % ", orderBy: {field: NAME}")


def test_directions_that_are_left_out(reading: Api) -> None:
    """Are those of the list's own order, and else upwards."""
    shown = "{ edges { node { id } } }"
    assert reading(f"{{ statements(orderBy: {{field: STATED_ON}}) {shown} }}") == reading(f"{{ statements {shown} }}")
    left_out, upwards = (
        reading(f"{{ statements(orderBy: {{field: POSITION{way}}}) {shown} }}") for way in ("", ", direction: ASC")
    )
    assert left_out == upwards


QUERY = """query($text: String!) {
  actors(filter: {text: $text}, first: 10) { pageInfo { hasNextPage } edges { cursor node { name } } } }"""


def plan_of(api: Api, backend: str, variables: dict[str, Any]) -> Sequence[str]:
    """The lines of the plan of QUERY."""
    plan, bound = compiled(QUERY, variables, backend)
    dialect = for_dialect(DIALECTS[backend])

    values = plan.parameters(bound, dialect.adapt)

    async def work(database: Database) -> Sequence[str]:
        if backend == "sqlite":
            return [str(row[3]) for row in await database.reader.rows(f"EXPLAIN QUERY PLAN {plan.sql}", values)]
        async with database.transaction() as session:
            raw = (await (await session.connection()).get_raw_connection()).driver_connection
            assert raw is not None
            # So few rows are scanned whatever indexes there are: what is asked is whether they need not be.
            await raw.execute("SET enable_seqscan = off")
            return [str(row[0]) for row in await raw.fetch(f"EXPLAIN {plan.sql}", *values)]

    return with_database(api.url, work)


def test_no_list_of_names_is_scanned(world: World, backend: str) -> None:
    """Names that equal the text or begin with it come by index, and so do the trigrams."""
    lines = plan_of(world.api, backend, {"text": "union"})
    scanned = [line for line in lines if re.search(r"(SCAN|Seq Scan on) actor(_alias|_trigram)?\b", line)]
    assert scanned == [], "\n".join(lines)
    assert any("ix_actor_alias_sort_name_actor_id" in line for line in lines)
