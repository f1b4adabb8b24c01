"""Columns of fixed width, from text to arrays."""

import datetime as dt
from uuid import UUID

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from api.analysis.discourse.duplicates import ordinals_of
from api.dataset.columns import (
    KEY,
    Layout,
    as_version,
    key_at,
    parse_days,
    parse_halves,
    parse_keys,
    parse_numbers,
    unique_keys,
)

ENTRIES = st.lists(st.tuples(st.uuids(), st.integers(0, 10**8 - 1), st.dates()))
LAYOUT = Layout(key=KEY, number=8, day=10)


@given(ENTRIES)
def test_entries_are_parsed_as_they_were_written(entries: list[tuple[UUID, int, dt.date]]) -> None:
    text = ",".join(f"{key}{number:08}{day.isoformat()}" for key, number, day in entries).encode()
    parsed = LAYOUT.parse(text)
    assert [UUID(key.decode()) for key in parsed["key"].tolist()] == [key for key, _, _ in entries]
    assert parse_numbers(parsed["number"]).tolist() == [number for _, number, _ in entries]
    assert parse_days(parsed["day"]).tolist() == [day for _, _, day in entries]
    assert ordinals_of(parse_days(parsed["day"])).tolist() == [day.toordinal() for _, _, day in entries]
    halves = [UUID(int=high << 64 | low) for high, low in parse_halves(parsed["key"]).tolist()]
    assert halves == [key for key, _, _ in entries]


def test_a_query_without_rows_has_no_text() -> None:
    for text in (None, b""):
        parsed = LAYOUT.parse(text)
        assert len(parsed) == len(parse_numbers(parsed["number"])) == len(parse_days(parsed["day"])) == 0
        assert parse_halves(parsed["key"]).shape == (0, 2)
        assert len(parse_keys(text)) == 0


@given(st.lists(st.uuids(), min_size=1))
def test_keys_are_found_by_their_numbers(keys: list[UUID]) -> None:
    text = ",".join(map(str, keys)).encode()
    assert [key_at(text, number) for number in range(1, len(keys) + 1)] == list(map(str, keys))


def test_columns_of_keys_become_places_among_all_keys() -> None:
    keys, (first, second) = unique_keys(np.array([b"b", b"a", b"b"]), np.array([b"c", b"a"]))
    assert keys.tolist() == [b"a", b"b", b"c"]
    assert (first.tolist(), second.tolist()) == ([1, 0, 1], [2, 0])


def test_a_version_is_known_only_if_no_earlier_change_may_come() -> None:
    assert as_version(4, 5) == 4
    assert as_version(4, 4) is None
