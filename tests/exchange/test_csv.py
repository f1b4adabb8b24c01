"""CSV out and in: nothing gets lost or comes to life, and what is wrong is told by its line."""

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.exchange.format import Invalid, Parsed, formats
from api.exchange.formats.lib.record_tables import TABLES
from api.exchange.records import Actor, Alias, Record, Stance, Topic
from models import ActorKind, StanceLabel
from models.names import normalize_name
from tests.conftest import DATA
from tests.exchange.commands import called, new, table
from tests.exchange.conftest import counts
from tests.exchange.formats.held import Held, written

CSV = formats()["csv"]
ORDER = ("actors", "topics", "memberships", "documents", "statements", "relations", "stances")
ARTICLES = DATA / "syria_articles" / "articles.csv"


def exported(url: str, folder: Path, name: str) -> Path:
    """The file of one table."""
    file = folder / f"{name}.csv"
    ended = called("export", "csv", "--table", name, "-o", file, url=url)
    assert ended.status == 0, ended.err
    return file


def sorted_rows(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return sorted(csv.reader(text))


def test_out_and_in_again_is_the_same(seeded_url: str, other: str, tmp_path: Path) -> None:
    """Into a database of the other kind, in one command, twice."""
    files = [exported(seeded_url, tmp_path, name) for name in ORDER]
    first = called("import", "csv", *files, url=other)
    had = counts(seeded_url)
    assert new(first) == {
        **{noun: had[noun] for noun in ("actor", "topic", "membership", "document", "statement", "relation", "stance")},
        "annotator": 3,
    }
    after = counts(other)
    again = called("import", "csv", *files, url=other)
    assert new(again) == {}
    assert all(fates["refused"] == fates["different"] == 0 for fates in table(again).values())
    assert counts(other) == after
    (tmp_path / "again").mkdir()
    for name in ORDER:
        assert sorted_rows(exported(other, tmp_path / "again", name)) == sorted_rows(tmp_path / f"{name}.csv")


# ---------------------------------------------------------------- laws

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
names = texts.map(lambda text: text.replace("\r", " ").replace("\n", " ")).filter(lambda text: text.strip())
names = names.map(normalize_name).filter(bool)  # no record holds another form
nasty = st.sampled_from(["=1+1", "'=x", "''-", "+", "-2", "@SUM(A1)", "\t=", "'", '"', 'a"b', "a,b", "\r\n", "x [ar]"])
nasty_names = nasty.map(normalize_name).filter(bool)
days = st.none() | st.dates()
actors = st.builds(
    Actor,
    key=st.just("a"),
    slug=st.just("a"),
    name=names | nasty_names,
    kind=st.sampled_from(ActorKind),
    description=st.none() | texts | nasty,
    active_from=days,
    active_to=days,
    aliases=st.lists(
        st.builds(Alias, name=names | st.sampled_from(["x [ar]", "x []", "="]), language=st.sampled_from([None, "ar"])),
        max_size=3,
    ).map(tuple),
)
stances = st.builds(
    Stance,
    statement=names,
    holder=names,
    label=st.sampled_from(StanceLabel),
    annotator=names,
    target_topic=names,
    intensity=st.none() | st.integers(1, 3),
    confidence=st.none() | st.floats(0, 1),
    rationale=st.none() | texts | nasty,
    project=st.none() | names,
)
topics = st.builds(Topic, key=st.just("t"), slug=st.just("t"), name=names | nasty_names, description=st.none() | texts)


def table_of(record: Record) -> str:
    return next(name for name, table in TABLES.items() if table.record is type(record))


@settings(deadline=None)
@given(actors | stances | topics, st.sampled_from(["comma", "semicolon", "tab"]))
def test_any_record_comes_back_from_its_row(record: Record, delimiter: str) -> None:
    assert CSV.write is not None
    assert CSV.read is not None
    options = {"table": table_of(record), "delimiter": delimiter}
    made = written(CSV.write(Held((record,)), options))
    with TemporaryDirectory() as folder:
        file = Path(folder) / "file.csv"
        file.write_bytes(made)
        found = [one.record for one in CSV.read(file, options) if isinstance(one, Parsed)]
    assert [one for one in found if type(one) is type(record)] == [record]
    signs = {"comma": ",", "semicolon": ";", "tab": "\t"}
    for row in csv.reader(io.StringIO(made.decode(), newline=""), delimiter=signs[delimiter]):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


# ---------------------------------------------------------------- what is wrong is told

GOOD = "name,kind\nAlpha,STATE\n"
BROKEN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "line 1: there is no header"),
    "blank header": (b",,\n1,2,3\n", "line 1: there is no header"),
    "no such columns": (b"a,b\n1,2\n", "line 1: these are the columns of no table: a, b"),
    "column of another": (b"name,kind,colour\nA,STATE,red\n", "line 1: actors have no column 'colour'"),
    "column twice": (b"name,kind,name\nA,STATE,B\n", "line 1: there are two columns 'name'"),
    "semicolons": (b"name;kind\nA;STATE\n", "--delimiter semicolon"),
    "not in UTF-8": ("name,kind\nAlpha,STATE\nÜber,STATE\n".encode("latin-1"), "line 3: "),
    "UTF-16": (GOOD.encode("utf-16"), "line 1: "),
    "NUL": (b"name,kind\nAlpha,STATE\nBe\0ta,STATE\n", "line 3: "),
    "cut off in a cell": (b'name,kind\nAlpha,STATE\n"Beta', "line 3: the file ends within a quoted cell"),
    "quotation marks": (b'name,kind\n"Al"pha,STATE\n', "line 2: text follows a closing quotation mark"),
    "cut off in a row": (b"name,kind\nAlpha,STATE\nBeta", "line 3: actor: has 1 cells, where the header has 2"),
    "too many cells": (b"name,kind\nAlpha,STATE\nBeta,STATE,x\n", "line 3: actor: has 3 cells"),
    "a cell is missing": (b"name,kind\nAlpha,STATE\n,STATE\n", "line 3: actor: name: is missing"),
    "no such kind": (b"name,kind\nAlpha,STATE\nBeta,PLANET\n", "line 3: actor: kind: must be one of STATE, "),
    "no date": (b"name,kind,activeFrom\nA,STATE,2024-02-30\n", "line 2: actor: activeFrom: must be a date such as"),
    "ends before it begins": (
        b"name,kind,activeFrom,activeTo\nAlpha,STATE,2024-02-03,2024-02-01\n",
        "line 2: actor: activeTo: the end 2024-02-01 is before the start",
    ),
    "a long line": (b"name,kind\nAlpha,STATE\n" + b"x" * 9_000_000, "line 3: longer than"),
    "a long cell": (b'name,kind\n"' + b"x\n" * 1_500_000, "a cell has more than 2,000,000 characters"),
    "nobody": (b"member,group\nnobody,nobody\n", "line 2: membership: member: there is no actor 'nobody'"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "line 1: "),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_refused_whole(case: str, fresh: str, tmp_path: Path) -> None:
    content, told = BROKEN[case]
    file = tmp_path / "broken.csv"
    file.write_bytes(content)
    before = counts(fresh)
    ended = called("import", "csv", file, url=fresh)
    assert ended.status == 1
    assert told in ended.err
    assert "Traceback" not in ended.err
    assert all(line.startswith("stancegraph: ") for line in ended.err.splitlines())
    assert counts(fresh) == before


