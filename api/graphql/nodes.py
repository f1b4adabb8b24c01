"""What all nouns share: a global id, pages, ranges of dates."""

import datetime as dt
from typing import Generic, TypeVar

import strawberry

from api.graphql.fields import input_type, interface, object_type

T = TypeVar("T")


@interface
class Node:
    """Anything with a global id."""

    id: strawberry.ID
    """Opaque: keep it, compare it, pass it back; do not read anything into it."""


@object_type
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool
    """Whether the list goes on behind this page."""
    has_previous_page: bool
    """Whether the list has something before this page."""
    start_cursor: str | None
    """The cursor of the first edge; null on an empty page."""
    end_cursor: str | None
    """The cursor of the last edge; null on an empty page."""


@object_type
class Edge(Generic[T]):
    """A place in a list."""

    cursor: str
    """Where this is in the list: pass it as `after` or `before`."""
    node: T
    """What stands there."""


@object_type
class Connection(Generic[T]):
    """A page of a list, by keyset: rows that come or go elsewhere do not shift it."""

    edges: list[Edge[T]]
    """The page, in order."""
    page_info: PageInfo
    """Where the page stands."""
    total_count: int
    """How long the whole list is; counted only where it is asked for."""


@input_type
class DateRange:
    """A stretch of days, both ends in it; an end that is left out is open."""

    from_: dt.date | None = strawberry.field(name="from", default=strawberry.UNSET)
    """The first day."""
    to: dt.date | None
    """The last day."""
