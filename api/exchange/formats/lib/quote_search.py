"""Finds quoted words in a text although tools differ in what they make of line breaks, blanks and positions."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property

from api.exchange.formats.lib.text_offsets import OffsetConverter

_ESCAPED_BREAK = re.compile(r"\\[nrt]")
_MAX_PLACES = 10
Span = tuple[int, int]


class Quotes:
    """The text of a document, in which quoted words are looked for. What a search needs is made once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.positions = OffsetConverter(text)

    def spans(self, exact: str, prefix: str = "", suffix: str = "") -> Sequence[Span]:
        """The places of the words: to the letter, else with escaped line breaks undone, else whatever blanks there are.

        The first of these three ways that finds any place counts. At most 11 places are returned.
        """
        undone = _ESCAPED_BREAK.sub(" ", exact)
        return (
            list(_occurrences(self.text, exact, prefix, suffix))
            or self._without_blanks(exact, prefix, suffix)
            or (self._without_blanks(undone, prefix, suffix) if undone != exact else [])
        )

    def counting_breaks_once(self, start: int, end: int, utf16: bool, exact: str) -> Span | None:
        """The place of the words in a text with CRLF, if `start` and `end` count each CRLF as one character."""
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
        """The text without blanks, and the place in the text of each character that is left."""
        places = [place for place, sign in enumerate(self.text) if not sign.isspace()]
        return "".join(self.text.split()), places

    def _without_blanks(self, exact: str, prefix: str, suffix: str) -> Sequence[Span]:
        wanted = "".join(exact.split())
        if not wanted:
            return []
        text, places = self._dense
        around = ("".join(context.split()) for context in (prefix, suffix))
        return [(places[start], places[end - 1] + 1) for start, end in _occurrences(text, wanted, *around)]


def _occurrences(text: str, exact: str, prefix: str, suffix: str) -> Iterator[Span]:
    """The places of `exact` in its context; no more than one over the maximum that a message names."""
    whole, number = prefix + exact + suffix, 0
    start = text.find(whole) if exact else -1
    while start >= 0 and number <= _MAX_PLACES:
        number += 1
        yield start + len(prefix), start + len(prefix) + len(exact)
        start = text.find(whole, start + 1)


def format_places(spans: Sequence[Span]) -> str:
    """Places in a message."""
    shown = ", ".join(str(start) for start, _ in spans[:_MAX_PLACES])
    return shown + (" and further on" if len(spans) > _MAX_PLACES else "")
