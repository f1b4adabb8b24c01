"""The sentences around a statement's words, where its document's text has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, Text, case, cast, func, literal, select

from api.analysis.sentences import around
from api.dataset.datasets import Datasets
from api.graphql.sql.dialects import DialectText
from api.security.viewer import Viewer
from api.services.anchors import utf16_length
from models import Document, Statement
from models.base import Uid, table_of

REACH = 1_000
"""For each sentence that is asked for on a side, and the quote's own, so many code points of the text are read."""
_KEYS = "keys"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a document's text, in both units."""

    text: str
    start: int
    end: int
    start_utf16: int
    end_utf16: int


@dataclass(frozen=True, slots=True)
class PassageSentence(Stretch):
    """A sentence, and whether it holds any of the quote."""

    quoted: bool


@dataclass(frozen=True, slots=True)
class Passage(Stretch):
    """The sentences, and all that is between the first and the last of them."""

    sentences: Sequence[PassageSentence]


async def passages_of(
    measures: Datasets, viewer: Viewer, keys: Sequence[UUID], sentences: int
) -> Mapping[UUID, Passage]:
    """The passages of statements, by their keys: the quote's own sentences and so many on either side."""
    reach = REACH * (sentences + 1)
    values = {_KEYS: list(keys)}
    rows = await measures.fetch(("passages", reach), viewer, values, lambda: _statement(measures.dialect, reach))
    # The first to ask loads a library, and a page of quotes may have a megabyte of text around it.
    return await measures.compute(lambda: {UUID(key.decode()): _passage(row, sentences) for key, *row in rows})


def _statement(dialect: DialectText, reach: int) -> Select[Any]:
    """Key, positions, language, and the text before, in and after the quotes of the statements whose keys are bound."""
    said, document = table_of(Statement).alias(), table_of(Document).alias()
    most = literal(reach, Integer(), literal_execute=True)
    far = said.c.start > most
    before = func.substr(
        document.c.text, case((far, said.c.start - most + 1), else_=1), case((far, most), else_=said.c.start)
    )
    after = func.substr(document.c.text, said.c.end + 1, most)
    key = dialect.plain(said.c.id)
    return (
        select(key, said.c.start, said.c.start_utf16, cast(document.c.language, Text), before, said.c.exact, after)
        .join_from(said, document, document.c.id == said.c.document_id)
        .where(dialect.member(said.c.id, _KEYS, Uid()))
    )


def _passage(row: Sequence[Any], beside: int) -> Passage:
    start, start_utf16, language, *texts = row
    before, exact, after = (text.decode() for text in texts)
    whole, begin, stop = before + exact + after, len(before), len(before) + len(exact)
    offset, offset_utf16 = start - begin, start_utf16 - utf16_length(before)

    def stretch(first: int, last: int) -> tuple[str, int, int, int, int]:
        units = offset_utf16 + utf16_length(whole[:first])
        text = whole[first:last]
        return text, offset + first, offset + last, units, units + utf16_length(text)

    # Blanks alone belong to no sentence, and a quote of them stands for itself.
    found = [(s.start, s.end) for s in around(whole, language.decode(), begin, stop, beside)] or [(begin, stop)]
    shown = [PassageSentence(*stretch(first, last), quoted=first < stop and last > begin) for first, last in found]
    return Passage(*stretch(min(begin, found[0][0]), max(stop, found[-1][1])), sentences=shown)
