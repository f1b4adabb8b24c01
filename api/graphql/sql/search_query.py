"""Parses search texts, and writes them for the databases (ADR 0024). The language: docs/reference/search-text.md.

A term is one word, or several that must follow one another: a phrase, or the pairs of a run of a script without spaces.
Arabic and Hebrew write prepositions, conjunctions and the article onto the word after them: a word of these scripts is
looked for with all of them before it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from api import limits
from models.search import type_mark
from models.words import (
    REST_OF_WORD,
    WORD_EDGE_AFTER,
    WORD_EDGE_BEFORE,
    fold_words,
    join_acronyms,
    pairs,
    runs,
    spaceless,
    word_trigrams,
)

PREFIX_FROM = 4
"""Minimum number of letters of a word that also finds longer words, wherever it is in the search text."""
SHORT_UP_TO = 2
"""Maximum number of letters of a prefix that is looked for in what Postgres found by the other words: the index would
read a large part of itself."""

# What keyboards put in place of the quotation mark.
_STRAIGHT = str.maketrans(dict.fromkeys("“”„‟＂", '"'))
# An item is excluded by a hyphen before it. A quotation mark within a word, as in Hebrew acronyms, opens no phrase.
_ITEM = re.compile(r'(?<!\S)(?P<not>-?)(?:"(?P<phrase>[^"]*)(?P<closed>"?)|(?P<word>[^\s"][^\s]*))|(?P<rest>[^\s"]+)')
_ARABIC = re.compile("[\u0620-\u064a\u066e-\u06d3]+")
_HEBREW = re.compile("[א-ת]+")
# Conjunctions, then a preposition, then the article; لل is ل with it.
_ARABIC_CLITICS = tuple(map("".join, product(("", "و", "ف"), ("", "ب", "ك", "ل", "ال", "بال", "كال", "لل"))))
_HEBREW_CLITICS = tuple(map("".join, product(("", "ו"), ("", "ש", "כש"), ("", "ה", "ב", "כ", "ל", "מ", "מה"))))
# The same combinations as regular expressions, tried in few steps.
_ARABIC_BEFORE = "[وف]?(?:[بك]?ال|لل|[بكل])?"
_HEBREW_BEFORE = "ו?(?:כ?ש)?(?:מה|[הבכלמ])?"
_WITH_ARTICLE = sorted((each for each in _ARABIC_CLITICS if each.endswith(("ال", "لل"))), key=len, reverse=True)


class NothingWanted(ValueError):
    """The search text has no term to search for; `str` is the error message."""


class TooManyTerms(ValueError):
    """The search text has too many words; `str` is the error message."""


@dataclass(frozen=True)
class Term:
    """Runs of folded text that follow one another; `open`: the last of them may continue."""

    runs: tuple[str, ...]
    open: bool = False

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words of the term as the index stores them."""
        *before, last = self.runs
        first = (word for run in before for word in (pairs(run, tail=True) if spaceless(run) else (run,)))
        # Where a run without spaces may go on, so may its last pair.
        return *first, *(pairs(last, tail=False) if spaceless(last) else (last,))

    @property
    def first(self) -> tuple[str, ...]:
        """The forms of the first word: without and with clitics before the word."""
        return with_clitics(self.words[0])

    @property
    def whole_first(self) -> bool:
        """True if the term is a few letters that may be a word: the whole word ranks before words with that prefix."""
        (word, *others) = self.words
        return self.open and not others and 1 < len(word) < PREFIX_FROM

    @property
    def short(self) -> bool:
        """True if the term is a prefix of very many words."""
        (word, *others) = self.words
        return self.open and not others and len(word) <= (1 if spaceless(word) else SHORT_UP_TO)

    @property
    def in_text(self) -> str:
        """The regular expression that finds the term in a folded text."""
        found = ""
        for place, run in enumerate(self.runs):
            alone = spaceless(run)
            gap = "" if place == 0 else r"\s+" if alone and spaceless(self.runs[place - 1]) else r"\s*"
            forms = _forms(run) if place == 0 else run
            rest = REST_OF_WORD if self.open and place == len(self.runs) - 1 else ""
            found += gap + (run if alone else f"{WORD_EDGE_BEFORE}{forms}{rest}{WORD_EDGE_AFTER}")
        return found


