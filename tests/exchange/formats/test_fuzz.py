"""Whatever stands in a file, it is read or refused in words: no reader fails in any other way."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.exchange.format import Malformed, formats
from api.exchange.formats.dna import FORMAT
from tests.exchange.formats.held import held, options, written
from tests.exchange.formats.test_parquet import world

ANY = settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=80)
KEYS = st.sampled_from(
    [
        *("id", "data", "text", "annotations", "completed_by", "result", "value", "start", "end", "labels", "type"),
        *("from_name", "choices", "label", "entities", "start_offset", "end_offset", "meta", "items", "first"),
        *("target", "source", "selector", "exact", "body", "stance", "holder", "statement", "speaker", "documents"),
    ]
)
WORDS = st.sampled_from(["SUPPORT", "choices", "labels", "TextQuoteSelector", "TextPositionSelector", "A text.", ""])
LEAVES = WORDS | st.text(max_size=3) | st.integers() | st.floats() | st.booleans() | st.none()
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=25
)


def read(name: str, file: Path) -> None:
    """Read all of it, or be told why not."""
    declared = formats()[name]
    assert declared.read
    said = (
        {"speaker": "=Ana", "target": "=Truce"} if name != "web-annotation" else {"speaker": "Ana", "target": "Truce"}
    )
    with contextlib.suppress(Malformed):
        for piece in declared.read(file, options(declared, **({} if name == "dna" else said))):
            assert getattr(piece, "why", "told") != ""


@pytest.mark.parametrize("name", ["doccano", "label-studio", "web-annotation"])
def test_json_of_any_shape(tmp_path: Path, name: str) -> None:
    """Lists and objects with the words of the formats in places where they do not belong."""
    file = tmp_path / "any.json"

    @ANY
    @given(st.lists(VALUES, min_size=1, max_size=4))
    def check(values: list[Any]) -> None:
        shaped = [{"text": "A text.", "data": {"text": "A text."}} | v if isinstance(v, dict) else v for v in values]
        for each in (values, shaped):
            content = "\n".join(map(json.dumps, each)) if name == "doccano" else json.dumps(each)
            file.write_text(content)
            read(name, file)

    check()


@pytest.fixture(scope="module")
def export() -> bytes:
    """A file with statements in it."""
    assert FORMAT.write
    return written(FORMAT.write(held(world(4)), options(FORMAT)))


def test_a_database_with_any_bytes_in_it(tmp_path: Path, export: bytes) -> None:
    """Cut off anywhere, with bytes that are others, wherever they stand."""
    file = tmp_path / "any.dna"

    @ANY
    @given(
        st.integers(100, len(export)),
        st.lists(st.tuples(st.integers(16, len(export) - 9), st.binary(min_size=1, max_size=8)), max_size=6),
    )
    def check(end: int, changes: list[tuple[int, bytes]]) -> None:
        content = bytearray(export)
        for place, others in changes:
            content[place : place + len(others)] = others
        file.write_bytes(bytes(content[:end] if len(changes) % 2 else content))
        read("dna", file)

    check()
