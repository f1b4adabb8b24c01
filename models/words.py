"""Words by which texts are found: one folding for what is stored and for what is searched, on both databases.

A text is folded character by character, so that a place in the folded text leads back to its place in the text.
Scripts that write no spaces are cut into overlapping pairs of characters. ADR 0024.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

# Letters that people type for one another and that Unicode does not decompose.
_VARIANTS = {
    "ı": "i",
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "ħ": "h",
    "œ": "oe",
    "æ": "ae",
    "ى": "ي",
    "ی": "ي",
    "ے": "ي",
    "ک": "ك",
    "ة": "ه",
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
# Letters by their category, apostrophes by their use: ʹ ʻ ʼ ʽ ʾ ʿ ˈ ՙ ꞌ
_APOSTROPHES = frozenset("\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u0559\ua78c")
# The tatweel lengthens a line; the others choose how a letter is drawn.
_UNSEEN = frozenset("\u0640\u034f\u180b\u180c\u180d\u180f\u200b\u115f\u1160\u3164\uffa0")
# Voiced sounds are other sounds: ガザ is Gaza, カサ an umbrella.
_KEPT_MARKS = frozenset("\u3099\u309a")
_VARIATION_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))

_SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u1b00-\u1b7f\u3005-\u3007"
    "\u3040-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\ua980-\ua9df"
    "\uaa60-\uaa7f\ud7b0-\ud7ff\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
"""Thai, Lao, Burmese, Khmer, Han, kana, Hangul and the like, as ranges of a regular expression's class."""
_RUNS = re.compile(f"[{_SPACELESS}]+|[^{_SPACELESS}]+")
_HAS_SPACELESS = re.compile(f"[{_SPACELESS}]")
# A Korean syllable is a unit, and a kana with its voicing; of all else, a code point is.
_UNIT = re.compile(
    "[\u1100-\u115f\ua960-\ua97f]+[\u1160-\u11a7\ud7b0-\ud7c6]*[\u11a8-\u11ff\ud7cb-\ud7fb]*|.[\u3099\u309a]?",
    re.DOTALL,
)
# Hebrew acronyms have a quotation mark before their last letter.
_GERSHAYIM = re.compile('(?<=[א-ת])["\u05f4\u201d](?=[א-ת])')

WORD_EDGE_BEFORE = f"(?<![^\\s{_SPACELESS}])"
"""Regular expression: a word of a spaced script may begin here in a folded text."""
WORD_EDGE_AFTER = f"(?![^\\s{_SPACELESS}])"
"""Regular expression: a word of a spaced script may end here in a folded text."""
REST_OF_WORD = f"[^\\s{_SPACELESS}]*"
"""Regular expression: what is left of a word of a spaced script."""


MAX_LENGTH = 500
"""Of a longer word only so many code points count: Postgres bounds a lexeme at 2,046 bytes."""


class _Folding(dict[int, str | int]):
    """Code point → its folded form, worked out when it is first met."""

    def __missing__(self, code: int) -> str | int:
        character = chr(code)
        if unicodedata.category(character) in ("Cn", "Co", "Cs"):
            return " "  # not stored: there are a million of them
        folded = _folded(character)
        self[code] = code if folded == character else folded
        return self[code]


def _folded(character: str) -> str:
    once = unicodedata.normalize("NFKD", character.casefold())
    return "".join(map(_bare, unicodedata.normalize("NFKD", once.casefold())))


def _bare(character: str) -> str:
    """A character without what is only drawn; a blank where a word ends."""
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if character in _UNSEEN or category == "Cf" or any(ord(character) in each for each in _VARIATION_SELECTORS):
        return ""
    if category[0] == "M":
        drawn = category == "Me" or unicodedata.combining(character)
        return "" if drawn and character not in _KEPT_MARKS else character
    if category[0] not in "LN" or character in _APOSTROPHES:
        return " "
    return _VARIANTS.get(character, character)


_FOLDING = _Folding()


def fold_words(text: str) -> str:
    """`text` as its words are compared: without case, accents and what is not seen, a blank wherever a word ends.

    Each character is folded alone: the folded texts of two pieces are the folded text of both.
    """
    return join_acronyms(text).translate(_FOLDING)


def join_acronyms(text: str) -> str:
    """`text` without the quotation marks within Hebrew words, character for character."""
    return text if text.isascii() else _GERSHAYIM.sub("\u200b", text)


def words(text: str) -> list[str]:
    """The words by which `text` is found, in order.

    A run of a script without spaces gives each pair of neighbours, and its last character alone.
    """
    folded = fold_words(text)
    if not _HAS_SPACELESS.search(folded):
        found = folded.split()
        return found if len(max(found, key=len, default="")) <= MAX_LENGTH else [word[:MAX_LENGTH] for word in found]
    return [word for run in runs(folded) for word in (pairs(run, tail=True) if spaceless(run) else (run,))]


def runs(folded: str) -> Iterator[str]:
    """The stretches of a folded text that are a word of a spaced script, or a run of a script without spaces."""
    for part in folded.split():
        for run in _RUNS.findall(part):
            yield run if spaceless(run) else run[:MAX_LENGTH]


def spaceless(run: str) -> bool:
    """True if `run` is of a script without spaces."""
    return _HAS_SPACELESS.match(run) is not None


def pairs(run: str, *, tail: bool) -> list[str]:
    """Each pair of neighbours in a run of a script without spaces; with `tail`, its last character too.

    A single character has no neighbour and stands for itself.
    """
    units = _UNIT.findall(run)
    if len(units) == 1:
        return units
    return [one + other for one, other in pairwise(units)] + units[-1:] * tail


def trigrams(text: str) -> frozenset[str]:
    """The three-letter stretches of the words of `text`, each word padded by two blanks before and one after.

    The padding is that of PostgreSQL's pg_trgm: a common beginning counts for more than a common end.
    """
    parts = (word for run in runs(fold_words(text)) for word in (pairs(run, tail=False) if spaceless(run) else (run,)))
    return frozenset(gram for part in parts for gram in word_trigrams(part))


def word_trigrams(word: str, *, beginning: bool = False) -> Iterator[str]:
    """The trigrams of one folded word; of a `beginning`, those that every word beginning so has."""
    padded = f"  {word}" if beginning else f"  {word} "
    for start in range(len(padded) - 2):
        yield padded[start : start + 3]
