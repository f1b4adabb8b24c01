"""Splits text into sentences, in any language. ADR 0024."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    """Position of a sentence, without whitespace around it; `end` is exclusive."""

    start: int
    end: int


def sentences_of(text: str, language: str) -> Iterator[Sentence]:
    """Yield the sentences of a text; `language` is a BCP 47 tag, and unknown languages are split as English."""
    import sentencex  # noqa: PLC0415 (four megabytes, which only requests for sentences need)

    for found in sentencex.get_sentence_boundaries(language.partition("-")[0].lower(), text):
        whole: str = found["text"]
        start = found["start_index"] + len(whole) - len(whole.lstrip())
        end = found["end_index"] - len(whole) + len(whole.rstrip())
        if start < end:
            yield Sentence(start, end)


def sentences_around(text: str, language: str, start: int, end: int, beside: int) -> list[Sentence]:
    """Return the sentences that overlap a range of a text, and up to `beside` sentences before and after them."""
    found = [*sentences_of(text, language)]
    holding = [place for place, each in enumerate(found) if each.start < end and each.end > start]
    if not holding:  # the range is whitespace
        return []
    return found[max(0, holding[0] - beside) : holding[-1] + 1 + beside]
