"""The report of an import adds up: each source record was created, matched, different, skipped or refused."""

import asyncio
import csv
import json
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.database.database import Database
from api.exchange.format import formats
from api.exchange.imports.context import ImportOptions
from api.exchange.imports.report import MAX_NOTES, RecordResult, Report
from api.exchange.imports.run import import_files
from migrations import head
from tests.conftest import settings as server_settings
from tests.exchange.commands import called
from tests.exchange.formats.accounts import FILES, Made
from tests.exchange.formats.held import options
from tests.exchange.test_incoming import file_of

_ROWS = st.fixed_dictionaries(
    {"table": st.sampled_from(["topic", "topic", "nonsense"])},
    optional={"row": st.fixed_dictionaries({"id": st.just("x"), "name": st.integers(0, 3)})},
)


_DEFAULT_PROJECT = {
    "id": "01900000-0000-7000-8000-000000000001",
    "is_default": True,
    "slug": "default",
    "name": "Default project",
    "guidelines": "Read the statement alone.",
    "status": "OPEN",
    "blind": False,
    "public": True,
    "overlap": 1,
    "codebook_id": None,
    "version": 1,
    **dict.fromkeys(("created_at", "updated_at"), "2024-11-29T00:00:00Z"),
}
"""Without it a file is no whole database, and is refused as one."""


def _rows(rows: list[Any]) -> Made:
    """A file of the database's rows, of tables and with columns that are not there, and of the default project."""
    rows = [{"table": "project", "row": _DEFAULT_PROJECT}, *({"row": {}, **row} for row in rows)]
    lines = [{"schema": head(), "stancegraph": 1}, *rows, {"end": len(rows)}]
    return Made("jsonl", "".join(f"{json.dumps(line)}\n" for line in lines).encode(), {}, {"line": len(rows)})


ALL = {**FILES, "jsonl": st.lists(_ROWS, min_size=1, max_size=5).map(_rows)}


async def imported(url: str, made: Made, file: Path) -> Report:
    """What became of a file, of which nothing is kept."""
    declared = formats()[made.format]
    assert declared.read
    database = Database(server_settings(url))
    try:
        readings = [partial(declared.read, file, options(declared, **made.options))]
        how = ImportOptions(dry_run=True, skip_refused=True, counted=declared.counted)
        (report,) = [one async for one in import_files(database, readings, how, lambda _: None)]
        return report
    finally:
        await database.close()


@pytest.mark.parametrize("name", ALL)
def test_the_report_adds_up(fresh: str, tmp_path: Path, name: str) -> None:
    """To what the file holds; and each fate that needs a reason has one for each of its records."""
    file = tmp_path / "all.json"

    @settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=6)
    @given(ALL[name])
    def check(made: Made) -> None:
        file.write_bytes(made.content)
        report = asyncio.run(imported(fresh, made, file))
        total: Counter[str] = Counter()
        for kind, counts in report.source_lines():
            total[kind] += sum(counts.values())
        assert dict(total) == made.counts
        for fate in (RecordResult.SKIPPED, RecordResult.REFUSED, RecordResult.DIFFERENT):
            notes = report.notes(fate)
            assert len(notes) < MAX_NOTES
            assert sum(note.number for note in notes) == report.number(fate)

    check()


def test_the_report_says_it_in_the_words_of_the_file(fresh: str, tmp_path: Path) -> None:
    """With how many of each kind met which fate, and the same reason of several records once."""
    boxes = [{"id": f"b{n}", "type": "rectanglelabels", "value": {"x": n}} for n in range(30)]
    mark = {"id": "r", "type": "labels", "value": {"start": 0, "end": 2, "labels": ["SUPPORT"]}}
    tasks = [{"data": {"text": f"We back it {n}"}, "annotations": [{"result": [*boxes, mark]}]} for n in range(7)]
    file = file_of(tmp_path, json.dumps(tasks), "tasks.json")
    ended = called("import", "label-studio", "--speaker", "=Ana", "--target", "=Truce", file, url=fresh)
    assert "in the file: 7 tasks: 7 created" in ended.out
    assert "in the file: 217 results: 7 created, 210 skipped" in ended.out
    why = "a region of the kind 'rectanglelabels' is not imported: it is no span of the text"
    assert f"skipped: task 1, 2, 3, 4, 5, … (210 times): {why}" in ended.out
    ended = called(
        *("import", "label-studio", "--speaker", "=Ana", "--target", "=Truce", "--dry-run"),
        *("--report", tmp_path / "notes.csv", file),
        url=fresh,
    )
    assert ended.status == 0
    with (tmp_path / "notes.csv").open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert [(row["place"], row["fate"], row["reason"]) for row in rows if row["fate"] == "skipped"] == [
        (str(place), "skipped", why) for place in range(1, 8) for _ in range(30)
    ]
