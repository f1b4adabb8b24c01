"""Cursors of keyset pages: the value that a row is ordered by, and its key, as text."""

import datetime as dt
import math
from collections.abc import Callable
from functools import partial
from uuid import UUID

from sqlalchemy import BigInteger, Date, Float, Integer

from api.errors import BadArgument
from api.graphql.parts import Page, SearchHits, ordering_column
from api.graphql.sql.relevance import RELEVANCE
from models.base import Instant, Uid


def read_cursor(part: Page, order: str, text: str, argument: str) -> tuple[object, UUID]:
    """Return the value and the key of a cursor, which is ORDER.VALUE.ID.

    :raises BadArgument: if it is no cursor of this list in this order.
    """
    tag, _, rest = text.partition(".")
    value, _, key = rest.rpartition(".")
    if (tag in part.order.columns or tag == RELEVANCE) and tag != order:
        raise BadArgument(argument, f"this cursor belongs to a list ordered by {tag}, not by {order}")
    try:
        if tag != order:
            raise ValueError
        return _from_text(part, order)(value), UUID(key)
    except (ValueError, OverflowError):
        raise BadArgument(argument, f"{text[:80]!r} is not a cursor of this list") from None


def _from_text(part: Page, order: str) -> Callable[[str], object]:
    if isinstance(part.rows, SearchHits):
        return _real
    if order == RELEVANCE and part.order.relevance is not None:
        kind = part.order.relevance.kind
    else:
        kind = ordering_column(part.rows, part.order.columns[order]).type
    if isinstance(kind, Date):
        return dt.date.fromisoformat
    if isinstance(kind, Instant):
        return _instant
    if isinstance(kind, BigInteger):
        return partial(_integer, most=2**63)
    if isinstance(kind, Integer):
        return _integer
    if isinstance(kind, Uid):
        return UUID
    return _real if isinstance(kind, Float) else _text


def _instant(text: str) -> dt.datetime:
    value = dt.datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError
    return value.astimezone(dt.UTC)


def _integer(text: str, most: int = 2**31) -> int:
    value = int(text)
    if abs(value) >= most:
        raise OverflowError
    return value


def _real(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise OverflowError
    return value


def _text(text: str) -> str:
    if "\0" in text:
        raise ValueError
    return text
