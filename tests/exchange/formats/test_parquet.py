"""Parquet: stances as a flat table that other tools read."""

import datetime as dt
import io
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from api.app import create
from api.exchange.format import formats
from api.exchange.formats import parquet
from api.exchange.records import Actor, Document, Record, Stance, Statement, Topic
from models import ActorKind, StanceLabel
from tests.conftest import settings
from tests.exchange.commands import called
from tests.exchange.formats.held import held, options, written

FORMAT = formats()["parquet"]
DAY = dt.date(2024, 11, 29)


def world(number: int) -> list[Record]:
    """A statement with so many stances."""
    return [
        Actor("ana", "Ana", ActorKind.PERSON),
        Topic("truce", "Truce"),
        Document("doc_1", "Minutes", "Ana said yes 😀.", "en", url="https://example.org/1", published_on=DAY),
        Statement("stm_1", "doc_1", "ana", 0, 14, exact="Ana said yes 😀"),
        *(
            Stance("stm_1", "ana", label, f"a{n}", target_topic="truce", confidence=0.1 + 0.2)
            for n, label in zip(range(number), list(StanceLabel) * number, strict=False)
        ),
    ]


def exported(number: int, **given: str) -> pq.ParquetFile:
    """The export of such a world."""
    assert FORMAT.write
    return pq.ParquetFile(io.BytesIO(written(FORMAT.write(held(world(number)), options(FORMAT, **given)))))


def test_a_row_for_each_stance() -> None:
    """With all that it leads to, typed, in the order of the columns."""
    table = exported(5).read()
    assert table.column_names == list(parquet.COLUMNS)
    rows = table.to_pylist()
    assert [(row["label"], row["sign"], row["annotator"]) for row in rows] == [
        *(("SUPPORT", 1, "a0"), ("OPPOSE", -1, "a1"), ("NEUTRAL", 0, "a2"), ("MIXED", 0, "a3"), ("UNCLEAR", None, "a4"))
    ]
    first = rows[0]
    assert (first["exact"], first["start"], first["end"], first["published_on"]) == ("Ana said yes 😀", 0, 14, DAY)
    assert (first["holder"], first["holder_name"], first["holder_kind"]) == ("ana", "Ana", "PERSON")
    assert (first["target_type"], first["target"], first["target_name"]) == ("topic", "truce", "Truce")
    assert (first["confidence"], first["intensity"], first["stated_on"]) == (0.1 + 0.2, None, None)


@pytest.mark.parametrize("compression", ["zstd", "snappy", "gzip", "none"])
def test_groups_of_rows(monkeypatch: pytest.MonkeyPatch, compression: str) -> None:
    """They are written as they come; a table without rows has its columns still."""
    monkeypatch.setattr(parquet, "_ROW_GROUP_SIZE", 10)
    file = exported(25, compression=compression)
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [10, 10, 5]
    assert exported(0, compression=compression).read().column_names == list(parquet.COLUMNS)


def test_without_the_library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is neither listed nor served, and it is said how to install it, over HTTP and at the command line."""
    what = "parquet needs pyarrow, which is not installed: pip install 'stancegraph[parquet]'"
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with TestClient(create(settings(f"sqlite:///{tmp_path}/none.db"))) as client:
        assert "parquet" not in [one["name"] for one in client.get("/export").json()["formats"]]
        refused = client.get("/export/parquet")
        assert (refused.status_code, refused.json()["errors"][0]["extensions"]) == (501, {"code": "NOT_IMPLEMENTED"})
        assert refused.json()["errors"][0]["message"] == what
    assert what in called("export", "parquet", url=f"sqlite:///{tmp_path}/none.db").reason
    assert what in " ".join(called("export", "--help", url="").out.split())
    monkeypatch.undo()
    assert what not in " ".join(called("export", "--help", url="").out.split())


@pytest.mark.parametrize("raised", ["ImportError", "OSError"])
def test_a_library_that_is_broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, raised: str) -> None:
    """It is as if it were not installed, and the reason is said."""
    (tmp_path / "pyarrow").mkdir()
    (tmp_path / "pyarrow" / "__init__.py").write_text(f'raise {raised}("libarrow.so: cannot open")')
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyarrow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    what = "parquet needs pyarrow, which cannot be imported (libarrow.so: cannot open): pip install"
    with TestClient(create(settings(f"sqlite:///{tmp_path}/none.db"))) as client:
        assert "parquet" not in [one["name"] for one in client.get("/export").json()["formats"]]
        refused = client.get("/export/parquet")
        assert refused.status_code == 501
        assert refused.json()["errors"][0]["message"].startswith(what)
    assert what in called("export", "parquet", url=f"sqlite:///{tmp_path}/none.db").reason
