"""Edge lists and yearly ties as they come in: what is read of them, and what is said of files that are broken."""

import csv
import datetime as dt
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.exchange.format import Adjusted, Invalid, Malformed, Parsed, ParseEvent, ParseEvents, Skipped, formats
from api.exchange.formats.edges import Cells, _relation
from api.exchange.formats.lib import csv_files
from api.exchange.formats.yearly_ties import _spells, _Tie
from api.exchange.records import Actor, Relation
from models import ActorKind, RelationKind
from tests.conftest import DATA


def read(path: Path, name: str = "edges", **options: str) -> list[ParseEvent]:
    reading = formats()[name].read
    assert reading is not None
    found: ParseEvents = reading(path, options)
    return list(found)


def read_text(tmp_path: Path, text: str | bytes, name: str = "edges", **options: str) -> list[ParseEvent]:
    path = tmp_path / "ties.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read(path, name, **options)


def relations(reading: list[ParseEvent]) -> list[Relation]:
    return [each.record for each in reading if isinstance(each, Parsed) and isinstance(each.record, Relation)]


def actors(reading: list[ParseEvent]) -> list[Actor]:
    return [each.record for each in reading if isinstance(each, Parsed) and isinstance(each.record, Actor)]


# ---------------------------------------------------------------- edge lists


@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "windows"])
def test_signs_names_and_dates_are_read(tmp_path: Path, delimiter: str, end: str) -> None:
    rows = [
        ("source", "target", "sign", "validFrom", "valid_to", "directed", "form"),
        ("A", "B", "1", "2011-03-15", "", "", "defense pact"),
        ("B", " C ", "-1", "", "2012-12-31", "true", "ARMED_CONFLICT"),
    ]
    text = end.join(delimiter.join(row) for row in rows)
    found = read_text(tmp_path, b"\xef\xbb\xbf" + text.encode(), actorKind="CIVILIANS")
    assert [(actor.key, actor.name, actor.kind, actor.implied) for actor in actors(found)] == [
        (name, name, ActorKind.CIVILIANS, True) for name in "ABC"
    ]
    first, second = relations(found)
    assert (first.kind, first.directed, first.valid_from, first.form) == (
        RelationKind.ALLIANCE, False, dt.date(2011, 3, 15), "DEFENSE_PACT"
    )  # fmt: skip
    assert (second.target, second.kind, second.directed, second.valid_to) == (
        "C", RelationKind.OPPOSITION, True, dt.date(2012, 12, 31)
    )  # fmt: skip
    assert [each.place for each in found if isinstance(each, Parsed)] == [2, 2, 2, 3, 3]


@given(st.sampled_from(["1", "+1", "+", "-1", "-", "−1", "positive", "NEGATIVE"]))
def test_a_sign_may_be_written_in_several_ways(sign: str) -> None:
    cells = ["a", "b", sign]
    negative = sign[0] in "-−nN"
    kind = _relation(Cells(2, cells, {"source": 0, "target": 1, "sign": 2})).kind
    assert kind is (RelationKind.OPPOSITION if negative else RelationKind.ALLIANCE)


def test_kinds_may_stand_in_place_of_signs(tmp_path: Path) -> None:
    (tie,) = relations(read_text(tmp_path, "source,target,kind,colour\na,b,opposition,red\n"))
    assert tie.kind is RelationKind.OPPOSITION


def test_unknown_columns_are_told(tmp_path: Path) -> None:
    passed = [
        each for each in read_text(tmp_path, "source,target,sign,colour\na,b,1,red\n") if isinstance(each, Skipped)
    ]
    assert [(each.place, "'colour'" in each.reason) for each in passed] == [(1, True)]


def test_actors_without_ties_come_from_a_second_file(tmp_path: Path) -> None:
    nodes = tmp_path / "nodes.csv"
    nodes.write_text("index,name,kind\n1,Alone,person\n2,a,\n")
    found = actors(read_text(tmp_path, "source,target,sign\na,b,1\n", nodes=str(nodes)))
    assert [(actor.key, actor.kind) for actor in found] == [
        ("Alone", ActorKind.PERSON), ("a", ActorKind.ORGANIZATION), ("b", ActorKind.ORGANIZATION)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("a,b,2,", "sign: '2' is neither 1 nor -1"),
        ("a,b,,", "sign: is empty"),
        (",b,1,", "source: is empty"),
        ("a,a,1,", "target: 'a' is the source too"),
        ("a,b,1,2011", "valid_from: must be a date such as 2024-11-29"),
        ("a,b,1,2011-02-30", "valid_from: must be a date"),
    ],
)
def test_a_line_that_is_no_tie_is_refused_and_the_others_are_read(tmp_path: Path, line: str, why: str) -> None:
    found = read_text(tmp_path, f"source,target,sign,valid_from\n{line}\nc,d,1,\n")
    (wrong,) = [each for each in found if isinstance(each, Invalid)]
    assert (wrong.place, wrong.noun) == (2, "relation")
    assert why in wrong.reason
    assert [(tie.source, tie.target) for tie in relations(found)] == [("c", "d")]
    assert [actor.key for actor in actors(found)] == ["c", "d"]


