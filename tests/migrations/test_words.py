"""What was stored before words of every script were found is found after the migration, and its quotes end with words."""

from importlib import import_module
from typing import Any

from sqlalchemy import text
from starlette.testclient import TestClient

from api.app import create
from api.database.database import Database
from api.database.migrate import migrate
from tests.conftest import Api, Template, settings, with_database

BEFORE = str(import_module("migrations.versions.0007_words_of_every_script").down_revision)
TEXT = "The government said on Friday that the reinforcements would reach 阿勒颇城 before the weekend, officials say."
FIND = """query($t: String!) { search(text: $t) { edges { node { ... on Document { id } ... on Statement { id }
  ... on Topic { id } ... on Actor { id } } } } }"""
QUOTE = "query($id: ID!) { node(id: $id) { ... on Statement { quote { exact prefix suffix } version } } }"


async def stored(database: Database) -> list[Any]:
    """All that the migration writes anew."""
    async with database.connection() as connection:
        return [
            sorted(map(tuple, await connection.execute(text(query))))
            for query in (
                "SELECT entity_type, words FROM search_entry",
                "SELECT trigram, name_number, name_size FROM actor_trigram",
                "SELECT exact, prefix, suffix FROM statement",
            )
        ]


def test_what_was_stored_is_indexed_anew(seeded: Template) -> None:
    url = seeded.copy()
    with TestClient(create(settings(url))) as client:
        api = Api(client, url, seeded.tokens)
        document = api.change("createDocument", {"title": "T", "language": "en", "text": TEXT}, "document { id }")
        actor = api.change("createActor", {"name": "阿勒颇电视台", "kind": "MEDIA"}, "actor { id }")["actor"]["id"]
        topic = api.change("createTopic", {"name": "فتح الطريق إلى بدمشق"}, "topic { id }")["topic"]["id"]
        key = document["document"]["id"]
        given = {"documentId": key, "speakerId": actor, "kind": "QUOTATION", "anchor": {"exact": "reinforcements"}}
        statement = api.change("createStatement", given, "statement { id }")["statement"]["id"]
    now = with_database(url, stored)
    with_database(url, lambda database: migrate(database, BEFORE))
    then = with_database(url, stored)
    assert [a != b for a, b in zip(now, then, strict=True)] == [True] * 3
    assert ("reinforcements", "ment said on Friday that the ", " would reach 阿勒颇城 before the we") not in now[2]
    with_database(url, migrate)
    assert with_database(url, stored) == now
    with TestClient(create(settings(url))) as client:
        api = Api(client, url, seeded.tokens)
        for asked, expected in (("阿勒颇", {key, actor}), ("دمشق", {topic}), ("gover", {key}), ("阿勒", {key, actor})):
            found = {edge["node"]["id"] for edge in api(FIND, {"t": asked})["search"]["edges"]}
            assert expected <= found, asked
        node = api(QUOTE, {"id": statement})["node"]
    assert node["version"] == 1
    assert node["quote"] == {
        "exact": "reinforcements",
        "prefix": "said on Friday that the ",
        "suffix": " would reach 阿勒颇城 before the",
    }
    seeded.drop(url)
