"""How names and texts are made comparable: without case, accents or points, in any script.

The same folding is applied to what is stored and to what is asked for, so that both databases find alike.
"""

import re
import unicodedata
from collections.abc import Iterator

# Letters that people type for one another and that Unicode does not decompose.
_VARIANTS = str.maketrans({"ı": "i", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ـ": None, "ø": "o", "ł": "l", "đ": "d"})
_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """`text` without case, accents, vowel points and compatibility forms."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", bare.casefold()).translate(_VARIANTS)


def words(text: str) -> list[str]:
    """The folded words of `text`, in order: runs of letters and digits."""
    return _WORD.findall(fold(text))


def trigrams(text: str) -> frozenset[str]:
    """The three-letter stretches of the folded words of `text`, each word padded by two blanks before and one behind.

    The padding is that of PostgreSQL's pg_trgm: a common beginning counts for more than a common end.
    """
    return frozenset(_trigrams(words(text)))


def _trigrams(parts: list[str]) -> Iterator[str]:
    for part in parts:
        padded = f"  {part} "
        for start in range(len(padded) - 2):
            yield padded[start : start + 3]
