"""The sentences around a statement's words."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from api import limits
from api.dataset.request import ComputeRequest
from api.dataset.sentence_context import passages_of
from api.errors import BadArgument
from api.graphql.fields import argument, computed, object_type


@object_type
class PassageSentence:
    """A sentence of a document, without the blanks around it. Positions are half open, in the document's text."""

    text: str
    """The sentence, to the letter."""
    start: int
    """Its first code point, counted from 0."""
    end: int
    """The place after its last code point."""
    start_utf16: int
    """Its first UTF-16 unit, as browsers count, from 0."""
    end_utf16: int
    """The place after its last UTF-16 unit."""
    quoted: bool
    """Whether it holds any of the statement's words."""


@object_type
class Passage:
    """A statement's words with the sentences around them. Positions are half open, in the document's text."""

    text: str
    """The text from the first sentence to the last, to the letter."""
    start: int
    """Its first code point, counted from 0."""
    end: int
    """The place after its last code point."""
    start_utf16: int
    """Its first UTF-16 unit, as browsers count, from 0."""
    end_utf16: int
    """The place after its last UTF-16 unit."""
    sentences: list[PassageSentence]
    """The sentences in it, in order."""


def _check(arguments: Mapping[str, Any]) -> None:
    sentences = arguments["sentences"]
    if not 0 <= sentences <= limits.SENTENCES.maximum:
        raise BadArgument("sentences", f"must be from 0 to {limits.SENTENCES.maximum}, not {sentences}")


async def _passages(asked: ComputeRequest) -> Mapping[UUID, Any]:
    _check(asked.arguments)
    return await passages_of(asked.measures, asked.viewer, asked.keys, asked.arguments["sentences"])


PASSAGE = computed(
    _passages,
    [argument("sentences", int, "How many sentences before and after those that hold the words: 0 to 5.", 1)],
    check=_check,
)
"""The sentences around a statement's words."""
