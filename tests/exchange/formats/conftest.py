"""Files of other tools, written as they would be, and read as the command line would have them read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.exchange.format import Parsed, formats
from api.exchange.records import Record
from tests.exchange.formats.held import options
from tests.services.conftest import world

Piece = Any
ReadAs = Callable[..., list[Piece]]


@pytest.fixture
def read_as(tmp_path: Path) -> ReadAs:
    """Reads content, or a file at a path, as a format: `read_as("doccano", text, speaker="=Somebody")`."""

    def read(name: str, content: str | bytes | Path, *, called: str = "all.jsonl", **given: str) -> list[Piece]:
        declared, file = formats()[name], content if isinstance(content, Path) else tmp_path / called
        if not isinstance(content, Path):
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        assert declared.read is not None
        return list(declared.read(file, options(declared, **given)))

    return read


def of_kind(pieces: list[Piece], kind: type) -> list[Any]:
    """The records of one type among what was read."""
    return [piece.record for piece in pieces if isinstance(piece, Parsed) and isinstance(piece.record, kind)]


def kinds(pieces: list[Piece]) -> list[str]:
    """What was read, in its order, by type: of records and of what was left out or is wrong."""
    return [type(piece.record if isinstance(piece, Parsed) else piece).__name__ for piece in pieces]


def whys(pieces: list[Piece]) -> list[str]:
    """Why something was left out, or is wrong."""
    return [piece.reason for piece in pieces if not isinstance(piece, Parsed)]


__all__ = ["ReadAs", "Record", "kinds", "of_kind", "whys", "world"]
