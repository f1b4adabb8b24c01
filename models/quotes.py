"""The context of a quote: as many whole words before and after as fit. ADR 0024."""

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import regex

CONTEXT = 32
"""The maximum number of code points of a context."""
_LOOKAHEAD = 64
"""The number of code points beyond a context in which ends of words and characters are searched."""


def prefix_of(text: str, start: int) -> str:
    """Return the context before `start`: whole words, or whole characters if no word boundary is near enough."""
    earliest = start - CONTEXT
    if earliest <= 0:
        return text[:start]
    offset = max(0, earliest - _LOOKAHEAD)
    window = text[offset:start]
    for edges in _edges(window, earliest - offset, len(window) - 1):
        for edge in edges:
            if not window[edge].isspace():
                return window[edge:]
    return ""


def suffix_of(text: str, end: int) -> str:
    """Return the context after `end`: whole words, or whole characters if no word boundary is near enough."""
    if end + CONTEXT >= len(text):
        return text[end:]
    window = text[end : end + CONTEXT + _LOOKAHEAD]
    for edges in _edges(window, 1, CONTEXT):
        for edge in reversed([*edges]):
            if not window[edge - 1].isspace():
                return window[:edge]
    return ""


def _edges(window: str, first: int, last: int) -> Iterable[Iterable[int]]:
    """Yield the word boundaries of `window` from `first` to `last`, then the boundaries of characters."""
    words, characters = _patterns()
    ends = (each.start() for each in words.finditer(window, first))
    if window.isascii():
        yield (end for end in ends if end <= last)
    else:
        whole = {each.start() for each in characters.finditer(window)}
        # In Thai and Lao, UAX #29 allows a word boundary before a vowel that is not a boundary of a character.
        yield [end for end in ends if end <= last and end in whole]
        yield sorted(end for end in whole if first <= end <= last)
        return
    yield range(first, last + 1)


@cache
def _patterns() -> "tuple[regex.Pattern[str], regex.Pattern[str]]":
    """Return the patterns for word boundaries (UAX #29) and for grapheme clusters."""
    import regex  # noqa: PLC0415 (importing takes 25 ms; only quotes need it)

    return regex.compile(r"\b", regex.WORD), regex.compile(r"\X")
