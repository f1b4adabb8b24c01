"""A file is there when it is whole, and else not at all."""

from pathlib import Path

import pytest

from tests.exchange.commands import called


def test_a_file_that_cannot_be_made_leaves_nothing_behind(seeded_url: str, tmp_path: Path) -> None:
    """Neither a part of it, nor the end of the one that was there."""
    file = tmp_path / "out.csv"
    file.write_text("what was there")
    for wrong in (
        ["--filter", "colour=red"],
        ["--filter", "actor=nobody"],
        ["--table", "actors", "--filter", "from=x"],
    ):
        assert called("export", "csv", "--table", "topics", "-o", file, *wrong, url=seeded_url).status == 1
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".csv"] == ["out.csv"]
    assert not list(tmp_path.glob(".out.csv*"))
    assert file.read_text() == "what was there"
    ended = called("export", "csv", "--table", "topics", "-o", tmp_path / "nowhere" / "out.csv", url=seeded_url)
    assert ended.reason.endswith("cannot be written: No such file or directory")


@pytest.mark.parametrize("given", ["colour", "=x"])
def test_a_filter_is_a_name_and_a_value(given: str, seeded_url: str, tmp_path: Path) -> None:
    ended = called("export", "jsonl", "--filter", given, "-o", tmp_path / "out.jsonl", url=seeded_url)
    assert ended.status in (1, 2)
    assert ended.err.count("\n") == 1
