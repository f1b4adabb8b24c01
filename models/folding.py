"""How names and titles are made comparable to order and match them: without case, accents or points, in any script.

The words of texts, by which they are searched, are folded by `models.words`.
"""

import unicodedata

from models.names import without_unseen

# Letters that people type for one another and that Unicode does not decompose.
_VARIANTS = str.maketrans({"ı": "i", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ـ": None, "ø": "o", "ł": "l", "đ": "d"})


def fold(text: str) -> str:
    """`text` without case, accents, vowel points, compatibility forms and characters that are not seen."""
    return _fold(without_unseen(text))


def foldings(text: str) -> set[str]:
    """All folded forms under which a row of the name `text` may be stored.

    Rows that were written before `fold` left out what is not seen are stored under a form that holds it.
    """
    return {fold(text), _fold(text)}


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", bare.casefold()).translate(_VARIANTS)
