"""Context of a statement: the sentences around its quote. ADR 0024."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from api import limits
from api.analysis.sentences import sentences_around
from api.dataset.request import ComputeRequest
from api.dataset.sentence_context import QuotedText, read_quoted_texts
from api.errors import BadArgument
from api.graphql.fields import argument, computed, object_type
from api.services.anchors import utf16_length


@object_type
class PassageSentence:
    """A sentence of a document, without whitespace around it. Positions refer to the document's text."""

    text: str
    """The text of the sentence."""
    start: int
    """Start, in code points from 0."""
    end: int
    """End (exclusive), in code points."""
    start_utf16: int
    """Start, in UTF-16 units from 0, as browsers count."""
    end_utf16: int
    """End (exclusive), in UTF-16 units."""
    quoted: bool
    """True if the sentence contains any part of the quote."""


@object_type
class Passage:
    """The quote of a statement with the sentences around it. Positions refer to the document's text."""

    text: str
    """The text from the first to the last sentence."""
    start: int
    """Start, in code points from 0."""
    end: int
    """End (exclusive), in code points."""
    start_utf16: int
    """Start, in UTF-16 units from 0, as browsers count."""
    end_utf16: int
    """End (exclusive), in UTF-16 units."""
    sentences: list[PassageSentence]
    """The sentences, in order."""


def _check(arguments: Mapping[str, Any]) -> None:
    sentences = arguments["sentences"]
    if not 0 <= sentences <= limits.SENTENCES.maximum:
        raise BadArgument("sentences", f"must be from 0 to {limits.SENTENCES.maximum}, not {sentences}")


async def _passages(request: ComputeRequest) -> Mapping[UUID, Passage]:
    _check(request.arguments)
    sentences = request.arguments["sentences"]
    texts = await read_quoted_texts(request.datasets, request.viewer, request.keys, sentences)
    # In a thread: the first request loads a library, and a page of quotes may have a megabyte of text around it.
    return await request.datasets.compute(lambda: {key: _passage(text, sentences) for key, text in texts.items()})


def _passage(text: QuotedText, sentences: int) -> Passage:
    whole, begin, stop = text.before + text.quote + text.after, len(text.before), len(text.before) + len(text.quote)
    offset, offset_utf16 = text.start - begin, text.start_utf16 - utf16_length(text.before)

    def stretch(first: int, last: int) -> dict[str, Any]:
        part, units = whole[first:last], offset_utf16 + utf16_length(whole[:first])
        positions = {"start": offset + first, "end": offset + last}
        return {"text": part, **positions, "start_utf16": units, "end_utf16": units + utf16_length(part)}

    # A quote of whitespace belongs to no sentence, and counts as one.
    around = sentences_around(whole, text.language, begin, stop, sentences)
    found = [(sentence.start, sentence.end) for sentence in around] or [(begin, stop)]
    return Passage(
        **stretch(min(begin, found[0][0]), max(stop, found[-1][1])),
        sentences=[
            PassageSentence(**stretch(first, last), quoted=first < stop and last > begin) for first, last in found
        ],
    )


PASSAGE = computed(
    _passages,
    [argument("sentences", int, "The number of sentences before and after those that contain the quote: 0 to 5.", 1)],
    check=_check,
)
"""The sentences around a statement's quote."""
