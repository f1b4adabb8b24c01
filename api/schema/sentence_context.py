"""The sentences around a statement's quote."""

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
    """A sentence of a document, without blanks around it. Positions are half-open intervals in the document's text."""

    text: str
    """The sentence, verbatim."""
    start: int
    """The start in code points, counted from 0."""
    end: int
    """The end in code points (exclusive)."""
    start_utf16: int
    """The start in UTF-16 code units, which browsers count."""
    end_utf16: int
    """The end in UTF-16 code units (exclusive)."""
    quoted: bool
    """True if the sentence contains a part of the statement's quote."""


@object_type
class Passage:
    """A statement's quote with the sentences around it. Positions are half-open intervals in the document's text."""

    text: str
    """The text from the first to the last sentence, verbatim."""
    start: int
    """The start in code points, counted from 0."""
    end: int
    """The end in code points (exclusive)."""
    start_utf16: int
    """The start in UTF-16 code units, which browsers count."""
    end_utf16: int
    """The end in UTF-16 code units (exclusive)."""
    sentences: list[PassageSentence]
    """The sentences of the passage, in order."""


def _check(arguments: Mapping[str, Any]) -> None:
    sentences = arguments["sentences"]
    if not 0 <= sentences <= limits.SENTENCES.maximum:
        raise BadArgument("sentences", f"must be from 0 to {limits.SENTENCES.maximum}, not {sentences}")


async def _passages(request: ComputeRequest) -> Mapping[UUID, Any]:
    _check(request.arguments)
    return await passages_of(request.measures, request.viewer, request.keys, request.arguments["sentences"])


PASSAGE = computed(
    _passages,
    [argument("sentences", int, "Number of sentences before and after the quote (0–5).", 1)],
    check=_check,
)
"""The field for the sentences around a statement's quote."""
