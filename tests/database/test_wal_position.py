"""Positions in the write-ahead log, and the lag computed from them."""

import math
from uuid import uuid4

import pytest

from api.database.replica.monitor import LagTracker
from api.database.replica.wal_position import WritePositions, format_position, parse_position


@pytest.mark.parametrize(
    ("text", "position"), [("0/0", 0), ("0/16B3748", 0x16B3748), ("16/B374D848", 0x16B374D848), ("f/a", 0xF0000000A)]
)
def test_a_position_is_read_and_written_as_postgres_does(text: str, position: int) -> None:
    assert parse_position(text) == position
    assert format_position(position) == text.upper()


@pytest.mark.parametrize(
    "text", ["", "0", "/", "0/", "/0", "0/0/0", "0/G", "0/123456789", "-1/0", "0/0 ", "0x1/0", "٠/0"]
)
def test_what_is_no_position(text: str) -> None:
    with pytest.raises(ValueError, match="16/B374D848"):
        parse_position(text)


def test_a_writer_is_remembered_by_the_last_position() -> None:
    writers, anna, anton = WritePositions(), uuid4(), uuid4()
    writers.note(anna, 7)
    writers.note(anna, 9)
    writers.note(anton, 8)
    writers.note(anna, 5)  # told late
    assert [writers.position(who) for who in (anna, anton, uuid4(), None)] == [9, 8, 0, 0]


def test_of_many_writers_none_is_forgotten_wrongly() -> None:
    """An evicted annotator counts as having written up to the highest evicted position."""
    writers, people = WritePositions(max_annotators=3), [uuid4() for _ in range(6)]
    for position, who in enumerate(people[:5], start=1):
        writers.note(who, position)
    assert [writers.position(who) for who in people] == [2, 2, 3, 4, 5, 2]
    assert writers.position(None) == 0


def test_whoever_has_all_is_not_behind_however_long_nothing_is_written() -> None:
    trail = LagTracker()
    assert trail.lag_seconds(0, 5.0) == 0
    trail.mark(100, at=10.0)
    trail.mark(100, at=20.0)
    assert trail.lag_seconds(100, 1_000.0) == 0


def test_the_lag_is_since_the_first_that_is_missing() -> None:
    trail = LagTracker()
    for second in range(10):
        trail.mark(100 + second, at=float(second))
    assert trail.lag_seconds(99, 9.5) == 9.5
    assert trail.lag_seconds(105, 9.5) == 3.5
    assert trail.lag_seconds(109, 9.5) == 0


def test_what_lies_before_the_first_look_is_of_unknown_age() -> None:
    trail = LagTracker()
    trail.begin(100)
    trail.mark(101, at=1.0)
    assert trail.lag_seconds(99, 2.0) == math.inf
    assert trail.lag_seconds(100, 2.0) == 1.0


def test_a_long_lag_is_kept_in_a_bounded_room() -> None:
    """The lag is exact for the last hour, and while nothing is written."""
    trail = LagTracker()
    for second in range(100_000):
        trail.mark(second, at=float(second))
    assert len(trail._marks) <= 10_000
    assert trail.lag_seconds(-1, 100_000.0) == 100_000.0
    assert trail.lag_seconds(96_000, 100_000.0) == 3_999.0


def test_a_primary_that_begins_further_back_is_measured_anew() -> None:
    """Another primary without the end of the log."""
    trail = LagTracker()
    trail.mark(100, at=1.0)
    trail.mark(90, at=2.0)
    assert trail.lag_seconds(90, 3.0) == 0