def with_clitics(word: str) -> tuple[str, ...]:
    """Return the forms in which a folded word is looked for, with clitics if its script has them.

    An Arabic word with the article is searched without the article, which can be recognized. Other clitics cannot be
    recognized: a word with another clitic is found only with the same clitic.
    """
    if len(word) < 3:
        return (word,)
    if _ARABIC.fullmatch(word):
        bare = _without_article(word)
        return tuple(dict.fromkeys((word, *(clitics + bare for clitics in _ARABIC_CLITICS))))
    if _HEBREW.fullmatch(word):
        return tuple(clitics + word for clitics in _HEBREW_CLITICS)
    return (word,)


def _forms(word: str) -> str:
    """Return the regular expression of the forms in `with_clitics`."""
    if len(word) > 2 and _ARABIC.fullmatch(word):
        bare = _without_article(word)
        return f"(?:{_ARABIC_BEFORE}{bare}{'' if bare == word else '|' + word})"
    return _HEBREW_BEFORE + word if len(word) > 2 and _HEBREW.fullmatch(word) else word


def _without_article(word: str) -> str:
    bare = next((word[len(each) :] for each in _WITH_ARTICLE if word.startswith(each)), word)
    return bare if len(bare) > 1 else word


@dataclass(frozen=True)
class WordQuery:
    """The terms that a text must contain, those that it must not contain, and the types, if not all."""

    wanted: tuple[Term, ...]
    unwanted: tuple[Term, ...] = ()
    types: tuple[str, ...] = ()

    @property
    def broad(self) -> bool:
        """True if the query is only a prefix of one letter, which occurs in most texts."""
        (first, *others) = self.wanted
        return not others and first.short and len(first.words[0]) == 1

    # ------------------------------------------------------------------ names

    @cached_property
    def trigrams(self) -> frozenset[str]:
        """The trigrams that names are compared by; a single letter is the beginning of a word."""
        last = self.wanted[-1]
        found = {gram for term in self.wanted for word in term.words for gram in word_trigrams(word)}
        if last.open and len(last.words[-1]) == 1:
            found -= {*word_trigrams(last.words[-1])} - {*word_trigrams(last.words[-1], beginning=True)}
        return frozenset(found)

    @property
    def unwanted_trigrams(self) -> list[list[str]]:
        """The trigrams of each term that no name may contain."""
        return [sorted({g for word in term.words for g in word_trigrams(word)}) for term in self.unwanted]

    # ------------------------------------------------------------------ SQLite

    @property
    def fts5(self) -> str:
        """The query of FTS5."""
        wanted = [_any_of(_fts5(term)) for term in self.wanted]
        if self.types:
            wanted.append(_any_of(f'"{type_mark(name)}"' for name in self.types))
        unwanted = [each for term in self.unwanted for each in _fts5(term)]
        return " AND ".join(wanted) if not unwanted else f"({' AND '.join(wanted)}) NOT {_any_of(unwanted)}"

    # ------------------------------------------------------------------ Postgres

    @property
    def tsquery(self) -> str:
        """The `tsquery`. A GIN index holds no positions: for a term of several words it looks for the words alone."""
        parts = [part for term in self.wanted if term not in self._sifting for part in _tsquery(term)]
        if self.types:
            parts.append(_either(_lexeme(type_mark(name)) for name in self.types))
        parts += [f"!{_either(map(_lexeme, t.first))}" for t in self.unwanted if len(t.words) == 1]
        return " & ".join(parts)

    @property
    def phrases(self) -> list[str]:
        """Regular expressions that the words must match: those parts that the index cannot answer, or not fast."""
        return [_in_words(term) for term in self.wanted if len(term.words) > 1 or term in self._sifting]

    @property
    def unwanted_phrases(self) -> list[str]:
        """Regular expressions that the words must not match."""
        return [_in_words(term) for term in self.unwanted if len(term.words) > 1]

    @cached_property
    def _sifting(self) -> tuple[Term, ...]:
        """The short prefix, if the query has another term that the index can answer."""
        return tuple(term for term in self.wanted if term.short and (len(self.wanted) > 1 or self.types))


