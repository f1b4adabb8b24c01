"""Files of other tools through the command line, into either database and out again."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create
from tests.cli.processes import Ended, stancegraph
from tests.conftest import DATA, Api, Template, settings
from tests.exchange.commands import called
from tests.services.conftest import World

SAMPLE = DATA / "dna_sample" / "sample.dna"
needs_sample = pytest.mark.skipif(not SAMPLE.exists(), reason="needs the published data")
COUNTS = """{ actors { totalCount } topics { totalCount } documents { totalCount } statements { totalCount }
  stances { totalCount } }"""


def counts(api: Api) -> dict[str, int]:
    return {name: found["totalCount"] for name, found in api(COUNTS, as_="karl").items()}


def carry(api: Api, direction: str, name: str, *arguments: str | Path, process: bool = False) -> Ended:
    """`stancegraph import` or `export`, over the server's own database; as a process of its own where that is asked."""
    words = [direction, name, *map(str, arguments)]
    return stancegraph(*words, url=api.url) if process else called(*words, url=api.url)


def brought(api: Api, name: str, *arguments: str | Path, process: bool = False) -> str:
    """What an import said that went well."""
    ended = carry(api, "import", name, *arguments, process=process)
    assert ended.status == 0, ended.err
    return ended.out


@pytest.fixture
def another(migrated: Template) -> Iterator[Api]:
    """A second database of the same kind."""
    url = migrated.copy()
    with TestClient(create(settings(url))) as client:
        yield Api(client, url, migrated.tokens)
    migrated.drop(url)


# ---------------------------------------------------------------- Discourse Network Analyzer


@needs_sample
def test_the_sample_comes_in_once_and_out_as_it_was(bare: Api, another: Api, tmp_path: Path) -> None:
    """Persons, organisations, concepts, 40 statements and stances; twice adds nothing; out, in and out is the same."""
    brought(bare, "dna", SAMPLE, process=True)
    there = {"actors": 14, "topics": 6, "documents": 7, "statements": 40, "stances": 40}
    assert counts(bare) == there
    again = brought(bare, "dna", SAMPLE)
    assert counts(bare) == there
    assert "skipped: " in again
    assert "statement 5 is of the type 'Annotation', which has no stances" in again
    (epa,) = bare('{ actors(filter: {slug: ["environmental-protection-agency"]}) { edges { node { name kind'
                  " attributes { name value } members { edges { node { member { name attributes { name value } } } } }"
                  " stancesHeld { totalCount } } } } }")["actors"]["edges"]  # fmt: skip
    assert epa["node"] == {
        "name": "Environmental Protection Agency",
        "kind": "ORGANIZATION",
        "attributes": [{"name": "Type", "value": "Government"}],
        "members": {"edges": [{"node": {"member": {
            "name": "Christine Todd Whitman", "attributes": [{"name": "Type", "value": "Government"}]}}}]},
        "stancesHeld": {"totalCount": 11},
    }  # fmt: skip
    first, second = tmp_path / "first.dna", tmp_path / "second.dna"
    assert carry(bare, "export", "dna", "-o", first).status == 0
    brought(another, "dna", first)
    assert counts(another) == there
    assert carry(another, "export", "dna", "-o", second).status == 0
    assert second.read_bytes() == first.read_bytes()


@needs_sample
def test_persons_as_holders(bare: Api) -> None:
    """As it is asked for."""
    brought(bare, "dna", SAMPLE, "--holder", "person", "--language", "en")
    held = bare(
        '{ actor(slug: "navin-nayak") { stancesHeld { totalCount } memberOf { edges { node { group { name } } } } } }'
    )
    assert held["actor"]["stancesHeld"]["totalCount"] == 6
    assert held["actor"]["memberOf"]["edges"] == [{"node": {"group": {"name": "U.S. Public Interest Research Group"}}}]


def test_a_hostile_file_changes_nothing(world: World, tmp_path: Path) -> None:
    """It is refused in a line; there is no trace of it."""
    file = tmp_path / "hostile.dna"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(
            "CREATE VIEW CODERS AS WITH RECURSIVE n(ID) AS (SELECT 1 UNION ALL SELECT ID + 1 FROM n) SELECT * FROM n"
        )
    with world.unchanged():
        assert "CODERS must be a plain table" in carry(world.api, "import", "dna", file).reason
        file.write_bytes(b"SQLite format 3\0" + b"\xff" * 5_000)
        assert str(file) in carry(world.api, "import", "dna", file).reason


# ---------------------------------------------------------------- annotations


