"""Estimates the size of text without knowing the font, and wraps names into lines (ADR 0020).

Latin letters have the widths of DejaVu Sans, one of the widest fallback fonts, so that a label's box is too wide rather
than too narrow. Letters of other scripts have a typical width of their script.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

FONT = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', Arial, sans-serif"
LINE = 1.25
"""Height of a line, in em."""
ASCENT = 0.95
"""Height of a line above its baseline, in em."""

_LATIN = {
    "abdeghknopqu": 0.635, "cszvxy": 0.593, "ijl'|": 0.28, "f": 0.353, "r": 0.412, "t": 0.393, "m": 0.975, "w": 0.82,
    "ABCKPRSVXZ": 0.7, "DGHNOQU": 0.79, "EFL": 0.633, "IJ": 0.3, "M": 0.865, "TY": 0.612, "W": 0.99,
    "0123456789": 0.637, " .,:;!/\\": 0.34, "()[]{}-": 0.4, "&%@#": 1.0, '"*?_$': 0.54, "—…": 1.0, "–": 0.5,
}  # fmt: skip
_WIDTHS = {letter: width for letters, width in _LATIN.items() for letter in letters}
_SCRIPTS = (
    (0x0370, 0x03FF, 0.72), (0x0400, 0x052F, 0.78), (0x0530, 0x058F, 0.75), (0x0590, 0x05FF, 0.66),
    (0x0600, 0x08FF, 0.66), (0x0900, 0x0DFF, 0.82), (0x0E00, 0x0EFF, 0.66), (0x10A0, 0x10FF, 0.68),
    (0x1000, 0x109F, 0.9), (0x1780, 0x17FF, 0.9), (0xFB1D, 0xFB4F, 0.66), (0xFB50, 0xFDFF, 1.0), (0xFE70, 0xFEFF, 0.66),
)  # fmt: skip
_FORMATTING = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
"""Bidirectional control characters, which are removed from names since they would affect the text around."""


@dataclass(frozen=True, slots=True)
class WrappedText:
    """A name in lines, with its writing direction, and the width of the widest line in em."""

    lines: tuple[str, ...]
    from_right: bool
    width: float

    @property
    def height(self) -> float:
        """The height of all lines, in em."""
        return len(self.lines) * LINE


def clean(text: str) -> str:
    """Return `text` in one line, without characters that XML cannot represent, and without bidirectional controls."""
    characters = (
        "\N{REPLACEMENT CHARACTER}" if _is_unwritable(c) else " " if c.isspace() else c
        for c in text
        if c not in _FORMATTING
    )
    return " ".join("".join(characters).split(" ")).strip() or "\N{REPLACEMENT CHARACTER}"


def _is_unwritable(c: str) -> bool:
    code = ord(c)
    return (
        (code < 0x20 and not c.isspace()) or 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000 or code & 0xFFFE == 0xFFFE
    )


def is_right_to_left(text: str) -> bool:
    """Return True if `text` is written from right to left, by its first letter with a strong direction."""
    for c in text:
        direction = unicodedata.bidirectional(c)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False


@lru_cache(maxsize=4096)
def _letter_width(c: str) -> float:
    known = _WIDTHS.get(c)
    if known is not None:
        return known
    if unicodedata.category(c) in ("Mn", "Me", "Cf"):
        return 0.0
    code = ord(c)
    for first, last, width in _SCRIPTS:
        if first <= code <= last:
            return width
    if unicodedata.east_asian_width(c) in ("W", "F"):
        return 1.4 if code >= 0x1F000 else 1.05
    plain = unicodedata.normalize("NFKD", c)
    return max(0.8, *map(_letter_width, plain)) if plain != c and len(plain) < 4 else 1.0


def width(text: str) -> float:
    """Return the maximum width of `text`, in em."""
    return sum(map(_letter_width, text))


def wrap(name: str, max_width: float, max_lines: int) -> WrappedText:
    """Wrap `name` into as few lines as possible, of about equal width; a name too long ends with an ellipsis."""
    text = clean(name)
    whole, word = width(text), max(map(width, text.split(" ")))
    for number in range(1, max_lines + 1):
        # Narrow lines are tried first, so that all lines have about the same width.
        for share in (1.05, 1.3, 1.6):
            limit = min(max_width, max(whole / number * share, word))
            broken = _break_lines(text, limit)
            if len(broken) <= number:
                return _wrapped(broken, text)
    broken = _break_lines(text, max_width)[:max_lines]
    return _wrapped([*broken[:-1], _truncate(broken[-1], max_width)], text)


def _wrapped(broken: Sequence[str], text: str) -> WrappedText:
    return WrappedText(tuple(broken), is_right_to_left(text), max(map(width, broken)))


def _break_lines(text: str, limit: float) -> list[str]:
    """Break `text` into lines no wider than `limit`, between words if possible, else within words."""
    found = [""]
    for word in text.split(" "):
        longer = f"{found[-1]} {word}" if found[-1] else word
        if width(longer) <= limit:
            found[-1] = longer
            continue
        pieces = _split_word(word, limit)
        found += pieces if found[-1] else []
        if not found[0]:
            found = pieces
    return found


def _split_word(word: str, limit: float) -> list[str]:
    """Split a word into pieces no wider than `limit`, never before a combining mark or after a joiner."""
    found = [""]
    for c in word:
        joins = _letter_width(c) == 0 or found[-1].endswith("\N{ZERO WIDTH JOINER}")
        if found[-1] and not joins and width(found[-1]) + _letter_width(c) > limit:
            found.append("")
        found[-1] += c
    return found


def _truncate(line: str, limit: float) -> str:
    while line and width(line) + 1.0 > limit:
        line = line[:-1]
    return f"{line.rstrip()}…"
