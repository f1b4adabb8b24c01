"""Converts positions in texts between code points, which the database stores, and the UTF-16 units of browsers."""

from bisect import bisect_left
from collections.abc import Sequence


def surrogate_pairs(text: str) -> Sequence[int]:
    """Return the positions of the code points that take two UTF-16 units."""
    return () if text.isascii() else [place for place, character in enumerate(text) if character > "\uffff"]


def utf16_offset(pairs: Sequence[int], position: int) -> int:
    """Return the number of UTF-16 units before a code point, in a text with these surrogate pairs."""
    return position + bisect_left(pairs, position)


class OffsetConverter:
    """Converts positions in one text from code points to UTF-16 units and back."""

    def __init__(self, text: str) -> None:
        self.length = len(text)
        """The length of the text in code points."""
        self.pairs: Sequence[int] = surrogate_pairs(text)
        self._units = [place + number for number, place in enumerate(self.pairs)]

    def utf16(self, position: int) -> int:
        """Return the number of UTF-16 units before the code point at `position`."""
        return utf16_offset(self.pairs, position)

    def code_points(self, units: int) -> int | None:
        """Return the number of code points before a position in UTF-16 units.

        None if the position is within a surrogate pair, or beyond the end of the text.
        """
        place = units - bisect_left(self._units, units)
        return place if 0 <= place <= self.length and self.utf16(place) == units else None

    def span(self, start: int, end: int, utf16: bool) -> tuple[int, int] | None:
        """Return a span in code points for a span in either unit; None if the text has no such span."""
        first, last = (self.code_points(start), self.code_points(end)) if utf16 else (start, end)
        if first is None or last is None or not 0 <= first < last <= self.length:
            return None
        return first, last
