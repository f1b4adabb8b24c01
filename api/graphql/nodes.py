"""Types that all nouns share: global IDs, pages, ranges of dates."""

import datetime as dt
from typing import Generic, TypeVar

import strawberry

from api.graphql.fields import input_type, interface, object_type

T = TypeVar("T")


@interface
class Node:
    """An object with a global ID."""

    id: strawberry.ID
    """Global ID: an opaque string. Do not parse it."""


@object_type
class PageInfo:
    """The position of a page in its list."""

    has_next_page: bool
    """True if the list has items after this page."""
    has_previous_page: bool
    """True if the list has items before this page."""
    start_cursor: str | None
    """Cursor of the first edge. Null if the page is empty."""
    end_cursor: str | None
    """Cursor of the last edge. Null if the page is empty."""


@object_type
class Edge(Generic[T]):
    """An item of a list, with its position."""

    cursor: str
    """Position in the list, for `after` or `before`."""
    node: T
    """The item."""


@object_type
class Connection(Generic[T]):
    """A page of a list (keyset pagination: rows that are added or removed elsewhere do not shift it)."""

    edges: list[Edge[T]]
    """The items of the page, in order."""
    page_info: PageInfo
    """The position of the page in its list."""
    total_count: int
    """Number of items in the whole list. It is counted only if it is selected."""


@input_type
class DateRange:
    """A range of dates, both ends included. A missing end is open."""

    from_: dt.date | None = strawberry.field(name="from", default=strawberry.UNSET)
    """The first day."""
    to: dt.date | None
    """The last day."""
