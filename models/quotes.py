"""The words around a quote: as many as fit, whole. ADR 0024."""

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import regex

CONTEXT = 32
"""Of how many code points the context before or after a quote may be."""
_LOOK = 64
"""How far beyond a context it is looked where words and characters end."""


def prefix_of(text: str, start: int) -> str:
    """The context before `start`: whole words, or whole characters where no word ends in time."""
    earliest = start - CONTEXT
    if earliest <= 0:
        return text[:start]
    offset = max(0, earliest - _LOOK)
    window = text[offset:start]
    for edges in _edges(window, earliest - offset, len(window) - 1):
        for edge in edges:
            if not window[edge].isspace():
                return window[edge:]
    return ""


def suffix_of(text: str, end: int) -> str:
    """The context after `end`: whole words, or whole characters where no word ends in time."""
    if end + CONTEXT >= len(text):
        return text[end:]
    window = text[end : end + CONTEXT + _LOOK]
    for edges in _edges(window, 1, CONTEXT):
        for edge in reversed([*edges]):
            if not window[edge - 1].isspace():
                return window[:edge]
    return ""


def _edges(window: str, first: int, last: int) -> Iterable[Iterable[int]]:
    """The places from `first` to `last` where a word of `window` ends, then those where a character does."""
    words, characters = _patterns()
    ends = (each.start() for each in words.finditer(window, first))
    if window.isascii():
        yield (end for end in ends if end <= last)
    else:
        whole = {each.start() for each in characters.finditer(window)}
        # Thai and Lao have a vowel before which a word may end by the rules, though no character does.
        yield [end for end in ends if end <= last and end in whole]
        yield sorted(end for end in whole if first <= end <= last)
        return
    yield range(first, last + 1)


@cache
def _patterns() -> "tuple[regex.Pattern[str], regex.Pattern[str]]":
    """What matches where words end (UAX #29), and what matches each character as people see it."""
    import regex  # noqa: PLC0415 (a fortieth of a second, for those alone that quote)

    return regex.compile(r"\b", regex.WORD), regex.compile(r"\X")
