"""What becomes of records: entered by the use cases, matched with what is there, or refused with nothing kept."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api.database.database import Database
from api.database.retry import TransactionConflict
from api.exchange import records
from api.exchange.format import Parsed, ParseEvents
from api.exchange.imports import run
from api.exchange.imports.context import ImportOptions
from api.exchange.imports.report import RecordResult, Report
from api.exchange.imports.run import import_files
from models import ActorKind, Annotator, ProjectMember, RelationKind, Revision, Token
from tests.conftest import with_database
from tests.exchange.commands import called, new, table
from tests.exchange.conftest import counts, inside
from tests.services.conftest import World

HEADER = "statement,holder,targetTopic,label,annotator\n"


def file_of(folder: Path, content: str, name: str = "file.csv") -> Path:
    file = folder / name
    file.write_text(content, encoding="utf-8")
    return file


def stances(*lines: str) -> str:
    return HEADER + "".join(f"{line}\n" for line in lines)


def test_what_is_there_is_left_as_it_is_and_told(world: World, tmp_path: Path) -> None:
    world.actor("Alpha", slug="alpha", kind="STATE")
    world.actor("Beta", slug="beta", kind="MEDIA", description="A paper.")
    before = counts(world.api.url)
    content = "slug,name,kind,description\nalpha,Alpha,MEDIA,\n,Beta,MEDIA,A paper.\nalpha,Alpha,STATE,\n"
    ended = called("import", "csv", file_of(tmp_path, content), url=world.api.url)
    assert table(ended)["actor"] == {"created": 0, "matched": 2, "different": 1, "refused": 0}
    assert "different: line 2: actor: not changed: kind is STATE here, MEDIA in the file" in ended.out
    assert counts(world.api.url) == before


def test_an_actor_that_was_merged_leads_to_its_survivor(world: World, tmp_path: Path) -> None:
    kept, gone = world.actor("Kept", slug="kept"), world.actor("Gone", slug="gone")
    world.api.change("mergeActors", {"intoId": kept, "duplicateId": gone}, "actor { id }")
    content = "member,group\ngone,Kept Group\n"
    world.actor("Kept Group")
    assert new(called("import", "csv", file_of(tmp_path, content), url=world.api.url)) == {"membership": 1}
    rows = world.api('{ actor(slug: "kept") { memberOf { edges { node { group { name } } } } } }')
    assert [edge["node"]["group"]["name"] for edge in rows["actor"]["memberOf"]["edges"]] == ["Kept Group"]


def test_a_name_that_several_have_is_told(world: World, tmp_path: Path) -> None:
    for slug in ("one", "two"):
        world.actor("Same", slug=slug)
    world.actor("Group", slug="group")
    ended = called("import", "csv", file_of(tmp_path, "member,group\nSame,group\n"), url=world.api.url)
    assert ended.status == 1
    assert "line 2: membership: member: 2 actors are called 'Same': name one by its slug or id" in ended.err


def test_stances_are_their_annotators_who_have_no_token(world: World, tmp_path: Path) -> None:
    statement, project = world.statement(world.actor("Speaker", slug="speaker")), world.api.set_up("Work", "anna")
    world.topic("Peace", slug="peace")
    content = stances(f"{statement},speaker,peace,SUPPORT,Zoe", f"{statement},speaker,peace,OPPOSE,anna")
    file = file_of(tmp_path, content)
    ended = called("import", "csv", file, "--project", project["slug"], url=world.api.url)
    assert table(ended)["annotator"]["created"] == 1
    assert table(ended)["stance"]["created"] == 2
    found = world.api(
        "{ stances(first: 9) { edges { node { label annotator { name role } project { slug } } } } }", as_="ada"
    )
    assert sorted((s["node"]["annotator"]["name"], s["node"]["label"]) for s in found["stances"]["edges"]) == [
        ("Zoe", "SUPPORT"), ("anna", "OPPOSE")
    ]  # fmt: skip
    assert {s["node"]["project"]["slug"] for s in found["stances"]["edges"]} == {project["slug"]}
    members = inside(
        world.api.url, select(Annotator.name).join(ProjectMember, ProjectMember.annotator_id == Annotator.id)
    )
    assert {row.name for row in members} >= {"Zoe", "anna"}
    tokens = inside(
        world.api.url,
        select(Token.id).join(Annotator, Annotator.id == Token.annotator_id).where(Annotator.name == "Zoe"),
    )
    assert tokens == []
    before = counts(world.api.url)
    assert new(called("import", "csv", file, "--project", project["slug"], url=world.api.url)) == {}
    assert counts(world.api.url) == before


def test_a_stance_that_was_revised_since_is_left_as_it_is(world: World, tmp_path: Path) -> None:
    statement = world.statement(world.actor("Speaker", slug="speaker"))
    topic = world.topic("Peace", slug="peace")
    file = file_of(tmp_path, stances(f"{statement},speaker,peace,SUPPORT,anna"))
    assert called("import", "csv", file, url=world.api.url).status == 0
    world.record(statement, topic, label="OPPOSE")
    ended = called("import", "csv", file, url=world.api.url)
    assert table(ended)["stance"] == {"created": 0, "matched": 0, "different": 1, "refused": 0}
    assert "label is OPPOSE here, SUPPORT in the file" in ended.out
    (edge,) = world.api("{ stances(first: 9) { edges { node { label version } } } }")["stances"]["edges"]
    assert edge["node"] == {"label": "OPPOSE", "version": 2}


def test_what_is_imported_has_a_history_and_is_found(world: World, tmp_path: Path) -> None:
    documents = file_of(tmp_path, "id,title,language,text\nd,A report,en,The ceasefire holds.\n", "documents.csv")
    statements = file_of(tmp_path, "id,document,speaker,start,end\ns,d,Ärzte,4,13\n", "statements.csv")
    actors = file_of(tmp_path, "name,kind,aliases\nÄrzte,ORGANIZATION,Doctors [en]\n", "actors.csv")
    assert new(called("import", "csv", actors, documents, statements, url=world.api.url)) == {
        "actor": 1, "document": 1, "statement": 1
    }  # fmt: skip
    found = world.api(
        '{ search(text: "ceasefire") { edges { node { __typename ... on Statement { quote { exact } } } } } }'
    )
    kinds = {edge["node"]["__typename"] for edge in found["search"]["edges"]}
    assert kinds == {"Document", "Statement"}
    found = world.api('{ actors(filter: {text: "Doctrs"}) { edges { node { name statements { totalCount } } } } }')
    assert [edge["node"] for edge in found["actors"]["edges"]] == [{"name": "Ärzte", "statements": {"totalCount": 1}}]
    kinds_of_revisions = {row.entity_type for row in inside(world.api.url, select(Revision.entity_type))}
    assert kinds_of_revisions >= {"Actor", "Document", "Statement"}


def test_a_closed_project_takes_nothing(world: World, tmp_path: Path) -> None:
    statement, project = world.statement(world.actor("Speaker", slug="speaker")), world.api.set_up("Work")
    world.topic("Peace", slug="peace")
    assert world.api.change("closeProject", {"id": project["id"]}, "project { id }")["errors"] == []
    file = file_of(tmp_path, stances(f"{statement},speaker,peace,SUPPORT,anna"))
    before = counts(world.api.url)
    ended = called("import", "csv", file, "--project", project["slug"], url=world.api.url)
    assert ended.status == 1
    assert "line 2: stance: project: this project is closed" in ended.err
    ended = called("import", "csv", file, "--project", "nowhere", url=world.api.url)
    assert "project: there is no project 'nowhere'" in ended.err
    assert counts(world.api.url) == before


MIXED = "name,kind,activeFrom\nAlpha,STATE,\nBeta,STATE,yesterday\nGamma,STATE,\n"


def test_nothing_is_kept_where_something_is_refused(world: World, tmp_path: Path) -> None:
    before, file = counts(world.api.url), file_of(tmp_path, MIXED)
    ended = called("import", "csv", file, url=world.api.url)
    assert ended.status == 1
    assert f"{file}: nothing of it was imported; the result would have been:" in ended.out
    assert "1 record was refused, so nothing of the file was imported" in ended.err
    assert "line 3: actor: activeFrom: must be a date" in ended.err
    assert counts(world.api.url) == before


def test_the_rest_is_kept_where_that_is_wanted(world: World, tmp_path: Path) -> None:
    ended = called("import", "csv", "--skip-refused", file_of(tmp_path, MIXED), url=world.api.url)
    assert table(ended)["actor"] == {"created": 2, "matched": 0, "different": 0, "refused": 1}
    assert "refused: line 3: actor: activeFrom" in ended.out


def test_what_refers_to_a_refused_record_says_so(world: World, tmp_path: Path) -> None:
    """The cause stands in the first note; those that follow from it lead there."""
    document = {"id": "https://example.org/1", "document": "minutes", "value": "Ana said yes.", "language": "!"}
    target = {"source": document["id"], "selector": {"type": "TextQuoteSelector", "exact": "Ana said yes."}}
    annotation = {
        "id": "x0",
        "statement": {"speaker": "Ana", "document": "minutes"},
        "body": "SUPPORT",
        "target": target,
    }
    elsewhere = {
        **annotation,
        "id": "x1",
        "statement": {"speaker": "Ana"},
        "target": {**target, "source": "https://e.org"},
    }
    file = file_of(tmp_path, json.dumps({"documents": [document], "items": [annotation, elsewhere]}), "a.jsonld")
    ended = called(
        "import",
        "web-annotation",
        "--skip-refused",
        "--target",
        "Truce",
        "--annotator",
        "anna",
        file,
        url=world.api.url,
    )
    assert {what: fates["refused"] for what, fates in table(ended).items() if fates["refused"]} == {
        "document": 1, "statement": 2, "stance": 2,
    }  # fmt: skip
    assert "annotation 1: document: language: must be a language tag" in ended.out
    assert "annotation 1: statement: document: the document 'minutes' was refused (annotation 1)" in ended.out
    assert "annotation 1: stance: statement: the statement 'x0' was refused (annotation 1)" in ended.out
    assert "annotation 2: statement: document: there is no document with the id or address 'https://e.org'" in ended.out
    assert "annotation 2: stance: statement: the statement 'x1' was refused (annotation 2)" in ended.out


def test_a_dry_run_says_all_and_changes_nothing(world: World, tmp_path: Path) -> None:
    """Also where a later file refers to what an earlier one would make."""
    before = counts(world.api.url)
    actors = file_of(tmp_path, "name,kind\nAlpha,STATE\nBeta,STATE\n", "actors.csv")
    ties = file_of(tmp_path, "source,target,kind\nAlpha,Beta,ALLIANCE\n", "relations.csv")
    ended = called("import", "csv", "--dry-run", actors, ties, url=world.api.url)
    assert new(ended) == {"actor": 2, "relation": 1}
    assert "Nothing was changed: this was a dry run." in ended.out
    assert counts(world.api.url) == before


def test_files_before_a_broken_one_are_kept(world: World, tmp_path: Path) -> None:
    good, bad = file_of(tmp_path, "name,kind\nAlpha,STATE\n"), file_of(tmp_path, "nonsense\n", "bad.csv")
    ended = called("import", "csv", good, bad, url=world.api.url)
    assert ended.status == 1
    assert "file.csv:" in ended.out
    assert "bad.csv: line 1: these are the columns of no table" in ended.err
    assert "bad.csv: line 1: these" in called("import", "csv", "--dry-run", good, bad, url=world.api.url).err
    assert [row["node"]["name"] for row in world.api("{ actors { edges { node { name } } } }")["actors"]["edges"]] == [
        "Alpha"
    ]


def test_a_file_that_is_taken_again_knows_nothing_of_the_attempt_before(
    fresh: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names of the file that led to rows which are gone lead to those of the new attempt."""
    monkeypatch.setattr(run, "_CHUNK_SIZE", 1)
    stood_in_the_way = iter([True])

    def reading() -> ParseEvents:
        for name in ("Ana", "Boris"):
            yield Parsed(1, records.Actor(name, name, ActorKind.PERSON, implied=True))
        yield Parsed(1, records.Relation("line 1", "Ana", "Boris", RelationKind.ALLIANCE))
        if next(stood_in_the_way, False):
            raise TransactionConflict("somebody else was faster")

    async def work(database: Database) -> list[Report]:
        return [report async for report in import_files(database, [reading], ImportOptions(), lambda _: None)]

    (report,) = with_database(fresh, work)
    assert {what: counts[RecordResult.CREATED] for what, counts in report.lines()} == {"actor": 2, "relation": 1}
    assert (counts(fresh)["actor"], counts(fresh)["relation"]) == (2, 1)


@pytest.mark.parametrize("sign", ["\\ud800", "\\u0000"])
def test_what_no_database_can_hold_is_refused(sign: str) -> None:
    from api.exchange.imports.run import _storage_error
    from api.exchange.records import Topic

    name = sign.encode().decode("unicode_escape")
    assert "no database stores" in str(_storage_error(Topic("a", f"a{name}")))


def test_an_unknown_format_is_told(world: World) -> None:
    ended: Any = called("import", "word", "file.docx", url=world.api.url)
    assert ended.status == 2
    assert "Unknown import format 'word'; the formats are" in ended.err
