"""JSON lines: all that somebody did goes over into another database and comes back to the byte."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from starlette.testclient import TestClient

from api.app import create
from api.exchange.exports.table_rows import EXPORTED_TABLES, columns_of
from api.exchange.formats.json_lines import VERSION
from api.exchange.imports.row_values import InvalidValue, RowParser
from migrations import head
from models import Base, Revision, Token
from tests.cli.processes import environment
from tests.conftest import Api, settings
from tests.exchange.commands import called, new, table
from tests.exchange.conftest import counts, inside
from tests.services.conftest import World

NOT_CARRIED = {"token", "search_entry", "actor_trigram"}
"""Secrets, and what is worked out anew."""


def exported(url: str, file: Path, **more: str) -> bytes:
    ended = called("export", "jsonl", "-o", file, url=url, **more)
    assert ended.status == 0, ended.err
    return file.read_bytes()


def test_every_table_is_carried_or_known_not_to_be() -> None:
    assert {*EXPORTED_TABLES, *NOT_CARRIED} == set(Base.metadata.tables)


@pytest.fixture
def lived_in(world: World) -> World:
    """A world in which some of everything has happened."""
    kept, gone = world.actor("Kept", slug="kept", aliases=[{"name": "محفوظ", "language": "ar"}]), world.actor("Gone")
    world.api.change("mergeActors", {"intoId": kept, "duplicateId": gone}, "actor { id }")
    topic = world.topic("Peace", description="Es ist Ruh’. \U0001f54a\ufe0f e\u0301")
    statements = [world.statement(kept, exact=word) for word in ("deux", "trois")]
    world.relation(kept, world.actor("Other"), evidenceIds=statements, validFrom="0001-01-01", validTo="9999-12-31")
    world.membership(kept, world.actor("Group"), role="head")
    project = world.api.set_up("Work", "anna", "anton", blind=True, overlap=2)
    for label, as_ in (("SUPPORT", "anna"), ("OPPOSE", "anton"), ("NEUTRAL", "anna")):
        world.record(statements[0], topic, as_=as_, label=label, projectId=project["id"], confidence=1 / 3)
    default = world.api('{ project(slug: "default") { id } }')["project"]["id"]
    world.stance(statements[1], topic, projectId=default)
    world.api.change("nextAssignment", {"projectId": project["id"]}, "exhausted", "anna")
    decided = {"projectId": project["id"], "statementId": statements[0], "holderId": kept, "target": {"topicId": topic}}
    for label in ("SUPPORT", "MIXED"):
        payload = world.api.change(
            "adjudicate", {**decided, "label": label, "cause": "AMBIGUOUS"}, "adjudication { id }"
        )
        assert payload["errors"] == []
    return world


def test_over_and_back_is_the_same_to_the_byte(lived_in: World, other: str, tmp_path: Path) -> None:
    """Into the other kind of database; again, which finds everything there; and out."""
    out = exported(lived_in.api.url, tmp_path / "out.jsonl")
    first = called("import", "jsonl", tmp_path / "out.jsonl", url=other)
    before, after = counts(lived_in.api.url), counts(other)
    of_tokens = Revision.entity_type == Token.__name__
    before["revision"] -= len(inside(lived_in.api.url, select(Revision.id).where(of_tokens)))
    assert {name: number for name, number in before.items() if name in EXPORTED_TABLES and number} == new(first)
    assert after == {**before, "token": 0}
    assert exported(other, tmp_path / "back.jsonl") == out
    again = called("import", "jsonl", tmp_path / "out.jsonl", url=other)
    assert new(again) == {}
    assert {what: fates["matched"] for what, fates in table(again).items()} == new(first)
    assert exported(other, tmp_path / "again.jsonl") == out
    assert b"sha256" not in out.replace(b"text_sha256", b"")


def test_what_came_over_can_be_worked_with(lived_in: World, other: str, tmp_path: Path) -> None:
    """It is found by its words and names, the feed goes on behind it, and what was recorded can be revised."""
    api = lived_in.api
    exported(api.url, tmp_path / "out.jsonl")
    called("import", "jsonl", tmp_path / "out.jsonl", url=other)
    token = called("token", "create", "karl", url=other).out.strip()
    with TestClient(create(settings(other)), raise_server_exceptions=False) as client:
        there = Api(client, other, {"karl": token})
        for query in (
            '{ search(text: "trois") { totalCount edges { node { __typename } } } }',
            '{ actors(filter: {text: "Kep"}) { edges { node { name aliases { name } } } } }',
            '{ actor(slug: "gone") { slug statements { totalCount } } }',
            "{ projects { edges { node { name progress { statements finished } } } } }",
            "{ changes(first: 100) { edges { cursor node { entityType action } } } }",
        ):
            assert there(query, as_="karl") == api(query, as_="karl")
        last = there("{ changes(first: 100) { edges { cursor } } }", as_="karl")["changes"]["edges"][-1]["cursor"]
        World(there).topic("War")
        behind = f'{{ changes(after: "{last}") {{ edges {{ node {{ entityType }} }} }} }}'
        assert [edge["node"]["entityType"] for edge in there(behind, as_="karl")["changes"]["edges"]] == ["TOPIC"]


def lines_of(url: str, folder: Path) -> list[Any]:
    return [json.loads(line) for line in exported(url, folder / "out.jsonl").splitlines()]


def written(folder: Path, lines: list[Any]) -> Path:
    file = folder / "changed.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return file


def place_of(lines: list[Any], name: str) -> int:
    return next(place for place, line in enumerate(lines) if line.get("table") == name)


def test_what_is_there_and_otherwise_is_refused(seeded_url: str, tmp_path: Path) -> None:
    lines = lines_of(seeded_url, tmp_path)
    place = place_of(lines, "topic")
    lines[place]["row"]["name"] = "Something else"
    before = counts(seeded_url)
    ended = called("import", "jsonl", written(tmp_path, lines), url=seeded_url)
    assert ended.status == 1
    assert f"line {place + 1}: topic: is in the database with other values: name is " in ended.err
    assert counts(seeded_url) == before


WRONG: dict[str, tuple[str, dict[str, Any], str]] = {
    "no UUID": ("topic", {"id": "1"}, "topic: id: must be a UUID"),
    "no such column": ("topic", {"colour": "red"}, "topic: colour: there is no such column"),
    "no name": ("topic", {"name": None}, "topic: name: must not be null"),
    "a number": ("topic", {"name": 7}, "topic: name: must be text"),
    "no instant": ("topic", {"created_at": "yesterday"}, "topic: created_at: must be an instant"),
    "no such label": ("stance", {"label": "LOVE"}, "stance: label: must be one of SUPPORT"),
    "no such holder": (
        "stance", {"holder_id": "00000000-0000-7000-8000-000000000000"}, "stance: holder_id: there is no actor 0000"
    ),
    "too sure": ("stance", {"confidence": 1.5}, "stance: breaks a rule of the database"),
    "far too many": ("statement", {"start": 2**40}, "statement: start: must be a whole number"),
    "no truth": ("relation", {"directed": 1}, "relation: directed: must be true or false"),
    "no date": ("relation", {"valid_from": "2024-13-01"}, "relation: valid_from: must be a date"),
    "NUL": ("topic", {"name": "a\0b"}, "topic: name: must be text without U+0000"),
    "the slug of another": ("topic", {"slug": "idlib-ceasefire-2020"}, "topic: "),
}  # fmt: skip


@pytest.mark.slow
def test_each_wrong_value_is_told_by_its_line(seeded_url: str, fresh: str, tmp_path: Path) -> None:
    """All of them in one database; none changes anything."""
    good, before = lines_of(seeded_url, tmp_path), counts(fresh)
    for case, (name, values, told) in WRONG.items():
        lines = json.loads(json.dumps(good))
        place = place_of(lines, name)
        lines[place]["row"].update(values)
        ended = called("import", "jsonl", written(tmp_path, lines), url=fresh)
        assert ended.status == 1, case
        if case != "the slug of another":
            assert f"line {place + 1}: {told}" in ended.err, (case, ended.err)
        assert "Traceback" not in ended.err
        assert counts(fresh) == before, case


HEADER = json.dumps({"stancegraph": VERSION, "schema": head()}).encode() + b"\n"
ROW = b'{"table": "topic", "row": {}}\n'
BROKEN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "line 1: is not JSON"),
    "something else": (b"name,kind\n", "line 1: is not JSON"),
    "another JSON": (b'{"a": 1}\n', "line 1: must be a header"),
    "a list": (b"[]\n", "line 1: must be a JSON object"),
    "another version": (HEADER.replace(b": 1,", b": 2,") + b'{"end": 0}\n', "line 1: is of version 2"),
    "another schema": (HEADER.replace(head().encode(), b"0001") + b'{"end": 0}\n', "line 1: the rows are those of"),
    "cut off between rows": (HEADER, "line 1: file is truncated (no end marker)"),
    "cut off in a row": (HEADER + b'{"table": "to', "line 2: is not JSON in UTF-8"),
    "not in UTF-8": (HEADER + '{"table": "ü"}\n'.encode("latin-1"), "line 2: is not JSON in UTF-8"),
    "half a pair": (HEADER + b'{"table": "\\ud800"}\n', "line 2: is not JSON in UTF-8"),
    "a row of nothing": (HEADER + b'{"row": {}}\n', "line 2: must be a row"),
    "no such table": (HEADER + b'{"table": "token", "row": {}}\n{"end": 1}\n', "line 2: there is no table 'token'"),
    "no columns": (HEADER + ROW + b'{"end": 1}\n', "id: is missing"),
    "another number": (HEADER + b'{"end": 7}\n', "line 2: says that there are 7 rows; there are 0"),
    "more behind the end": (HEADER + b'{"end": 0}\n' + ROW, "line 3: follows the end marker"),
    "deep": (HEADER + b"[" * 100_000 + b"\n", "line 2: is not JSON"),
    "a long line": (HEADER + b'{"table": "' + b"x" * 17_000_000, "line 2: is longer than"),
    "NUL": (HEADER + b"\0\0\0\0\n", "line 2: is not JSON"),
    "nothing in it": (HEADER + b'{"end": 0}\n', ""),
}  # fmt: skip


def test_each_broken_file_is_refused_whole(fresh: str, tmp_path: Path) -> None:
    before = counts(fresh)
    for case, (content, told) in BROKEN.items():
        file = tmp_path / "broken.jsonl"
        file.write_bytes(content)
        ended = called("import", "jsonl", file, url=fresh)
        assert ended.status == (1 if told else 0), case
        assert told in ended.err, (case, ended.err)
        assert "Traceback" not in ended.err
        assert counts(fresh) == before, case


NO_VALUES: tuple[Any, ...] = ({"a": None}, {}, ["SUPPORT"], [], 7, 1.5, True, "no such value", None)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text() | st.sampled_from(["SUPPORT", "2024-11-29", "2024-11-29T08:15:00Z"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


@given(st.sampled_from(list(EXPORTED_TABLES.values())), JSON_VALUES)
def test_each_column_takes_a_value_or_names_itself(model: type[Base], value: Any) -> None:
    columns, told = [column.name for column in columns_of(model)], ""
    try:
        RowParser(model).parse(dict.fromkeys(columns, value))
    except InvalidValue as error:
        told = str(error)
    assert not told or any(told.startswith(f"{name}: ") for name in columns)


def test_values_of_every_wrong_type_are_told_by_line_and_column(fresh: str, tmp_path: Path) -> None:
    """In every column of every table at once."""
    before = counts(fresh)
    rows = [(name, value) for name in EXPORTED_TABLES for value in NO_VALUES]
    lines = [
        {"table": name, "row": {column.name: value for column in columns_of(EXPORTED_TABLES[name])}}
        for name, value in rows
    ]
    header = {"stancegraph": VERSION, "schema": head()}
    file, report = written(tmp_path, [header, *lines, {"end": len(lines)}]), tmp_path / "report.csv"
    ended = called("import", "jsonl", "--report", report, file, url=fresh)
    assert "Traceback" not in ended.err, ended.err
    told = report.read_text(encoding="utf-8")
    for place, (name, value) in enumerate(rows, 2):
        assert re.search(rf"\b{place},refused,{name},.*: must ", told), (name, value)
    ended = called("import", "jsonl", "--skip-refused", file, url=fresh)
    assert "no default project" in ended.err
    assert counts(fresh) == before


@pytest.mark.soak
def test_a_hundred_thousand_stances_come_over_in_little_memory(other: str, fresh: str, tmp_path: Path) -> None:
    """The same to the byte, by processes that hold little more than those that do nothing."""
    sizes = {"actors": 500, "relations": 2_000, "documents": 1_000, "statements": 20_000, "stances": 100_000}
    assert called("generate", *(part for n, v in sizes.items() for part in (f"--{n}", str(v))), url=fresh).status == 0
    out, back = tmp_path / "out.jsonl", tmp_path / "back.jsonl"
    least = _peak(["export", "csv", "--table", "topics", "-o", str(tmp_path / "topics.csv")], fresh)
    assert _peak(["export", "jsonl", "-o", str(out)], fresh) < least + 20
    assert _peak(["import", "jsonl", str(out)], other) < least + 50
    assert _peak(["export", "jsonl", "-o", str(back)], other) < least + 20
    assert out.stat().st_size > 50_000_000
    assert out.read_bytes() == back.read_bytes()


def _peak(arguments: list[str], url: str) -> float:
    """How many MB a command took at its peak."""
    code = (
        "import subprocess, resource, sys;"
        "command = [sys.executable, '-c', 'from api.cli.main import main; main()', *sys.argv[1:]];"
        "subprocess.run(command, check=True, stdout=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], env=environment(url), capture_output=True, text=True, check=True
    )
    return int(done.stdout) / (1024 if sys.platform != "darwin" else 1024**2)
