"""Positions in texts: code points, as they are kept, and UTF-16 units, as browsers and Java count."""

from bisect import bisect_left
from collections.abc import Sequence


def surrogate_pairs(text: str) -> Sequence[int]:
    """Where code points stand that take two UTF-16 units."""
    return () if text.isascii() else [place for place, sign in enumerate(text) if sign > "\uffff"]


def utf16_offset(pairs: Sequence[int], position: int) -> int:
    """The UTF-16 units before the code point at `position`, in a text with such pairs."""
    return position + bisect_left(pairs, position)


class OffsetConverter:
    """Turns positions in one text from code points into UTF-16 units and back; quick where it need not be done."""

    def __init__(self, text: str) -> None:
        self.length = len(text)
        """In code points."""
        self.pairs: Sequence[int] = surrogate_pairs(text)
        self._units = [place + number for number, place in enumerate(self.pairs)]

    def utf16(self, position: int) -> int:
        """The UTF-16 units before the code point at `position`."""
        return utf16_offset(self.pairs, position)

    def code_points(self, units: int) -> int | None:
        """The code points before the place `units`; None where that lies within one, or beyond the end."""
        place = units - bisect_left(self._units, units)
        return place if 0 <= place <= self.length and self.utf16(place) == units else None

    def span(self, start: int, end: int, utf16: bool) -> tuple[int, int] | None:
        """A stretch in code points, of one in either unit; None where the text has no such stretch."""
        first, last = (self.code_points(start), self.code_points(end)) if utf16 else (start, end)
        if first is None or last is None or not 0 <= first < last <= self.length:
            return None
        return first, last
