"""Splits texts into folded words for full-text search: the same for stored texts and for queries, on both databases.

A text is folded character by character, so that a position in the folded text maps back to the text. Scripts without
spaces are split into overlapping pairs of characters. ADR 0024.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

from models.folding import LETTER_VARIANTS

_VARIANTS = {
    **LETTER_VARIANTS,
    "ð": "d",
    "þ": "th",
    "ħ": "h",
    "œ": "oe",
    "æ": "ae",
    "ے": "ي",
    "ہ": "ه",
    "ھ": "ه",
    "ە": "ه",
    "ٱ": "ا",
    "ך": "כ",
    "ם": "מ",
    "ן": "נ",
    "ף": "פ",
    "ץ": "צ",
}
# Unicode calls these letters, texts use them as apostrophes: ʹ ʻ ʼ ʽ ʾ ʿ ˈ ՙ ꞌ
_APOSTROPHES = frozenset("\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u0559\ua78c")
# The tatweel stretches a word; the others select how a letter is rendered.
_UNSEEN = frozenset("\u0640\u034f\u180b\u180c\u180d\u180f\u200b\u115f\u1160\u3164\uffa0")
# Voicing marks distinguish words: ガザ is Gaza, カサ an umbrella.
_VOICING_MARKS = frozenset("\u3099\u309a")
_VARIATION_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))

_SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u1b00-\u1b7f\u3005-\u3007"
    "\u3040-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\ua980-\ua9df"
    "\uaa60-\uaa7f\ud7b0-\ud7ff\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
"""The characters of scripts without spaces (Thai, Lao, Burmese, Khmer, Han, kana, Hangul …), as a regex class."""
_RUNS = re.compile(f"[{_SPACELESS}]+|[^{_SPACELESS}]+")
_HAS_SPACELESS = re.compile(f"[{_SPACELESS}]")
# A unit is a Korean syllable, a kana with its voicing mark, or else a code point.
_UNIT = re.compile(
    "[\u1100-\u115f\ua960-\ua97f]+[\u1160-\u11a7\ud7b0-\ud7c6]*[\u11a8-\u11ff\ud7cb-\ud7fb]*|.[\u3099\u309a]?",
    re.DOTALL,
)
# Hebrew acronyms have a quotation mark before their last letter.
_GERSHAYIM = re.compile('(?<=[א-ת])["\u05f4\u201d](?=[א-ת])')

WORD_EDGE_BEFORE = f"(?<![^\\s{_SPACELESS}])"
"""Regular expression: the start of a word of a script with spaces, in a folded text."""
WORD_EDGE_AFTER = f"(?![^\\s{_SPACELESS}])"
"""Regular expression: the end of a word of a script with spaces, in a folded text."""
REST_OF_WORD = f"[^\\s{_SPACELESS}]*"
"""Regular expression: the rest of a word of a script with spaces."""


MAX_LENGTH = 500
"""The maximum number of code points of a word; longer words are cut. Postgres limits a lexeme to 2,046 bytes."""


class _Folding(dict[int, str | int]):
    """Code point → folded form, computed on first use."""

    def __missing__(self, code: int) -> str | int:
        character = chr(code)
        if unicodedata.category(character) in ("Cn", "Co", "Cs"):
            return " "  # not cached: there are a million of them
        folded = _folded(character)
        self[code] = code if folded == character else folded
        return self[code]


def _folded(character: str) -> str:
    once = unicodedata.normalize("NFKD", character.casefold())
    return "".join(map(_bare, unicodedata.normalize("NFKD", once.casefold())))


def _bare(character: str) -> str:
    """Return a character without diacritics and formatting; a blank for a character that ends a word."""
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if character in _UNSEEN or category == "Cf" or any(ord(character) in each for each in _VARIATION_SELECTORS):
        return ""
    if category[0] == "M":
        is_diacritic = category == "Me" or unicodedata.combining(character)
        return "" if is_diacritic and character not in _VOICING_MARKS else character
    if category[0] not in "LN" or character in _APOSTROPHES:
        return " "
    return _VARIANTS.get(character, character)


_FOLDING = _Folding()


def fold_words(text: str) -> str:
    """Return `text` without case, accents and invisible characters, with blanks between words.

    Each character is folded by itself, so folding distributes over concatenation.
    """
    return join_acronyms(text).translate(_FOLDING)


def join_acronyms(text: str) -> str:
    """Return `text` with the quotation marks within Hebrew acronyms made invisible; its length stays the same."""
    return text if text.isascii() else _GERSHAYIM.sub("\u200b", text)


def words(text: str) -> list[str]:
    """Return the words by which search finds `text`, in order.

    A run of a script without spaces yields each pair of adjacent characters, and its last character by itself.
    """
    folded = fold_words(text)
    if not _HAS_SPACELESS.search(folded):
        found = folded.split()
        return found if len(max(found, key=len, default="")) <= MAX_LENGTH else [word[:MAX_LENGTH] for word in found]
    return [word for run in runs(folded) for word in (pairs(run, tail=True) if spaceless(run) else (run,))]


def runs(folded: str) -> Iterator[str]:
    """Yield the runs of a folded text: words of scripts with spaces, and runs of scripts without."""
    for part in folded.split():
        for run in _RUNS.findall(part):
            yield run if spaceless(run) else run[:MAX_LENGTH]


def spaceless(run: str) -> bool:
    """True if `run` is of a script without spaces."""
    return _HAS_SPACELESS.match(run) is not None


def pairs(run: str, *, tail: bool) -> list[str]:
    """Return each pair of adjacent characters of a run of a script without spaces; with `tail`, its last character too.

    A single character is returned by itself.
    """
    units = _UNIT.findall(run)
    if len(units) == 1:
        return units
    return [one + other for one, other in pairwise(units)] + units[-1:] * tail


def trigrams(text: str) -> frozenset[str]:
    """Return the trigrams of the words of `text`, each word padded by two blanks before and one after.

    This is the padding of PostgreSQL's pg_trgm: a common beginning counts for more than a common end.
    """
    parts = (word for run in runs(fold_words(text)) for word in (pairs(run, tail=False) if spaceless(run) else (run,)))
    return frozenset(gram for part in parts for gram in word_trigrams(part))


def word_trigrams(word: str, *, beginning: bool = False) -> Iterator[str]:
    """Yield the trigrams of a folded word; for a `beginning`, the trigrams of all words that begin with it."""
    padded = f"  {word}" if beginning else f"  {word} "
    for start in range(len(padded) - 2):
        yield padded[start : start + 3]