BROKEN: list[tuple[str, bytes, str]] = [
    ("empty", b"", "line 1: there is no header"),
    ("no-sign", b"source,target\na,b\n", "line 1: there is no column 'sign'"),
    ("no-target", b"source,sign\na,1\n", "line 1: there is no column 'target'"),
    ("doubled", b"source,target,sign,Source\na,b,1,c\n", "line 1: there are two columns"),
    ("cut-off", b"source,target,sign\na,b,1\nc,d", "line 3: 2 cells, where the first line names 3 columns"),
    ("in-quotes", b'source,target,sign\na,b,1\n"c,d,1\ne,f,1\n', "line 3: the file ends within a quoted cell"),
    ("latin-1", "source,target,sign\na,b,1\né,b,1\n".encode("latin-1"), "line 3: not in UTF-8"),
    ("utf-16", "source,target,sign\na,b,1\n".encode("utf-16"), "line 1: not in UTF-8"),
    ("binary", b"source,target,sign\na\x00,b,1\n", "line 2: contains a NUL character"),
    ("sqlite", b"SQLite format 3\x00\x10\x00\x01", "line 1: contains a NUL character"),
]


@pytest.mark.parametrize(("data", "why"), [each[1:] for each in BROKEN], ids=[each[0] for each in BROKEN])
def test_broken_files_are_refused_with_the_line(tmp_path: Path, data: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        read_text(tmp_path, data)


def test_broken_files_of_yearly_ties_are_too(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="line 1: there is no column 'year'"):
        read_text(tmp_path, BROKEN[4][1], "yearly-ties")
    with pytest.raises(Malformed, match="line 3: 2 cells, where the first line names 4 columns"):
        yearly(tmp_path, "1946,a,b,opposing", "1946,b")


def test_lines_and_files_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Malformed, match="line 2: longer than 1,000,000 bytes"):
        read_text(tmp_path, b"source,target,sign\n" + b"a" * 2_000_000)
    monkeypatch.setattr(csv_files, "MAX_ROWS", 1_000)
    with pytest.raises(Malformed, match="line 1002: more than 1,000 rows"):
        read_text(tmp_path, "source,target,sign\n" + "a,b,1\n" * 5_000)


def test_a_broken_file_of_nodes_is_named(tmp_path: Path) -> None:
    nodes = tmp_path / "nodes.csv"
    nodes.write_text("name,kind\nx,wizard\n")
    edges = "source,target,sign\na,b,1\n"
    with pytest.raises(Malformed, match=r"nodes\.csv: line 2: kind: 'WIZARD' is none of"):
        read_text(tmp_path, edges, nodes=str(nodes))
    with pytest.raises(Malformed, match=r"the file of nodes .*missing\.csv cannot be read"):
        read_text(tmp_path, edges, nodes=str(tmp_path / "missing.csv"))


# ---------------------------------------------------------------- yearly ties


def yearly(tmp_path: Path, *rows: str) -> list[ParseEvent]:
    return read_text(tmp_path, "\n".join(["year,source,target,type", *rows]), "yearly-ties")


def spells(reading: list[ParseEvent]) -> list[tuple[str, str, int, int]]:
    found = relations(reading)
    assert all((tie.valid_from.month, tie.valid_from.day) == (1, 1) for tie in found if tie.valid_from)
    assert all((tie.valid_to.month, tie.valid_to.day) == (12, 31) for tie in found if tie.valid_to)
    return [(t.source, t.target, t.valid_from.year, t.valid_to.year) for t in found if t.valid_from and t.valid_to]


@given(st.sets(st.integers(1, 9999), min_size=1, max_size=12))
def test_spells_are_the_runs_of_consecutive_years(years: set[int]) -> None:
    """Joined, they hold in those years and no others; none touches the next."""
    found = [each.record for each in _spells(_Tie("a", "b", "supportive"), dict.fromkeys(years, 2))]
    held = [
        (r.valid_from.year, r.valid_to.year) for r in found if isinstance(r, Relation) and r.valid_from and r.valid_to
    ]
    assert {year for first, last in held for year in range(first, last + 1)} == years
    assert all(first > before + 1 for (_, before), (first, _) in pairwise(held))