def read_query(text: str, types: Sequence[str] = ()) -> WordQuery:
    """Return the query of a search text.

    :raises NothingWanted: if the text has no term to search for.
    :raises TooManyTerms: if it is too long.
    """
    items = [*_ITEM.finditer(join_acronyms(text).translate(_STRAIGHT))]
    # The last word may not be typed to its end, whatever is excluded after it.
    last = next((item for item in reversed(items) if not item["not"] and fold_words(item[0]).strip()), None)
    wanted = {term: None for item in items if not item["not"] for term in _terms(item, at_end=item is last)}
    unwanted = {term: None for item in items if item["not"] for term in _phrase(item["phrase"] or item["word"] or "")}
    if not wanted:
        raise NothingWanted(_nothing(text, excluding=bool(unwanted)))
    if wrong := limits.SEARCH_TERMS.exceeded(len(wanted) + len(unwanted)):
        raise TooManyTerms(wrong)
    return WordQuery(tuple(wanted), tuple(unwanted), tuple(types))


def _nothing(text: str, *, excluding: bool) -> str:
    if excluding:
        return "only excludes: add a word to look for"
    return "is empty: give a word to look for" if not text.strip() else f"{text[:40]!r} holds no letter or digit"


def _terms(item: re.Match[str], *, at_end: bool) -> Iterator[Term]:
    """Return a phrase, or a term for each word of an item without quotation marks."""
    if item["phrase"] is not None:
        yield from _phrase(item["phrase"], open=at_end and not item["closed"])
        return
    found = [*runs(fold_words(item["word"] or item["rest"]))]
    for place, run in enumerate(found):
        last = at_end and place == len(found) - 1
        # A character alone is found wherever it is: as the beginning of a pair, too.
        may_go_on = len(pairs(run, tail=True)) == 1 if spaceless(run) else len(run) >= PREFIX_FROM
        yield Term((run,), last or may_go_on)


def _phrase(text: str, *, open: bool = False) -> Iterator[Term]:
    """Return the words of `text` as one term."""
    found = tuple(runs(fold_words(text)))
    if found:
        yield Term(found, open or (len(found) == 1 and spaceless(found[0]) and len(pairs(found[0], tail=True)) == 1))


def _any_of(alternatives: Iterator[str] | Sequence[str]) -> str:
    return f"({' OR '.join(alternatives)})"


def _fts5(term: Term) -> Iterator[str]:
    for first in term.first:
        written = f'"{" ".join((first, *term.words[1:]))}"'
        if term.whole_first:
            yield written
        yield written + "*" * term.open


def _either(alternatives: Iterator[str] | Sequence[str]) -> str:
    return f"({' | '.join(alternatives)})"


def _lexeme(word: str) -> str:
    return f"'{word}'"


def _beginning(word: str) -> str:
    return f"'{word}':*"


def _tsquery(term: Term) -> Iterator[str]:
    *before, last = term.words
    end = _beginning if term.open else _lexeme
    if not before:
        yield _either([*map(_lexeme, term.first if term.whole_first else ()), *map(end, term.first)])
        return
    yield _either(map(_lexeme, term.first))
    yield from map(_lexeme, before[1:])
    yield end(last)


def _in_words(term: Term) -> str:
    """Return the regular expression of a term within words joined by blanks."""
    rest = "".join(f" {word}" for word in term.words[1:])
    return f"(^| ){_forms(term.words[0])}{rest}" + ("" if term.open else "( |$)")
