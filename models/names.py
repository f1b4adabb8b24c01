"""Normalizes names: names that look the same are stored as the same string (ADR 0023).

Names, titles and roles are stored in this form. Documents, quotes and rationales are not normalized, since positions
count their code points.
"""

import re
import unicodedata
from typing import Any, Final

NAME: Final = {"normal": "name"}
"""`info` of a column with normalized names."""
PROSE: Final = {"normal": "prose"}
"""`info` of a column with normalized text of several lines: guidelines, definitions."""

# Zero-width characters of pasted text that mean nothing in a name: soft hyphen, zero-width space, word joiner, byte
# order mark. The joiners U+200C and U+200D stay: Persian names and emoji need them.
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
# Direction marks matter between scripts, not at the ends of a name.
_ENDS = "\u200e\u200f\u061c\u200c\u200d"
_WHITESPACE = re.compile(r"[^\S\t\n\r\v\f\x1c-\x1f\x85\u2028\u2029]+")
# Every plane ends in two noncharacters; U+FFF9 to U+FFFB hide an annotation; tag characters hide text of their own.
_NONCHARACTERS = (
    "\ufdd0-\ufdef\ufff9-\ufffb\U000e0000-\U000e007f"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "\u202a-\u202e\u2066-\u2069\ud800-\udfff"
)
_REFUSED = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029{_NONCHARACTERS}]")
_REFUSED_IN_PROSE = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f{_NONCHARACTERS}]")
# The emoji of a subdivision flag: a black flag, and the code of the subdivision in tag characters.
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
# Unicode's Default_Ignorable_Code_Point, and the Braille blank, which Unicode does not class as white space.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def normalize_name(text: str) -> str:
    """Return `text` in NFC, trimmed, with each run of blanks replaced by one space.

    Control characters stay, so that `refused_character` finds them.
    """
    if text.isascii() and "  " not in text and text == text.strip():
        return text
    bare = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    stripped = bare.strip()
    while (inner := stripped.strip(_ENDS).strip()) != stripped:
        stripped = inner
    return unicodedata.normalize("NFC", _WHITESPACE.sub(" ", stripped))


def normalize_prose(text: str) -> str:
    """Return `text` in NFC, without leading blank lines and trailing white space."""
    return re.sub(r"\A(?:[^\S\n]*\n)+", "", unicodedata.normalize("NFC", text).rstrip())


def refused_character(text: str, *, prose: bool = False) -> str | None:
    """Return the first character of `text` that is not allowed in names; None if there is none.

    Not allowed are control characters, line breaks, lone surrogates, noncharacters, interlinear annotation, tag
    characters outside of flag emoji, and bidirectional embeddings and overrides, which make a name look like another.
    Prose may contain tabs and line breaks.
    """
    if text.isascii() and text.isprintable():
        return None
    found = (_REFUSED_IN_PROSE if prose else _REFUSED).search(_FLAG.sub("", text))
    return None if found is None else found[0]


def without_unseen(text: str) -> str:
    """Return `text` without invisible characters such as joiners, direction marks and fillers.

    If a character was removed, adjacent spaces are collapsed to one and the text is trimmed.
    """
    if text.isascii() or _UNSEEN.search(text) is None:
        return text
    return re.sub(" {2,}", " ", _UNSEEN.sub("", text)).strip()


def is_seen(text: str) -> bool:
    """True if at least one character of `text` is visible."""
    return bool(without_unseen(text).strip())


def case_folded(name: str) -> str:
    """Return the form in which names are equal if they differ in case and invisible characters only."""
    return unicodedata.normalize("NFC", normalize_name(without_unseen(normalize_name(name))).casefold())


def normalized(column: Any, value: Any) -> Any:
    """Return `value` normalized as `column` declares it; other values unchanged."""
    kind = column.info.get("normal")
    if not isinstance(value, str) or kind is None:
        return value
    return normalize_name(value) if kind == "name" else normalize_prose(value)
