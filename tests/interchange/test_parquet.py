"""Parquet: stances as a flat table that other tools read."""

import datetime as dt
import io
import sys

import pyarrow.parquet as pq
import pytest

from api.errors import ConfigurationError
from api.interchange import parquet
from api.interchange.format import formats
from api.interchange.records import Actor, Document, Record, Stance, Statement, Topic
from models import ActorKind, StanceLabel
from tests.interchange.held import held, options, written

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
    monkeypatch.setattr(parquet, "_ROWS", 10)
    file = exported(25, compression=compression)
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [10, 10, 5]
    assert exported(0, compression=compression).read().column_names == list(parquet.COLUMNS)


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said how to install it."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'stancegraph\[parquet\]'"):
        exported(1)
