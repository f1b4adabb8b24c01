"""How much room names take, without knowing the font: estimates that no common sans serif exceeds by much.

Latin letters are as wide as in DejaVu Sans, one of the widest that systems fall back on, so that a label's box is
rather too wide than too narrow; the letters of other scripts by what is usual in them.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

FONT = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', Arial, sans-serif"
LINE = 1.25
"""The height of a line, in em."""
ASCENT = 0.95
"""How far a line reaches above its baseline, in em."""

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
"""What turns text round or ends such turning: of names, none may reach beyond itself."""


@dataclass(frozen=True, slots=True)
class WrappedText:
    """A name as it is written: its lines, whether they run from the right, and the widest one's width in em."""

    lines: tuple[str, ...]
    from_right: bool
    width: float

    @property
    def height(self) -> float:
        """How high they are, in em."""
        return len(self.lines) * LINE


def clean(text: str) -> str:
    """`text` in one line, without what XML cannot hold or what would turn the text about it round."""
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
    """Whether `text` runs from right to left: as its first letter does that runs either way."""
    for c in text:
        way = unicodedata.bidirectional(c)
        if way in ("L", "R", "AL"):
            return way != "L"
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
    """How wide `text` is at most, in em."""
    return sum(map(_letter_width, text))


def wrap(name: str, max_width: float, max_lines: int) -> WrappedText:
    """`name` in as few lines as it needs, about equally long; what does not fit ends with an ellipsis."""
    text = clean(name)
    whole, word = width(text), max(map(width, text.split(" ")))
    for number in range(1, max_lines + 1):
        # Narrower at first, so that the lines are of about one length.
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
    """`text` in lines of at most `limit`: between words where it can be, else within them."""
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
    """A word in pieces of at most `limit`, never before what belongs to the letter before it."""
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
