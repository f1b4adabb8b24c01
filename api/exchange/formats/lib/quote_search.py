"""Finds quoted words in a text, allowing for what tools do to line breaks, white space and positions (ADR 0019)."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property

from api.exchange.formats.lib.text_offsets import OffsetConverter

_ESCAPED_BREAK = re.compile(r"\\[nrt]")
_MAX_PLACES = 10
Span = tuple[int, int]


class Quotes:
    """Searches quoted words in the text of a document; indexes of the text are built once, when needed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.positions = OffsetConverter(text)

    def spans(self, exact: str, prefix: str = "", suffix: str = "") -> Sequence[Span]:
        """Return at most 11 spans of the words between prefix and suffix.

        The search is exact; if it finds nothing, it ignores white space; if that finds nothing, it also takes escaped
        line breaks (backslash and n) for white space.
        """
        unescaped = _ESCAPED_BREAK.sub(" ", exact)
        return (
            list(_occurrences(self.text, exact, prefix, suffix))
            or self._without_blanks(exact, prefix, suffix)
            or (self._without_blanks(unescaped, prefix, suffix) if unescaped != exact else [])
        )

    def counting_breaks_once(self, start: int, end: int, utf16: bool, exact: str) -> Span | None:
        """Return the span of the words if `start` and `end` count each CRLF of the text as one character; else None."""
        if "\r\n" not in self.text:
            return None
        text, positions, breaks = self._with_single_breaks
        span = positions.span(start, end, utf16)
        if span is None or text[slice(*span)] != exact.replace("\r\n", "\n"):
            return None
        return span[0] + bisect_left(breaks, span[0]), span[1] + bisect_left(breaks, span[1])

    @cached_property
    def _with_single_breaks(self) -> tuple[str, OffsetConverter, Sequence[int]]:
        text = self.text.replace("\r\n", "\n")
        breaks = [match.start() - number for number, match in enumerate(re.finditer("\r\n", self.text))]
        return text, OffsetConverter(text), breaks

    @cached_property
    def _dense(self) -> tuple[str, Sequence[int]]:
        """The text without white space, and the position in the text of each remaining character."""
        places = [place for place, sign in enumerate(self.text) if not sign.isspace()]
        return "".join(self.text.split()), places

    def _without_blanks(self, exact: str, prefix: str, suffix: str) -> Sequence[Span]:
        words = "".join(exact.split())
        if not words:
            return []
        text, places = self._dense
        around = ("".join(context.split()) for context in (prefix, suffix))
        return [(places[start], places[end - 1] + 1) for start, end in _occurrences(text, words, *around)]


def _occurrences(text: str, exact: str, prefix: str, suffix: str) -> Iterator[Span]:
    """Return the spans of `exact` in its context: at most one more than a message names."""
    whole, number = prefix + exact + suffix, 0
    start = text.find(whole) if exact else -1
    while start >= 0 and number <= _MAX_PLACES:
        number += 1
        yield start + len(prefix), start + len(prefix) + len(exact)
        start = text.find(whole, start + 1)


def format_places(spans: Sequence[Span]) -> str:
    """Return the starts of spans for a message."""
    places = ", ".join(str(start) for start, _ in spans[:_MAX_PLACES])
    return places + (" and further on" if len(spans) > _MAX_PLACES else "")
