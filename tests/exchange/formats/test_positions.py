"""Places in code points and in UTF-16 units are turned into one another without loss."""

from hypothesis import given
from hypothesis import strategies as st

from api.exchange.formats.lib.text_offsets import OffsetConverter


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_there_and_back(text: str) -> None:
    """Each code point has its place; what lies within a pair, before or behind the text has none."""
    positions = OffsetConverter(text)
    places = [units(text[:n]) for n in range(len(text) + 1)]
    assert [positions.utf16(n) for n in range(len(text) + 1)] == places
    for unit in range(-1, units(text) + 2):
        assert positions.code_points(unit) == (places.index(unit) if unit in places else None)


def test_spans() -> None:
    """In either unit; empty ones, and those that are not within the text, are none."""
    positions = OffsetConverter("a😀b")
    assert positions.span(1, 2, utf16=False) == positions.span(1, 3, utf16=True) == (1, 2)
    assert positions.span(0, 4, utf16=True) == (0, 3)
    for start, end in ((1, 1), (2, 1), (-1, 2), (0, 4)):
        assert positions.span(start, end, utf16=False) is None
    for start, end in ((1, 2), (2, 3), (0, 5), (3, 3)):
        assert positions.span(start, end, utf16=True) is None
