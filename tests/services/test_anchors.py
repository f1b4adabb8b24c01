"""Finding words in a text, in code points and in UTF-16 units, whatever the text is made of."""

import time
from dataclasses import replace
from typing import Any

import pytest
import regex
from hypothesis import assume, example, given
from hypothesis import strategies as st

from api.services.anchors import TextAnchor, TextSpan, TextUnit, code_points, find, occurrences, utf16_length
from api.services.outcome import Problems
from models.quotes import CONTEXT, prefix_of, suffix_of

# Letters that combine, take two units, run from right to left, join, or are seen not at all.
_LETTERS = "ab \n\u0301e\u0308é🙂👩\u200d🏽🇸🇾الحرب\u064e\u200f\u200e\u202e\ufeff\u2028\uffff\U00010000𝒳한\u1112\ud7ff"
TEXTS = st.text(st.sampled_from(_LETTERS) | st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@st.composite
def spans(draw: st.DrawFn) -> tuple[str, int, int]:
    """A text and a stretch of it."""
    text = draw(TEXTS)
    start = draw(st.integers(0, len(text) - 1))
    return text, start, draw(st.integers(start + 1, len(text)))


def units(text: str) -> int:
    """How many UTF-16 units a text has, as Python's own encoder has it."""
    return len(text.encode("utf-16-le")) // 2


def found(text: str, anchor: TextAnchor) -> TextSpan:
    """The span of an anchor that must be found."""
    problems = Problems()
    span = find(text, anchor, problems)
    assert not problems.errors
    assert span is not None
    return span


def refused(text: str, anchor: TextAnchor) -> tuple[str, str]:
    """The path and message of the one thing wrong with an anchor."""
    problems = Problems()
    assert find(text, anchor, problems) is None
    (error,) = problems.errors
    assert error.code == "INVALID"
    assert error.path[:2] == ("input", "anchor")
    return error.path[2], error.message


@given(TEXTS)
def test_units(text: str) -> None:
    """Code points and UTF-16 units are turned into one another at every place."""
    assert utf16_length(text) == units(text)
    before = [units(text[:place]) for place in range(len(text) + 1)]
    for given_units in range(units(text) + 1):
        expected = before.index(given_units) if given_units in before else None
        assert code_points(text, given_units) == expected
    assert code_points(text, units(text) + 1) is None


@given(spans())
@example(("e\u0301🙂", 1, 3))
@example(("\U00010000", 0, 1))
def test_by_position_in_both_units_the_same_words(case: tuple[str, int, int]) -> None:
    """Whatever the text and the stretch: what is named is what is found, with its context, to the code point."""
    text, start, end = case
    exact = text[start:end]
    by_code_points = found(text, TextAnchor(exact=exact, start=start, end=end))
    by_units = found(
        text, TextAnchor(exact=exact, start=units(text[:start]), end=units(text[:end]), unit=TextUnit.UTF16)
    )
    assert by_code_points == by_units
    span = by_code_points
    assert text[span.start : span.end] == span.exact == exact
    as_browser = text.encode("utf-16-le")
    assert as_browser[2 * span.start_utf16 : 2 * span.end_utf16].decode("utf-16-le") == exact
    assert text.startswith(span.prefix + exact + span.suffix, start - len(span.prefix))
    assert len(span.prefix) <= CONTEXT
    assert len(span.suffix) <= CONTEXT
    assert found(text, TextAnchor(exact=exact, start=start)) == span
    assert found(text, TextAnchor(exact=exact, start=start, unit=TextUnit.CODE_POINT)) == span


@given(spans())
def test_by_quote_with_all_of_its_context(case: tuple[str, int, int]) -> None:
    """All that stands before and behind leaves one place only."""
    text, start, end = case
    span = found(text, TextAnchor(exact=text[start:end], prefix=text[:start], suffix=text[end:]))
    assert (span.start, span.end) == (start, end)


@given(spans(), st.data())
def test_by_quote_alone(case: tuple[str, int, int], data: st.DataObject) -> None:
    """Found where it stands once; where it stands more often all the places are told, in the unit that was asked."""
    text, start, end = case
    exact = text[start:end]
    unit = data.draw(st.sampled_from([None, *TextUnit]))
    places = [n for n in range(len(text)) if text.startswith(exact, n)]
    assert list(occurrences(text, TextAnchor(exact=exact))) == places
    if len(places) == 1:
        assert found(text, TextAnchor(exact=exact, unit=unit)).start == start
        return
    path, message = refused(text, TextAnchor(exact=exact, unit=unit))
    assert path == "exact"
    shown = [units(text[:n]) if unit is TextUnit.UTF16 else n for n in places[:10]]
    assert ", ".join(map(str, shown)) + (" and later" if len(places) > 10 else "") in message
    # and each of the places told may be given back
    again = found(text, TextAnchor(exact=exact, start=shown[-1], unit=unit))
    assert again.start == places[:10][-1]


@given(spans(), TEXTS)
def test_other_words_are_refused(case: tuple[str, int, int], other: str) -> None:
    """What stands at the place is shown; nothing is found that is not there to the letter."""
    text, start, end = case
    assume(text[start:end] != other)
    path, message = refused(text, TextAnchor(exact=other, start=start, end=end))
    assert path == "exact"
    assert repr(text[start:end]) in message
    if other not in text:
        assert refused(text, TextAnchor(exact=other))[0] == "exact"


@given(TEXTS, st.sampled_from("🙂\U00010000𝒳🏽"), TEXTS)
def test_inside_a_surrogate_pair(before: str, character: str, behind: str) -> None:
    """A UTF-16 position between the halves of a character is none, at either end."""
    text, begins = before + character + behind, units(before)
    anchor = TextAnchor(exact=character, start=begins, end=begins + 2, unit=TextUnit.UTF16)
    assert found(text, anchor).start == len(before)
    path, message = refused(text, replace(anchor, start=begins + 1))
    assert (path, f"{begins + 1} is inside" in message) == ("start", True)
    path, message = refused(text, replace(anchor, end=begins + 1))
    assert (path, f"{begins + 1} is inside" in message) == ("end", True)


@given(spans(), st.sampled_from([*TextUnit]), st.sampled_from([-(2**31), -1, 1, 2, 2**31 - 1]))
def test_beyond_the_text(case: tuple[str, int, int], unit: TextUnit, by: int) -> None:
    """A position outside is refused at its own path, and the length is told in the unit asked."""
    text, start, end = case
    length = units(text) if unit is TextUnit.UTF16 else len(text)
    beyond = by if by < 0 else min(length + by, 2**31 - 1)
    anchor = TextAnchor(exact=text[start:end], start=beyond, unit=unit)
    path, message = refused(text, anchor)
    assert path == "start"
    assert f"0 to {length}," in message
    assert refused(text, replace(anchor, start=0, end=beyond))[0] == "end"


@pytest.mark.parametrize(
    ("given_anchor", "path", "told"),
    [
        ({"exact": ""}, "exact", "empty"),
        ({"exact": "two", "end": 7}, "start", "start"),
        ({"exact": "two", "start": 4, "end": 4}, "end", "greater than start"),
        ({"exact": "two", "start": 7, "end": 4}, "end", "greater than start"),
        ({"exact": "two", "start": 4, "end": 6}, "exact", "'tw'"),
        ({"exact": "two", "start": 3, "end": 6}, "exact", "' tw'"),
        ({"exact": "two", "start": 14}, "exact", "''"),
        ({"exact": "Two"}, "exact", "does not contain"),
        ({"exact": "two", "prefix": "two "}, "exact", "with that prefix and suffix"),
        ({"exact": "one", "prefix": "x"}, "exact", "with that prefix and suffix"),
        ({"exact": "one", "start": 0, "prefix": "x"}, "prefix", "another prefix"),
        ({"exact": "one", "start": 0, "suffix": "x"}, "suffix", "another suffix"),
    ],
)
def test_what_is_wrong_is_told(given_anchor: dict[str, Any], path: str, told: str) -> None:
    """Each at its path, in words that help."""
    where, message = refused("one two, three", TextAnchor(**given_anchor))
    assert where == path
    assert told in message


def test_context_decides() -> None:
    """Prefix and suffix, of any length, decide between places; at the edges of the text they may be empty."""
    text = "yes and yes but yes"
    assert found(text, TextAnchor(exact="yes", suffix=" and")).start == 0
    assert found(text, TextAnchor(exact="yes", prefix="and ")).start == 8
    assert found(text, TextAnchor(exact="yes", prefix="yes and yes but ")).start == 16
    assert found(text, TextAnchor(exact="yes", prefix="d ", suffix=" b")).start == 8
    for anchor in (TextAnchor(exact="yes", prefix="", suffix=""), TextAnchor(exact="yes", suffix=" ")):
        assert refused(text, anchor)[0] == "exact"


def test_a_long_text_that_stands_there_is_shown_in_short() -> None:
    """The message stays short however long the stretch is."""
    _, message = refused("x" * 50_000, TextAnchor(exact="y", start=0, end=50_000))
    assert len(message) < 300


def test_occurrences_may_overlap() -> None:
    """Each place counts, also where it begins inside another."""
    assert list(occurrences("aaaa", TextAnchor(exact="aa"))) == [0, 1, 2]
    assert refused("aaaa", TextAnchor(exact="aa"))[1].startswith("the document contains this text at 0, 1, 2")


@pytest.mark.parametrize("context", [{}, {"prefix": "b"}, {"suffix": "b"}, {"prefix": "a" * 20_000, "suffix": "b"}])
def test_a_monotonous_text_takes_no_longer(context: dict[str, Any]) -> None:
    """A million equal letters are searched in milliseconds, whatever is looked for in them."""
    began = time.perf_counter()
    refused("a" * 1_000_000, TextAnchor(exact="a" * 20_000, **context))
    assert time.perf_counter() - began < 3


# ---------------------------------------------------------------- contexts

_CLUSTER = regex.compile(r"\X")


@given(spans())
@example(("น้ำท่วมน้ำท่วมน้ำท่วมน้ำท่วมน้ำท่วมน้ำท่วมน้ำท่วมน้ำ", 40, 41))
@example(("👩\u200d👩\u200d👧" * 30, 75, 80))
@example(("\r\n" * 40, 40, 42))
def test_a_context_is_what_is_there_and_cuts_no_character(case: tuple[str, int, int]) -> None:
    """At most so many code points, adjoining the quote, ending where a character as people see it ends."""
    text, start, end = case
    text, start, end = text * 3, start + len(text), end + len(text)
    prefix, suffix = prefix_of(text, start), suffix_of(text, end)
    assert text.endswith(prefix, 0, start)
    assert text.startswith(suffix, end)
    assert max(len(prefix), len(suffix)) <= CONTEXT
    ends = {0, *(m.start() for m in _CLUSTER.finditer(text[:start])), start}
    assert start - len(prefix) in ends
    ends = {m.end() for m in _CLUSTER.finditer(text[end:])} | {0}
    assert len(suffix) in ends


@pytest.mark.parametrize(
    ("before", "quote", "after", "prefix", "suffix"),
    [
        (
            "The government said on Friday that the ",
            "reinforcements",
            " would arrive in Aleppo before the weekend",
            "said on Friday that the ",
            " would arrive in Aleppo before",
        ),
        ("Short, ", "quote", ".", "Short, ", "."),
        ("x" * 100, "quote", "y" * 100, "x" * 32, "y" * 32),
        ("叙利亚政府军" * 10, "阿勒颇", "与反对派交火" * 10, ("叙利亚政府军" * 10)[-32:], ("与反对派交火" * 10)[:32]),
        (
            "وأعلنت الحكومة السورية في بيان رسمي صباحا أن ",
            "الهدنة",
            " ستبدأ صباح يوم الجمعة المقبل في حلب",
            "السورية في بيان رسمي صباحا أن ",
            " ستبدأ صباح يوم الجمعة المقبل في",
        ),
        ("a" * 33 + " é" * 40, "q", "", "é" + " é" * 15, ""),
    ],
)
def test_a_context_ends_with_a_word(before: str, quote: str, after: str, prefix: str, suffix: str) -> None:
    """As many whole words as fit; characters where there is no space."""
    text = before + quote + after
    assert prefix_of(text, len(before)) == prefix
    assert suffix_of(text, len(before) + len(quote)) == suffix
