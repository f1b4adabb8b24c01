"""Anchors a statement in the text of its document, by position or by quote (W3C Web Annotation selectors).

Positions are half-open intervals of code points. UTF-16 code units, which browsers count, are converted.
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
    """The unit in which a position in a text is counted."""

    CODE_POINT = "CODE_POINT"
    UTF16 = "UTF16"


@dataclass(frozen=True, kw_only=True)
class TextAnchor:
    """Locates a quote in a document: by position, checked against `exact`, or by `exact` alone if it occurs once.

    If `exact` occurs several times, `prefix` and `suffix` select an occurrence.
    """

    exact: Annotated[str, limits.QUOTE]
    """The quoted text, verbatim."""
    prefix: str | None = None
    """The text directly before the quote, of any length."""
    suffix: str | None = None
    """The text directly after the quote, of any length."""
    start: int | None = None
    """The position of the first character of the quote, counted from 0."""
    end: int | None = None
    """The position after the last character of the quote (default: computed from `start` and `exact`)."""
    unit: TextUnit | None = None
    """The unit of `start` and `end` (default: code points)."""


@dataclass(frozen=True, slots=True)
class TextSpan:
    """A span of a text in both units, with the quoted text and its context."""

    start: int
    end: int
    start_utf16: int
    end_utf16: int
    exact: str
    prefix: str
    suffix: str


def utf16_length(text: str) -> int:
    """Return the number of UTF-16 code units of `text`."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def code_points(text: str, units: int) -> int | None:
    """Convert `units` UTF-16 code units of `text` to code points; None inside a surrogate pair or beyond the end."""
    passed = 0
    for place, character in enumerate(text):
        if passed >= units:
            return place if passed == units else None
        passed += 2 if character > "\uffff" else 1
    return len(text) if passed == units else None


def occurrences(text: str, anchor: TextAnchor) -> Iterator[int]:
    """Yield the positions at which the anchor's quote occurs in `text` with its context. Occurrences may overlap."""
    before = anchor.prefix or ""
    # One search for quote and context together: linear, even if the text repeats the quote many times.
    pattern = before + anchor.exact + (anchor.suffix or "")
    start = text.find(pattern)
    while start >= 0:
        yield start + len(before)
        start = text.find(pattern, start + 1)


def _in_context(text: str, anchor: TextAnchor, start: int) -> bool:
    end = start + len(anchor.exact)
    before = anchor.prefix is None or text.endswith(anchor.prefix, 0, start)
    return before and (anchor.suffix is None or text.startswith(anchor.suffix, end))


def find(text: str, anchor: TextAnchor, problems: Problems) -> TextSpan | None:
    """Return the span that `anchor` locates; add a problem and return None if there is none or several."""
    if not anchor.exact:
        problems.invalid("must not be empty", "anchor", "exact")
        return None
    if anchor.start is None and anchor.end is not None:
        problems.invalid("end without start: give both or neither", "anchor", "start")
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
    context = " with that prefix and suffix" if anchor.prefix is not None or anchor.suffix is not None else ""
    if not places:
        problems.invalid(f"the document does not contain this text{context}", "anchor", "exact")
        return None
    listed = ", ".join(str(_in_unit(text, place, anchor)) for place in places[:_MAX_LISTED])
    more = " and later" if len(places) > _MAX_LISTED else ""
    problems.invalid(
        f"the document contains this text at {listed}{more}{context}: give start, or prefix and suffix",
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
        problems.invalid(f"end {end} must be greater than start {start}", "anchor", "end")
        return None
    stop = start + len(anchor.exact) if end is None else end
    if text[start:stop] != anchor.exact:
        problems.invalid(f"the text at this position is {_quoted(text[start:stop])}", "anchor", "exact")
        return None
    if not _in_context(text, anchor, start):
        side = _wrong_side(text, anchor, start)
        problems.invalid(f"the document has another {side} at this position", "anchor", side)
        return None
    return start


def _wrong_side(text: str, anchor: TextAnchor, start: int) -> str:
    return "prefix" if anchor.prefix is not None and not text.endswith(anchor.prefix, 0, start) else "suffix"


def _place(text: str, anchor: TextAnchor, position: int | None, name: str, problems: Problems) -> int | None:
    """Return a position in code points; add a problem if it is outside the text or inside a surrogate pair."""
    utf16 = anchor.unit is TextUnit.UTF16
    length = utf16_length(text) if utf16 else len(text)
    if position is None or not 0 <= position <= length:
        problems.invalid(f"must be from 0 to {length}, the length of the text, not {position}", "anchor", name)
        return None
    place = code_points(text, position) if utf16 else position
    if place is None:
        problems.invalid(f"{position} is inside a surrogate pair: positions must be between characters", "anchor", name)
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
