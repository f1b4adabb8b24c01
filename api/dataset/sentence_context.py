"""Reads the text around the quotes of statements. ADR 0024."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, Text, case, cast, func, literal, select

from api.dataset.datasets import Datasets
from api.graphql.sql.dialects import DialectText
from api.security.viewer import Viewer
from models import Document, Statement
from models.base import Uid, table_of

REACH = 1_000
"""Code points that are read on either side of the quote, for each sentence requested there and the quote's own."""
_KEYS = "keys"


@dataclass(frozen=True, slots=True)
class QuotedText:
    """A quote with the text before and after it."""

    start: int
    """Position of the quote in the document, in code points."""
    start_utf16: int
    """Position of the quote in the document, in UTF-16 units."""
    language: str
    before: str
    quote: str
    after: str


async def read_quoted_texts(
    datasets: Datasets, viewer: Viewer, statements: Sequence[UUID], sentences: int
) -> Mapping[UUID, QuotedText]:
    """Return the quotes of statements with enough text around them for so many sentences on either side."""
    reach = REACH * (sentences + 1)
    values = {_KEYS: list(statements)}
    rows = await datasets.fetch(("passages", reach), viewer, values, lambda: _query(datasets.dialect, reach))
    return {
        UUID(key.decode()): QuotedText(start, start_utf16, *(text.decode() for text in texts))
        for key, start, start_utf16, *texts in rows
    }


def _query(dialect: DialectText, reach: int) -> Select[Any]:
    statement, document = table_of(Statement).alias(), table_of(Document).alias()
    size = literal(reach, Integer(), literal_execute=True)
    is_far = statement.c.start > size
    before = func.substr(
        document.c.text,
        case((is_far, statement.c.start - size + 1), else_=1),
        case((is_far, size), else_=statement.c.start),
    )
    after = func.substr(document.c.text, statement.c.end + 1, size)
    return (
        select(
            dialect.plain(statement.c.id),
            statement.c.start,
            statement.c.start_utf16,
            cast(document.c.language, Text),
            before,
            statement.c.exact,
            after,
        )
        .join_from(statement, document, document.c.id == statement.c.document_id)
        .where(dialect.member(statement.c.id, _KEYS, Uid()))
    )