def annotated(world: World) -> list[str]:
    """A document with two statements, in a script that takes pairs, and a stance in one: their ids."""
    speaker = world.actor("Ana", attributes=[{"name": "Type", "value": "Mayor"}])
    document = world.document("😀 Ana said yes. Ana said no.", url="https://example.org/1", publisherId=speaker)
    statements = [world.statement(speaker, exact, document) for exact in ("Ana said yes.", "Ana said no.")]
    world.stance(statements[0], world.topic("The truce"), intensity=2, confidence=0.1 + 0.2, rationale="Yes.")
    return statements


def test_annotations_come_back(world: World, another: Api, tmp_path: Path) -> None:
    """Into an empty database with the texts; into their own they add nothing, with or without."""
    annotated(world)
    whole, bare = tmp_path / "whole.jsonld", tmp_path / "bare.jsonld"
    assert carry(world.api, "export", "web-annotation", "--texts", "yes", "--unit", "utf16", "-o", whole).status == 0
    assert carry(world.api, "export", "web-annotation", "-o", bare).status == 0
    with world.unchanged():
        brought(world.api, "web-annotation", whole, "--unit", "utf16")
        brought(world.api, "web-annotation", bare)
    refused = carry(another, "import", "web-annotation", bare)
    assert "there is no document with the id or address 'https://example.org/1'" in refused.err
    brought(another, "web-annotation", whole, "--unit", "utf16")
    copied = tmp_path / "copied.jsonld"
    assert carry(another, "export", "web-annotation", "--texts", "yes", "--unit", "utf16", "-o", copied).status == 0
    assert json.loads(copied.read_text()) == json.loads(whole.read_text())


def test_others_annotations_of_a_document_at_an_address(world: World, tmp_path: Path) -> None:
    """By the words and their context, by a position, and by words that moved; what cannot be found is refused."""
    annotated(world)

    def annotation(*selectors: dict[str, Any]) -> dict[str, Any]:
        target = {"source": "https://example.org/1", "selector": list(selectors)}
        return {"type": "Annotation", "body": {"value": "against"}, "creator": "anton", "target": target}

    def quote(exact: str, **more: str) -> dict[str, Any]:
        return {"type": "TextQuoteSelector", "exact": exact, **more}

    found = [
        annotation(quote("Ana said", suffix=" no.")),
        annotation({"type": "TextPositionSelector", "start": 3, "end": 6}),
        annotation(quote("Ana said no."), {"type": "TextPositionSelector", "start": 0, "end": 12}),
    ]
    file = tmp_path / "others.json"
    said = ("--speaker", "Ana", "--target", "the-truce", "--unit", "utf16")
    file.write_text(json.dumps(found))
    out = brought(world.api, "web-annotation", file, *said)
    assert "are at 17, not at 0: the statement is imported there" in out
    texts = world.api(
        "{ statements(orderBy: {field: POSITION, direction: ASC}) { edges { node { quote { exact } } } } }"
    )
    assert [edge["node"]["quote"]["exact"] for edge in texts["statements"]["edges"]] == [
        *("Ana said yes.", "Ana", "Ana said no.", "Ana said"),
    ]
    assert counts(world.api)["topics"] == 1
    file.write_text(json.dumps([annotation(quote("Ana said")), annotation(quote("Nobody said"))]))
    with world.unchanged():
        refused = carry(world.api, "import", "web-annotation", file, *said).err
    assert "the document contains this text at 3, 17: give start" in refused
    assert "the document does not contain this text" in refused


