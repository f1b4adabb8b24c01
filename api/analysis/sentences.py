"""Sentences around a stretch of a text, in any language. ADR 0024."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence without the blanks around it; half open."""

    start: int
    end: int


def sentences_of(text: str, language: str) -> Iterator[Sentence]:
    """The sentences of `text`, whose language is a BCP 47 tag: unknown ones are cut as English is."""
    import sentencex  # noqa: PLC0415 (four megabytes, for those alone that ask for sentences)

    for found in sentencex.get_sentence_boundaries(language.partition("-")[0].lower(), text):
        whole: str = found["text"]
        start = found["start_index"] + len(whole) - len(whole.lstrip())
        end = found["end_index"] - len(whole) + len(whole.rstrip())
        if start < end:
            yield Sentence(start, end)


def sentences_around(text: str, language: str, start: int, end: int, beside: int) -> list[Sentence]:
    """The sentences that hold a stretch of `text`, and up to `beside` before and after them."""
    found = [*sentences_of(text, language)]
    holding = [place for place, each in enumerate(found) if each.start < end and each.end > start]
    if not holding:  # the stretch is blank
        return []
    return found[max(0, holding[0] - beside) : holding[-1] + 1 + beside]