def test_a_byte_order_mark_is_no_part_of_the_header(fresh: str, tmp_path: Path) -> None:
    file = tmp_path / "excel.csv"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert new(called("import", "csv", file, url=fresh)) == {"actor": 1}


def test_columns_of_ones_own(fresh: str, tmp_path: Path) -> None:
    """Other names, other dates, other delimiters; what the file does not say; actors that are only named."""
    file = tmp_path / "mine.csv"
    file.write_text("Who;Whom;Since;Colour\nAlpha;Beta;29.11.2024;red\nBeta;Gamma;1.2.2020;blue\n")
    how = ["--delimiter", "semicolon", "--dates", "DMY", "--value", "kind=OPPOSITION", "--new-actors", "ARMED_GROUP"]
    columns = [
        f"--column={ours}={theirs}" for ours, theirs in (("source", "Who"), ("target", "Whom"), ("validFrom", "Since"))
    ]
    ended = called("import", "csv", *how, *columns, file, url=fresh)
    assert new(ended) == {"actor": 3, "relation": 2}
    assert "line 1: columns left out: Colour" in ended.out
    rows = sorted_rows(exported(fresh, tmp_path, "relations"))
    assert {(row[1], row[2], row[3], row[7]) for row in rows if row[0] != "id"} == {
        ("alpha", "beta", "OPPOSITION", "2024-11-29"),
        ("beta", "gamma", "OPPOSITION", "2020-02-01"),
    }


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--column", "title"], "--column must be NAME="),
        (["--column", "name=name\nname=kind"], "--column has 'name' twice: 'name' and 'kind'"),
        (["--value", "kind=STATE\nkind=MEDIA"], "--value has 'kind' twice: 'STATE' and 'MEDIA'"),
        (["--column", "name=Name"], "line 1: there is no column 'Name'"),
        (["--column", "colour=kind"], "have no column 'colour'"),
        (["--value", "colour=red"], "actors have no column 'colour'"),
        (["--table", "stances"], "line 1: stances need a column 'annotator'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_option_is_told(options: list[str], told: str, tmp_path: Path) -> None:
    assert CSV.read is not None
    file = tmp_path / "good.csv"
    file.write_text(GOOD)
    given = {name.removeprefix("--"): value for name, value in zip(options[::2], options[1::2], strict=True)}
    with pytest.raises(Exception, match=told):
        list(CSV.read(file, given))


def test_a_renamed_column_counts_and_not_one_of_the_name(fresh: str, tmp_path: Path) -> None:
    """Whichever stands further right; the other is left out, and that is told. One header may have two names."""
    file = tmp_path / "articles.csv"
    file.write_text("body,text,ref,language\nThe whole body.,teaser,r1,en\n")
    columns = ("--column", "text=body", "--column", "id=ref", "--column", "title=ref")
    for header in ("body,text,ref,language", "text,body,ref,language"):
        first, second = ("The whole body.", "teaser") if header.startswith("body") else ("teaser", "The whole body.")
        file.write_text(f"{header}\n{first},{second},r1,en\n")
        ended = called("import", "csv", "--table", "documents", *columns, file, url=fresh)
        assert "line 1: columns left out: text" in ended.out
    rows = sorted_rows(exported(fresh, tmp_path, "documents"))
    assert [(row[1], row[6]) for row in rows if row[0] != "id"] == [("r1", "The whole body.")]
    stances = tmp_path / "stances.csv"
    stances.write_text("final,label\nOPPOSE,SUPPORT\n")
    assert CSV.read is not None
    given = {"column": "label=final", "value": "statement=s\nholder=h\nannotator=a\ntargetTopic=t", "table": "stances"}
    records = (one.record for one in CSV.read(stances, given) if isinstance(one, Parsed))
    assert [one.label for one in records if isinstance(one, Stance)] == [StanceLabel.OPPOSE]


def test_a_date_is_quoted_as_it_stands(tmp_path: Path) -> None:
    assert CSV.read is not None
    file = tmp_path / "dates.csv"
    file.write_text("name,kind,activeFrom\nA,STATE,13/45/2024\nB,STATE,2/29/2024\nC,STATE,soon\n")
    wrong = [one.reason for one in CSV.read(file, {"dates": "MDY"}) if isinstance(one, Invalid)]
    assert wrong == [
        f"activeFrom: must be a date (MDY) such as 11/29/2024, not {cell!r}" for cell in ("13/45/2024", "soon")
    ]


IDS = {
    "documents": "id,title,language,text\ndoc_{0},T,en,We back it\n",
    "actors": "id,name,kind\nact_{0},Minister,PERSON\n",
    "topics": "id,name\ntop_{0},The accord\n",
    "statements": "id,document,speaker,start,end\nstm_{0},doc_{0},act_{0},0,10\n",
    "stances": "statement,holder,targetTopic,label,annotator\nstm_{0},act_{0},top_{0},SUPPORT,zoe\n",
}
"""Ids as a database numbers them by table, so that rows of several tables have one UUID."""


def test_ids_numbered_by_table(fresh: str, tmp_path: Path) -> None:
    """They lead where the files mean, twice; each that gets another id is told."""
    files = []
    for name, content in IDS.items():
        files.append(tmp_path / f"{name}.csv")
        files[-1].write_text(content.format("01937537-a000-7000-8000-000000000001"))
    ended = called("import", "csv", *files, url=fresh)
    assert new(ended) == dict.fromkeys(("document", "actor", "topic", "statement", "annotator", "stance"), 1)
    assert ended.out.count("an entity of another type has its ID: it was created with a new ID") == 3
    before = counts(fresh)
    assert new(called("import", "csv", *files, url=fresh)) == {}
    assert counts(fresh) == before


@pytest.mark.skipif(not ARTICLES.is_file(), reason="the articles are not here")
def test_the_articles_load(fresh: str) -> None:
    """804 rows; fourteen of them repeat one before them to the letter."""
    names = {"title": "article_title", "text": "article_content", "publisher": "source", "publishedOn": "date"}
    columns = [f"--column={ours}={theirs}" for ours, theirs in names.items()]
    how = ["--value", "language=en", "--dates", "MDY", "--new-actors", "MEDIA", *columns]
    report = table(called("import", "csv", *how, ARTICLES, url=fresh))
    assert report["actor"]["created"] == 15
    assert report["document"] == {"created": 790, "matched": 12, "different": 2, "refused": 0}