def test_consecutive_years_are_one_relation_whichever_way_they_are_told(tmp_path: Path) -> None:
    rows = ["1946,a,b,opposing", "1948,b,a,opposing", "1947,b,a,opposing", "1950,a,b,opposing"]
    assert spells(yearly(tmp_path, *rows)) == [("a", "b", 1946, 1948), ("a", "b", 1950, 1950)]


def test_directions_and_signs_stay_apart(tmp_path: Path) -> None:
    rows = ["1946,a,b,supportive", "1946,a,b,opposing", "1947,b,a,opposingdirected", "1947,a,b,opposingdirected"]
    found = relations(yearly(tmp_path, *rows))
    assert [(tie.source, tie.kind, tie.directed) for tie in found] == [
        ("a", RelationKind.ALLIANCE, False), ("a", RelationKind.OPPOSITION, False),
        ("b", RelationKind.OPPOSITION, True), ("a", RelationKind.OPPOSITION, True),
    ]  # fmt: skip


def test_actors_of_refused_and_contradicting_lines(tmp_path: Path) -> None:
    """A refused line names nobody; of what lines say otherwise of an actor the first counts, and that is told."""
    header = "source,target,sign,source_kind,target_kind\n"
    found = read_text(tmp_path, f"{header}a,b,1,STATE,PLANET\na,b,1,STATE,\na,b,-1,MEDIA,\n")
    assert [(actor.key, actor.kind) for actor in actors(found)] == [
        ("a", ActorKind.STATE),
        ("b", ActorKind.ORGANIZATION),
    ]
    (noted,) = [each for each in found if isinstance(each, Adjusted)]
    assert (
        noted.reason == "the file contradicts itself, and line 3 counts: the kind of 'a' is 'STATE' there, 'MEDIA' here"
    )


def test_what_is_not_taken_as_it_stands_is_told(tmp_path: Path) -> None:
    found = yearly(
        tmp_path,
        "1946,Cuba ,b,opposing",
        "1947,Cuba ,b,opposing",
        "1946,Cuba,b,opposing",
        "1947,Cuba,b,opposingdirected",
    )
    told = [(each.place, each.reason) for each in found if isinstance(each, Skipped | Adjusted)]
    assert told == [
        (2, "'Cuba ' is imported as 'Cuba', here and below"),
        (4, "line 2 has the same tie of 1946"),
        (5, "it is mutual in 1947 on line 3"),
    ]
    assert spells(found) == [("Cuba", "b", 1946, 1947)]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("46,a,b,opposing", "must be a year such as 1946, not '46'"),
        ("1946,a,a,opposing", "target: 'a' is the source too"),
        ("1946,a,b,neutral", "type: 'neutral' is none of supportive, opposing, opposingdirected"),
        ("1946,a,,opposing", "target: is empty"),
    ],
)
def test_a_line_that_is_no_yearly_tie_is_refused(tmp_path: Path, row: str, why: str) -> None:
    (wrong,) = [each for each in yearly(tmp_path, row, "1946,c,d,supportive") if isinstance(each, Invalid)]
    assert wrong.place == 2
    assert why in wrong.reason


def test_all_of_the_published_ties_are_read() -> None:
    """UCDP/PRIO 1946 to 2012: each tie of each year holds in a relation, and no relation says more."""
    path = DATA / "ucdp_prio" / "ties.csv"
    if not path.exists():
        pytest.skip("the published data sets are not here")
    found = read(path, "yearly-ties")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    told = set()
    for row in rows:
        source, target = row["source"].strip(), row["target"].strip()
        if row["type"] != "opposingdirected":
            source, target = sorted((source, target))
        told.add((int(row["year"]), source, target, row["type"]))
    both = {(year, *sorted((s, t))) for year, s, t, kind in told if kind == "opposing"}
    told = {each for each in told if each[3] != "opposingdirected" or (each[0], *sorted(each[1:3])) not in both}
    names = {(RelationKind.ALLIANCE, False): "supportive", (RelationKind.OPPOSITION, False): "opposing"}
    held = {
        (year, tie.source, tie.target, names.get((tie.kind, tie.directed), "opposingdirected"))
        for tie in relations(found)
        if tie.valid_from and tie.valid_to
        for year in range(tie.valid_from.year, tie.valid_to.year + 1)
    }
    assert held == told
    assert not [each for each in found if isinstance(each, Invalid)]
    assert len(actors(found)) == 642  # 649 as they are written: seven are told with trailing blanks besides
    assert sum("is imported as" in each.reason for each in found if isinstance(each, Adjusted)) >= 7
