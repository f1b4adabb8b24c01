"""A file that contradicts itself is told so, and not that it differs from the database."""

import json
from pathlib import Path

import pytest

from api.exchange.imports import run
from tests.exchange.commands import called, new, table
from tests.exchange.test_incoming import file_of, stances
from tests.services.conftest import World

STANCES = "{ stances(first: 9) { edges { node { label version intensity rationale annotator { name } } } } }"


def read_stances(world: World) -> list[tuple[str, str, str | None]]:
    """The annotator, the label and the rationale of each stance."""
    found = [edge["node"] for edge in world.api(STANCES, as_="ada")["stances"]["edges"]]
    return sorted((each["annotator"]["name"], each["label"], each["rationale"]) for each in found)


@pytest.fixture(params=["together", "far apart"])
def apart(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the records of a file are taken one by one, as those of a large file that are far apart."""
    if request.param == "far apart":
        monkeypatch.setattr(run, "_CHUNK_SIZE", 1)
    return bool(request.param == "far apart")


def test_two_labels_of_one_reading(world: World, tmp_path: Path, apart: bool) -> None:
    """They are refused, or MIXED on request; what does not contradict comes in. Twice adds nothing."""
    statement = world.statement(world.actor("Speaker", slug="speaker"))
    world.topic("Peace", slug="peace")
    header = "statement,holder,targetTopic,label,annotator,intensity,rationale\n"
    rows = ("SUPPORT,anna,2,Yes.", "NEUTRAL,anton,,", "OPPOSE,anna,,No.")
    lines = "".join(f"{statement},speaker,peace,{row}\n" for row in rows)
    file = file_of(tmp_path, header + lines)
    with world.unchanged():
        ended = called("import", "csv", file, url=world.api.url)
    assert ended.status == 1
    told = "the file contradicts itself: of the same statement, holder, target and annotator it says both"
    assert f"{told} SUPPORT (line 2) and OPPOSE (line 4)" in ended.err
    assert ("in the file: 3 lines: 2 created, 1 refused" if apart else "3 lines: 1 created, 2 refused") in ended.out
    mixed = ("--contradictions", "mixed")
    ended = called("import", "csv", *mixed, file, url=world.api.url)
    assert new(ended)["stance"] == 2
    assert "SUPPORT (line 2) and OPPOSE (line 4): MIXED is recorded" in ended.out
    assert read_stances(world) == [("anna", "MIXED", "Yes.\nNo."), ("anton", "NEUTRAL", None)]
    with world.unchanged():
        assert new(called("import", "csv", *mixed, file, url=world.api.url)) == {}


def test_the_same_twice_is_no_contradiction(world: World, tmp_path: Path) -> None:
    statement = world.statement(world.actor("Speaker", slug="speaker"))
    world.topic("Peace", slug="peace")
    line = f"{statement},speaker,peace,SUPPORT,anna"
    report = table(called("import", "csv", file_of(tmp_path, stances(line, line)), url=world.api.url))
    assert report["stance"] == {"created": 1, "matched": 1, "different": 0, "refused": 0}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("doccano", {"text": "We back it", "label": ["positive", "negative"]}),
        ("doccano", {"text": "We back it", "annotations": [{"label": "for", "user": 1}, {"label": "con", "user": 1}]}),
        (
            "label-studio",
            [{"data": {"text": "We back it"}, "annotations": [{"completed_by": 1, "result": [
                {"id": "r", "type": "labels", "value": {"start": 0, "end": 2, "labels": ["SUPPORT", "OPPOSE"]}}]}]}],
        ),
    ],
)  # fmt: skip
def test_two_labels_of_other_tools(world: World, tmp_path: Path, name: str, content: object) -> None:
    """On one text or one mark, by one annotator."""
    file, said = file_of(tmp_path, json.dumps(content), "all.json"), ("--speaker", "=Ana", "--target", "=Truce")
    with world.unchanged():
        ended = called("import", name, *said, file, url=world.api.url)
    assert "it says both SUPPORT and OPPOSE (--contradictions mixed records MIXED)" in ended.err
    assert called("import", name, *said, "--contradictions", "mixed", file, url=world.api.url).status == 0
    ((_, label, _),) = read_stances(world)
    assert label == "MIXED"


@pytest.mark.usefixtures("apart")
def test_other_records_that_contradict_one_another(world: World, tmp_path: Path) -> None:
    """The first counts, and the report says where it is: the database had nothing to say."""
    actors = file_of(tmp_path, "slug,name,kind,description\na,Ana,PERSON,\na,Ana,STATE,Odd.\n", "actors.csv")
    documents = file_of(tmp_path, "title,language,text\nT,en,We back it\nT,de,We back it\n", "documents.csv")
    ended = called("import", "csv", actors, documents, url=world.api.url)
    report = "the file contradicts itself, and line 2 counts:"
    assert f"different: line 3: actor: {report} kind is PERSON on line 2, STATE here" in ended.out
    assert f"different: line 3: document: {report} language is en on line 2, de here" in ended.out


@pytest.mark.parametrize("dry_run", [True, False])
def test_two_files_that_contradict_one_another(world: World, tmp_path: Path, dry_run: bool) -> None:
    """What an earlier file of the command said counts, and the report names it; else the database is named."""
    statement = world.statement(world.actor("Speaker", slug="speaker"))
    world.topic("Peace", slug="peace")
    first = file_of(tmp_path, stances(f"{statement},speaker,peace,NEUTRAL,anna"), "first.csv")
    second = file_of(tmp_path, stances(f"{statement},speaker,peace,SUPPORT,anna"), "second.csv")
    out = called("import", "csv", first, second, *["--dry-run"][: int(dry_run)], url=world.api.url).out
    line = f"line 2 of {first}"
    told = f"two files contradict one another, and {line} counts: label is NEUTRAL on {line}, SUPPORT here"
    assert f"different: line 2: stance: {told}" in out
    if not dry_run:
        out = called("import", "csv", second, url=world.api.url).out
        assert "not changed: label is NEUTRAL here, SUPPORT in the file" in out


def test_one_name_for_two_records(world: World, tmp_path: Path) -> None:
    """Nobody knows which one other records mean: the second is refused. The same again is the same."""
    header, row = "id,title,language,text\n", "d,T,en,We back it\n"
    with world.unchanged():
        ended = called("import", "csv", file_of(tmp_path, f"{header}{row}d,U,en,They do not\n"), url=world.api.url)
    assert "line 3: document: an earlier document of the file has the key 'd' too" in ended.err
    report = table(called("import", "csv", file_of(tmp_path, header + row + row), url=world.api.url))
    assert report["document"] == {"created": 1, "matched": 1, "different": 0, "refused": 0}


@pytest.mark.parametrize("name", ["doccano", "label-studio"])
def test_texts_that_are_numbered_alike(world: World, tmp_path: Path, name: str) -> None:
    """As those of two projects in one file: each mark stays in its own text."""
    mark = {"id": "r", "type": "labels", "value": {"start": 0, "end": 2, "labels": ["SUPPORT"]}}
    texts = ("We back it", "It is so")
    examples: list[object] = [{"id": 1, "text": text, "label": [[0, 2, "SUPPORT"]]} for text in texts]
    if name == "label-studio":
        examples = [{"id": 1, "data": {"text": text}, "annotations": [{"result": [mark]}]} for text in texts]
    file = file_of(tmp_path, json.dumps(examples), "all.json")
    assert called("import", name, "--speaker", "=Ana", "--target", "=Truce", file, url=world.api.url).status == 0
    found = world.api("{ statements { edges { node { quote { exact } document { text } } } } }")["statements"]["edges"]
    assert sorted((edge["node"]["quote"]["exact"], edge["node"]["document"]["text"]) for edge in found) == [
        ("It", "It is so"),
        ("We", "We back it"),
    ]
