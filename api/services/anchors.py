"""Finds the words of a statement in the text of its document: by position, or by what they are.

Positions are code points, half open. UTF-16 units, as browsers count them, are turned into code points and back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from api import limits
from api.services.outcome import Problems
from models.quotes import prefix_of, suffix_of

_MAX_LISTED = 10


class TextUnit(StrEnum):
    """What a position in a text counts."""

    CODE_POINT = "CODE_POINT"
    UTF16 = "UTF16"


@dataclass(frozen=True, kw_only=True)
class TextAnchor:
    """Where the words are: by position, checked against `exact`, or by `exact` alone where it stands once in the text.

    `prefix` and `suffix`, what stands right before and behind, decide between several places.
    """

    exact: Annotated[str, limits.QUOTE]
    """The words, to the letter."""
    prefix: str | None = None
    """What stands right before them; any length."""
    suffix: str | None = None
    """What stands right behind them; any length."""
    start: int | None = None
    """The place of the first character, counted from 0."""
    end: int | None = None
    """The place behind the last character; that of `start` and `exact` where left out."""
    unit: TextUnit | None = None
    """What `start` and `end` count: code points where left out."""


@dataclass(frozen=True, slots=True)
class TextSpan:
    """A stretch of a text, in both units, with its words and their context."""

    start: int
    end: int
    start_utf16: int
    end_utf16: int
    exact: str
    prefix: str
    suffix: str


def utf16_length(text: str) -> int:
    """How many UTF-16 code units `text` has."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def code_points(text: str, units: int) -> int | None:
    """How many code points of `text` its first `units` UTF-16 units hold; None inside a pair or beyond the end."""
    passed = 0
    for place, character in enumerate(text):
        if passed >= units:
            return place if passed == units else None
        passed += 2 if character > "\uffff" else 1
    return len(text) if passed == units else None


def occurrences(text: str, anchor: TextAnchor) -> Iterator[int]:
    """The places where the anchor's words stand in `text` in the context it names; they may overlap."""
    before = anchor.prefix or ""
    # Sought as one, so that a text full of the words is not looked through again for each.
    whole = before + anchor.exact + (anchor.suffix or "")
    start = text.find(whole)
    while start >= 0:
        yield start + len(before)
        start = text.find(whole, start + 1)


def _in_context(text: str, anchor: TextAnchor, start: int) -> bool:
    end = start + len(anchor.exact)
    before = anchor.prefix is None or text.endswith(anchor.prefix, 0, start)
    return before and (anchor.suffix is None or text.startswith(anchor.suffix, end))


def find(text: str, anchor: TextAnchor, problems: Problems) -> TextSpan | None:
    """The span that `anchor` means; where there is none or more than one, that is a problem at its path."""
    if not anchor.exact:
        problems.invalid("must not be empty", "anchor", "exact")
        return None
    if anchor.start is None and anchor.end is not None:
        problems.invalid("give start too, or neither", "anchor", "start")
        return None
    start = _by_quote(text, anchor, problems) if anchor.start is None else _by_position(text, anchor, problems)
    return None if start is None else _span(text, start, start + len(anchor.exact))


def _by_quote(text: str, anchor: TextAnchor, problems: Problems) -> int | None:
    places = []
    for place in occurrences(text, anchor):
        places.append(place)
        if len(places) > _MAX_LISTED:
            break
    if len(places) == 1:
        return places[0]
    context = " in that context" if anchor.prefix is not None or anchor.suffix is not None else ""
    if not places:
        problems.invalid(f"the text does not hold these words{context}", "anchor", "exact")
        return None
    places_listed = ", ".join(str(_in_unit(text, place, anchor)) for place in places[:_MAX_LISTED])
    more = " and further on" if len(places) > _MAX_LISTED else ""
    problems.invalid(
        f"these words stand at {places_listed}{more}{context}: say which by start, or by prefix and suffix",
        "anchor",
        "exact",
    )
    return None


def _by_position(text: str, anchor: TextAnchor, problems: Problems) -> int | None:
    start = _place(text, anchor, anchor.start, "start", problems)
    end = _place(text, anchor, anchor.end, "end", problems) if anchor.end is not None else None
    if start is None or (end is None and anchor.end is not None):
        return None
    if end is not None and end <= start:
        problems.invalid("must lie behind start", "anchor", "end")
        return None
    stop = start + len(anchor.exact) if end is None else end
    if text[start:stop] != anchor.exact:
        problems.invalid(f"there stands {_quoted(text[start:stop])}, not these words", "anchor", "exact")
        return None
    if not _in_context(text, anchor, start):
        problems.invalid(
            "what stands around the words there is something else", "anchor", _wrong_side(text, anchor, start)
        )
        return None
    return start


def _wrong_side(text: str, anchor: TextAnchor, start: int) -> str:
    return "prefix" if anchor.prefix is not None and not text.endswith(anchor.prefix, 0, start) else "suffix"


def _place(text: str, anchor: TextAnchor, position: int | None, name: str, problems: Problems) -> int | None:
    """A position in code points; beyond the text, or inside a character, it is a problem."""
    utf16 = anchor.unit is TextUnit.UTF16
    length = utf16_length(text) if utf16 else len(text)
    if position is None or not 0 <= position <= length:
        problems.invalid(f"must be from 0 to {length}, the length of the text; not {position}", "anchor", name)
        return None
    place = code_points(text, position) if utf16 else position
    if place is None:
        problems.invalid(f"{position} lies inside a character of two UTF-16 units", "anchor", name)
    return place


def _in_unit(text: str, place: int, anchor: TextAnchor) -> int:
    return utf16_length(text[:place]) if anchor.unit is TextUnit.UTF16 else place


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 100 else text[:97] + "...")


def _span(text: str, start: int, end: int) -> TextSpan:
    start_utf16 = utf16_length(text[:start])
    exact = text[start:end]
    return TextSpan(
        start=start,
        end=end,
        start_utf16=start_utf16,
        end_utf16=start_utf16 + utf16_length(exact),
        exact=exact,
        prefix=prefix_of(text, start),
        suffix=suffix_of(text, end),
    )
