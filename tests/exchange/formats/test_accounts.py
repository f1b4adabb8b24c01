"""Every source record of a file is read, left out with a reason, or refused: the numbers add up to what the file holds."""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.exchange.format import Adjusted, Invalid, ParseEvent, Skipped, formats
from tests.exchange.formats.accounts import FILES
from tests.exchange.formats.held import held, options, written
from tests.exchange.formats.test_parquet import world


def accounted(pieces: list[ParseEvent]) -> dict[str, int]:
    """How many source records the pieces account for, by kind."""
    counts: Counter[str] = Counter()
    for piece in pieces:
        counts.update({} if isinstance(piece, Adjusted) else piece.items)
    return {kind: number for kind, number in counts.items() if number}


@pytest.mark.parametrize("name", FILES)
def test_every_source_record_is_accounted_for(tmp_path: Path, name: str) -> None:
    """In files with parts of kinds that nobody knows, in places where they do not belong."""
    declared, file = formats()[name], tmp_path / "all.json"
    assert declared.read

    @settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=100)
    @given(FILES[name])
    def check(made: Any) -> None:
        file.write_bytes(made.content)
        pieces = list(declared.read(file, options(declared, **made.options)))  # type: ignore[misc]
        assert accounted(pieces) == made.counts
        assert all(piece.reason for piece in pieces if isinstance(piece, Skipped | Invalid))

    check()


TABLES = {
    "coder": "CODERS",
    "entity": "ENTITIES",
    "document": "DOCUMENTS",
    "statement": "STATEMENTS",
    "search term": "REGEXES",
}
CHANGES = (
    "UPDATE STATEMENTS SET Coder = NULL WHERE ID % 3 = 0",
    "UPDATE STATEMENTS SET Stop = Stop + 99999 WHERE ID % 3 = 1",
    "UPDATE STATEMENTS SET StatementTypeId = NULL WHERE ID % 2 = 0",
    "UPDATE DOCUMENTS SET Text = ' ' WHERE ID = 1",
    "DELETE FROM DATABOOLEAN WHERE StatementId % 2 = 1",
    "UPDATE ENTITIES SET Value = ' ' WHERE ID = 2",
    "INSERT INTO REGEXES (Label) VALUES ('a'), ('b')",
)


def test_every_row_of_a_dna_file_is_accounted_for(tmp_path: Path) -> None:
    """Of the tables that hold what was coded, whatever is odd in them."""
    declared, file = formats()["dna"], tmp_path / "any.dna"
    assert declared.read
    assert declared.write
    export = written(declared.write(held(world(4)), options(declared)))

    @settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=25)
    @given(st.sets(st.sampled_from(CHANGES)))
    def check(changes: set[str]) -> None:
        file.write_bytes(export)
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            for change in sorted(changes):
                connection.execute(change)
            rows = {
                kind: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for kind, table in TABLES.items()
            }
        pieces = list(declared.read(file, options(declared)))  # type: ignore[misc]
        assert accounted(pieces) == {kind: number for kind, number in rows.items() if number}

    check()
