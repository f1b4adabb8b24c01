"""Folds names and titles for ordering and matching: without case, accents and vowel points, in any script.

`models.words` folds the words of texts for full-text search.
"""

import unicodedata
from collections.abc import Mapping

from models.names import without_unseen

LETTER_VARIANTS: Mapping[str, str] = {
    "ı": "i",
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ى": "ي",
    "ی": "ي",
    "ک": "ك",
    "ة": "ه",
}
"""Letters that people type for one another and that Unicode does not decompose.

A change makes the stored folded names wrong: it needs a migration that folds them again. `models.words` has more.
"""
_TATWEEL = "\u0640"
_TRANSLATION = str.maketrans({**LETTER_VARIANTS, _TATWEEL: None})


def fold(text: str) -> str:
    """Return `text` without case, accents, vowel points, compatibility forms and invisible characters."""
    return _fold(without_unseen(text))


def foldings(text: str) -> set[str]:
    """Return all folded forms under which rows with the name `text` may be stored.

    Rows that were written before `fold` removed invisible characters are stored with them.
    """
    return {fold(text), _fold(text)}


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", bare.casefold()).translate(_TRANSLATION)
