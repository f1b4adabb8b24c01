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
_REFUSED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_REFUSED_IN_PROSE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


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

    Refused are control characters, line breaks, half surrogates, and the characters that embed or override a
    direction of writing, which make a name look like another. Prose may hold tabs and line breaks.
    """
    found = (_REFUSED_IN_PROSE if prose else _REFUSED).search(text)
    return None if found is None else found[0]


def case_folded(name: str) -> str:
    """The form under which two names are the same but for upper and lower case."""
    return unicodedata.normalize("NFC", normalize_name(name).casefold())


def normalized(column: Any, value: Any) -> Any:
    """`value` in the normal form that `column` is declared to hold; other values as they are."""
    kind = column.info.get("normal")
    if not isinstance(value, str) or kind is None:
        return value
    return normalize_name(value) if kind == "name" else normalize_prose(value)
