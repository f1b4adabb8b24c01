"""Names in files: whichever way they are written they lead to one row, and the report tells of those like others."""

from pathlib import Path

import orjson
import pytest
from sqlalchemy import select

from models import Actor, Annotator, Topic
from tests.exchange.commands import called, new
from tests.exchange.conftest import inside

EDGES = "source,target,sign\nCaf\u00e9,B,+\nCafe\u0301,C,+\nFARC,B,-\nfarc ,C,-\n"


def test_spellings_of_one_name_are_one_actor(fresh: str, tmp_path: Path) -> None:
    """Composed or not; what differs in case stays two, and the report says so. Importing again adds nothing."""
    file = tmp_path / "edges.csv"
    file.write_text(EDGES, encoding="utf-8")
    ended = called("import", "edges", file, url=fresh)
    assert new(ended) == {"actor": 5, "relation": 4}
    assert [name for (name,) in inside(fresh, select(Actor.name).order_by(Actor.sort_name, Actor.name))] == [
        *("B", "C", "Café", "FARC", "farc"),
    ]
    (hint,) = [line for line in ended.out.splitlines() if "similar" in line]
    assert "'farc' was created beside 'FARC' (farc)" in hint
    file.write_text(EDGES.partition("FARC")[0], encoding="utf-8")
    again = called("import", "edges", file, url=fresh)
    assert (new(again), "similar" in again.out) == ({}, False)


def test_two_of_one_name(fresh: str, tmp_path: Path) -> None:
    """The hint says whether case alone differs, or nothing does."""
    file = tmp_path / "actors.csv"
    file.write_text("slug,name,kind\na,Café,STATE\nb,Cafe\u0301,STATE\nc,CAFÉ,STATE\n", encoding="utf-8")
    out = called("import", "csv", file, "--table", "actors", url=fresh).out
    assert "'Café' was created beside 'Café' (a): of the same name" in out
    assert "'CAFÉ' was created beside 'Café' (a), 'Café' (b): the same but for case?" in out


def test_names_lead_to_what_is_there(fresh: str, tmp_path: Path) -> None:
    """Of annotators, topics and actors, in tables that write them otherwise."""
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text("name\nCaf\u00e9 truce\n", encoding="utf-8")
    second.write_text("name\n\ufeff Cafe\u0301\u00a0truce\n", encoding="utf-8")
    assert new(called("import", "csv", first, "--table", "topics", url=fresh)) == {"topic": 1}
    assert new(called("import", "csv", second, "--table", "topics", url=fresh)) == {}
    assert inside(fresh, select(Topic.name)) == [("Café truce",)]
    assert called("annotator", "add", "Ren\u00e9 ", "--role", "annotator", url=fresh).status == 0
    assert inside(fresh, select(Annotator.name)) == [("René",)]
    assert called("annotator", "add", "Rene\u0301", "--role", "annotator", url=fresh).status == 1
    assert called("token", "create", "Rene\u0301", url=fresh).status == 0


def test_what_hides_something_is_refused(fresh: str, tmp_path: Path) -> None:
    file = tmp_path / "edges.csv"
    file.write_text("source,target,sign\nA\u202eB,C,+\n", encoding="utf-8")
    ended = called("import", "edges", file, url=fresh)
    assert ended.status == 1
    assert "line 2: actor: name: must not contain the character U+202E" in ended.err


@pytest.mark.parametrize(("name", "ends"), [("Cafe\u0301 ", "Café"), ("a\u202eb", None), ("a\tb", None)])
def test_rows_as_they_stand(fresh: str, tmp_path: Path, name: str, ends: str | None) -> None:
    """The lossless format too holds names in normal form alone."""
    called("annotator", "add", "anna", "--role", "annotator", url=fresh)
    exported = called("export", "jsonl", "-o", tmp_path / "out.jsonl", url=fresh)
    assert exported.status == 0
    lines = (tmp_path / "out.jsonl").read_bytes().splitlines()
    changed = []
    for line in lines:
        row = orjson.loads(line)
        if row.get("table") == "annotator":
            row["row"]["name"] = name
        changed.append(orjson.dumps(row))
    (tmp_path / "in.jsonl").write_bytes(b"\n".join(changed) + b"\n")
    target = f"sqlite:///{tmp_path / 'target.db'}"
    assert called("migrate", url=target).status == 0
    ended = called("import", "jsonl", tmp_path / "in.jsonl", url=target)
    if ends is None:
        assert "name: must not contain the character U+" in ended.err
    else:
        assert inside(target, select(Annotator.name)) == [(ends,)]
