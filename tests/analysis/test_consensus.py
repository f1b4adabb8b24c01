"""The label most annotators give."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.analysis.agreement.consensus import NO_LABEL, Annotations, majority


def test_the_most_frequent_label_wins_and_a_tie_has_none() -> None:
    made = majority(Annotations.of([0, 0, 0, 1, 1, 2], [0, 1, 2, 0, 1, 0], [1, 1, 2, 0, 4, 3], labels=5))
    assert made.label.tolist() == [1, NO_LABEL, 3]
    assert made.support.tolist() == pytest.approx([2 / 3, 1 / 2, 1])
    assert made.tie.tolist() == [False, True, False]
    assert made.votes.tolist() == [[0, 2, 1, 0, 0], [1, 0, 0, 0, 1], [0, 0, 0, 1, 0]]


def test_nothing_has_no_majority() -> None:
    assert len(majority(Annotations.of([], [], [])).label) == 0
    assert len(majority(Annotations.of([], [], [], labels=5)).label) == 0


@given(st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=6), min_size=1, max_size=9), st.booleans())
def test_votes_are_counted(items: list[list[int]], all_five: bool) -> None:
    said = [(item, annotator, label) for item, row in enumerate(items) for annotator, label in enumerate(row)]
    item, annotator, label = zip(*said, strict=True)
    made = majority(Annotations.of(item, annotator, label, 5 if all_five else None))
    for place, row in enumerate(items):
        times = Counter(row)
        most = max(times.values())
        first = [label for label, count in times.items() if count == most]
        assert made.label[place] == (first[0] if len(first) == 1 else NO_LABEL)
        assert made.tie[place] == (len(first) > 1)
        assert made.support[place] == pytest.approx(most / len(row))


@pytest.mark.parametrize(
    ("arrays", "labels", "complaint"),
    [
        (([0, 1], [0], [1, 1]), None, "differ in length"),
        (([0, 2], [0, 0], [1, 1]), None, "an item has no label"),
        (([0], [0], [5]), 5, "fewer labels"),
        (([0], [0], [-1]), None, "negative"),
    ],
)
def test_what_are_no_annotations_is_refused(arrays: Any, labels: int | None, complaint: str) -> None:
    item, annotator, label = arrays
    with pytest.raises(ValueError, match=complaint):
        Annotations.of(item, annotator, label, labels)
