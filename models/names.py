"""Normal form of names: one spelling for what looks the same, in whichever way a name comes in.

Names of actors, topics, people and projects, titles, roles and the like are stored in this form. Texts of documents,
quotes and rationales never are: positions count their code points.
"""

import re
import unicodedata
from typing import Any, Final

NAME: Final = {"normal": "name"}
"""`info` of a column that holds a name."""
PROSE: Final = {"normal": "prose"}
"""`info` of a column that holds text of several lines in which nothing is quoted: guidelines, definitions."""

# Characters without width that pasted text carries along and that mean nothing in a name: soft hyphen, zero-width
# space, word joiner, byte order mark. The joiners U+200C and U+200D stay: Persian names and emoji need them.
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
# Direction marks matter between scripts, not at the ends of a name.
_ENDS = "\u200e\u200f\u061c\u200c\u200d"
_WHITESPACE = re.compile(r"[^\S\t\n\r\v\f\x1c-\x1f\x85\u2028\u2029]+")
# Every plane ends in two noncharacters; U+FFF9 to U+FFFB hide an annotation; tag characters hide text of their own.
_NOT_SHOWN = (
    "\ufdd0-\ufdef\ufff9-\ufffb\U000e0000-\U000e007f"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "\u202a-\u202e\u2066-\u2069\ud800-\udfff"
)
_REFUSED = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029{_NOT_SHOWN}]")
_REFUSED_IN_PROSE = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f{_NOT_SHOWN}]")
# The emoji of the flag of a part of a country: a black flag, and the code of the part in tag characters.
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
# Default_Ignorable_Code_Point of Unicode, and the blank of Braille, which is no white space to Unicode.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def normalize_name(text: str) -> str:
    """Return `text` composed (NFC), without blanks at the ends, each run of blanks within it one space.

    Control characters within the name are left for `refused_character` to find.
    """
    if text.isascii() and "  " not in text and text == text.strip():
        return text
    bare = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    stripped = bare.strip()
    while (inner := stripped.strip(_ENDS).strip()) != stripped:
        stripped = inner
    return unicodedata.normalize("NFC", _WHITESPACE.sub(" ", stripped))


def normalize_prose(text: str) -> str:
    """Return `text` composed (NFC), without blank lines before it and white space after it."""
    return re.sub(r"\A(?:[^\S\n]*\n)+", "", unicodedata.normalize("NFC", text).rstrip())


def refused_character(text: str, *, prose: bool = False) -> str | None:
    """The first character of `text` that no name may hold; None if there is none.

    Refused are control characters, line breaks, half surrogates, noncharacters, characters of interlinear annotation,
    tag characters outside the emoji of a flag, and the characters that embed or override a direction of writing, which
    make a name look like another. Prose may hold tabs and line breaks.
    """
    if text.isascii() and text.isprintable():
        return None
    found = (_REFUSED_IN_PROSE if prose else _REFUSED).search(_FLAG.sub("", text))
    return None if found is None else found[0]


def without_unseen(text: str) -> str:
    """Return `text` without the characters that are not seen, such as joiners, direction marks and fillers.

    Blanks between which nothing else was become one, and those at the ends go.
    """
    if text.isascii() or _UNSEEN.search(text) is None:
        return text
    return re.sub(" {2,}", " ", _UNSEEN.sub("", text)).strip()


def is_seen(text: str) -> bool:
    """True if at least one character of `text` can be seen."""
    return bool(without_unseen(text).strip())


def case_folded(name: str) -> str:
    """The form under which two names are the same but for upper and lower case and for what is not seen."""
    return unicodedata.normalize("NFC", normalize_name(without_unseen(normalize_name(name))).casefold())


def normalized(column: Any, value: Any) -> Any:
    """`value` in the normal form that `column` is declared to hold; other values as they are."""
    kind = column.info.get("normal")
    if not isinstance(value, str) or kind is None:
        return value
    return normalize_name(value) if kind == "name" else normalize_prose(value)