def test_annotations_of_hypothesis(world: World, tmp_path: Path) -> None:
    """Statements and stances come of rows, also where the page has other blanks and another context than the text."""
    world.document("A page.\nWe fully\nback the accord. They do not.", url="https://example.org/2")
    quotes = [
        {"type": "TextQuoteSelector", "exact": "We fully back the accord.", "prefix": "Menu ", "suffix": " They"},
        {"type": "TextQuoteSelector", "exact": "They do not."},
    ]
    rows = [
        {
            "id": f"r{number}", "user": f"acct:{who}@h.example", "uri": "https://example.org/2", "text": why,
            "tags": [tag], "target": [{"source": "https://example.org/2", "selector": [quote]}],
        }
        for number, (who, tag, why, quote) in enumerate(
            [("mira", "SUPPORT", "Clear.", quotes[0]), ("karim", "against", "", quotes[0]), ("mira", "con", "", quotes[1])]
        )
    ]  # fmt: skip
    file, said = tmp_path / "rows.json", ("--speaker", "Minister", "--target", "Accord")
    file.write_text(json.dumps({"total": 3, "rows": rows}))
    out = brought(world.api, "web-annotation", file, *said)
    assert "the words of 'r0' are at 8, with other white space, in another context" in out
    assert "in the file: 3 annotations: 2 created, 1 matched" in out
    assert "in the file: 4 bodies: 4 created" in out
    found = world.api(
        "{ stances { edges { node { label rationale annotator { name } statement { quote { exact } } } } } }"
    )
    read = [edge["node"] for edge in found["stances"]["edges"]]
    assert sorted(
        (s["annotator"]["name"], s["label"], s["rationale"], s["statement"]["quote"]["exact"]) for s in read
    ) == [
        ("karim", "OPPOSE", None, "We fully\nback the accord."),
        ("mira", "OPPOSE", None, "They do not."),
        ("mira", "SUPPORT", "Clear.", "We fully\nback the accord."),
    ]
    with world.unchanged():
        brought(world.api, "web-annotation", file, *said)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "label-studio",
            [{"id": 1, "data": {"text": "Ana said yes."}, "annotations": [{"completed_by": 3, "result": [
                {"id": "a", "type": "labels", "value": {"start": 0, "end": 8, "labels": ["SUPPORT"]}}]}]}],
        ),
        ("doccano", {"id": 1, "text": "Ana said yes.", "label": [[0, 8, "SUPPORT"]]}),
    ],
)  # fmt: skip
def test_marked_texts(world: World, tmp_path: Path, name: str, content: Any) -> None:
    """Once they add a document, a statement and a stance; twice nothing."""
    file = tmp_path / "all.json"
    file.write_text(json.dumps(content))
    said = ("--speaker", "=Ana", "--target", "=The truce", "--language", "en")
    brought(world.api, name, file, *said)
    assert counts(world.api) == {"actors": 1, "topics": 1, "documents": 1, "statements": 1, "stances": 1}
    with world.unchanged():
        brought(world.api, name, file, *said)
        assert (
            "name them" in carry(world.api, "import", name, file).err
            or "=NAME" in carry(world.api, "import", name, file).err
        )
        file.write_text("[{")
        assert "not valid JSON" in carry(world.api, "import", name, file).reason


def test_a_table_of_stances(world: World, tmp_path: Path) -> None:
    """What pandas would read."""
    import pyarrow.parquet as pq

    annotated(world)
    file = tmp_path / "stances.parquet"
    assert carry(world.api, "export", "parquet", "-o", file).status == 0
    (row,) = pq.read_table(file).to_pylist()
    assert (row["holder_name"], row["target"], row["label"], row["sign"]) == ("Ana", "the-truce", "SUPPORT", 1)
    assert (row["exact"], row["url"], row["confidence"]) == ("Ana said yes.", "https://example.org/1", 0.1 + 0.2)


# ---------------------------------------------------------------- downloads


@pytest.mark.parametrize("name", ["dna", "web-annotation", "parquet"])
def test_a_download_holds_what_its_reader_may_see(world: World, tmp_path: Path, name: str) -> None:
    """Of a blind project one's own stances; whoever curates sees all."""
    statement, topic = world.statement(), world.topic("Peace")
    blind = world.api.set_up("Blind", "anna", "anton", blind=True, overlap=2)
    for who, label in (("anna", "SUPPORT"), ("anton", "OPPOSE")):
        world.record(statement, topic, who, projectId=blind["id"], label=label)

    def readers(as_: str | None) -> set[str]:
        headers = {} if as_ is None else {"authorization": f"Bearer {world.api.tokens[as_]}"}
        response = world.api.client.get(f"/export/{name}", headers=headers)
        assert response.status_code == 200, response.text
        file = tmp_path / "download"
        file.write_bytes(response.content)
        return _annotators(name, file)

    assert readers("karl") == {"anna", "anton"}
    assert readers("anna") == {"anna"}
    assert readers("anton") == {"anton"}
    assert readers(None) == set()


def _annotators(name: str, file: Path) -> set[str]:
    """Whose stances a file holds."""
    if name == "dna":
        with closing(sqlite3.connect(file)) as connection:
            return {coder for (coder,) in connection.execute("SELECT Name FROM CODERS WHERE Name <> 'Admin'")}
    if name == "parquet":
        import pyarrow.parquet as pq

        return set(pq.read_table(file).column("annotator").to_pylist())
    items = json.loads(file.read_text())["first"]["items"]
    return {body["creator"]["name"] for item in items for body in item.get("body", ())}
