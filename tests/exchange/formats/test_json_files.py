"""JSON of unknown origin: read a piece at a time, refused with its place where it is broken, too deep or too large."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.exchange.format import Malformed
from api.exchange.formats.lib.untrusted_json import json_items, json_lines

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(st.lists(VALUES, max_size=5))
def test_all_values_come_as_they_are(tmp_path: Path, values: list[Any]) -> None:
    """Whatever JSON can say, in lists at the top and within, and on lines; with and without a byte order mark."""
    file = tmp_path / "values.json"
    for place, written in (("item", values), ("first.items.item", {"x": [1], "first": {"items": values}})):
        file.write_text(json.dumps(written, ensure_ascii=False), encoding="utf-8-sig")
        assert list(json_items(file, place)) == [(place, n, value) for n, value in enumerate(values, 1)]
    file.write_text("\n\n".join(json.dumps(value) for value in values), encoding="utf-8-sig")
    assert list(json_lines(file)) == [(2 * n + 1, value) for n, value in enumerate(values)]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "after item 0: not valid JSON"),
        (b"[{}, {", "after item 1: not valid JSON"),
        (b'[{"a": 1}] x', "after item 1: not valid JSON"),
        (b'["\xff"]', "after item 0: not valid JSON"),
        ('[{"text": "Größe"}]'.encode("utf-16"), "after item 0: not valid JSON"),
        (b"[NaN]", "after item 0: not valid JSON"),
        (b"[" * 100_000, "64 deep"),
        (b'[{"a": ' + b"[" * 100 + b"]" * 100 + b"}]", "64 deep"),
        (b'["' + b"x" * 300_000 + b'"]', "an item has more than"),
    ],
)
def test_what_is_broken(tmp_path: Path, content: bytes, told: str) -> None:
    """The message says behind which item, and what is wrong."""
    file = tmp_path / "broken.json"
    file.write_bytes(content)
    with pytest.raises(Malformed, match=told):
        list(json_items(file, "item", max_bytes=100_000))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{}\n{"a": }\n', "line 2: not valid JSON"),
        (b'{}\n\n{"a": "\xff"}', "line 3: not in UTF-8"),
        (b'{"a": Infinity}', "line 1: not valid JSON: Infinity is not a number in JSON"),
        (b'{"a": ' + b"[" * 99_000, "line 1: "),
        (b"{}\n" + b"x" * 200_000, "line 2: longer than"),
        ('{"text": "Größe"}'.encode("utf-16"), "line 1: not in UTF-8"),
    ],
)
def test_lines_that_are_broken(tmp_path: Path, content: bytes, told: str) -> None:
    """The message says which line."""
    file = tmp_path / "broken.jsonl"
    file.write_bytes(content)
    with pytest.raises(Malformed, match=told):
        list(json_lines(file, max_bytes=100_000))
