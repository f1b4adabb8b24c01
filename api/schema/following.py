"""A subscription under way: the next edges of the feed behind the last that were read, as its caller may see them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from api.database import Reader
from api.database.feed import Feed
from api.schema.prepare import Reading
from api.security.viewer import Viewer
from api.security.visibility import NOBODY, VIEWER, sight
from api.selection.bind import AT_ONCE, Bound, read_cursor, slot_name
from api.selection.declare import Stream
from api.selection.plan import Compiler

Splicer = Callable[[bytes, Viewer], Awaitable[bytes]]
"""Puts what only Python can compute into the text of an answer."""

_LAST = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class Event:
    """What a subscriber is sent: an answer, and the cursor to go on behind it."""

    cursor: str
    body: bytes


class Followed:
    """Reads the feed on, as far as it has come."""

    def __init__(self, compiler: Compiler, reader: Reader, reading: Reading, bound: Bound, spliced: Splicer) -> None:
        (self._field,) = reading.fields
        self._compiler, self._reader, self._reading, self._bound = compiler, reader, reading, bound
        self._spliced = spliced
        self._place, self._key = (f"{slot_name(self._field)}_after_{part}" for part in ("value", "id"))

    def resume(self, cursor: str) -> None:
        """Begin behind this cursor.

        :raises BadArgument: where it is none of the feed's.
        """
        (stream,) = [ask.part for ask in self._reading.asks if isinstance(ask.part, Stream)]
        place, key = read_cursor(stream.page, stream.page.order.default, cursor, "after")
        self._bound.values.update({self._place: place, self._key: key})

    async def begin(self, feed: Feed) -> None:
        """Begin behind the cursor that was given; where none was, behind all there is."""
        if self._key not in self._bound.values:
            self._bound.values.update({self._place: await feed.place(), self._key: _LAST})

    async def more(self, viewer: Viewer) -> Sequence[Event]:
        """The next events, fewer than `AT_ONCE` where these are all; each is read once."""
        plan = self._compiler.edges(self._reading, self._field, self._bound, sight(viewer))
        values = {**self._bound.values, VIEWER: viewer.annotator_id or NOBODY}
        rows = await self._reader.rows(plan.sql, plan.parameters(values, self._compiler.dialect.adapt))
        opening = b'{"data":{"%s":' % self._field.key.encode()
        events = [
            Event(f"PLACE.{place}.{key.decode()}", await self._spliced(opening + text + b"}}", viewer))
            for place, key, text in rows
        ]
        if rows:
            self._bound.values.update({self._place: rows[-1][0], self._key: UUID(rows[-1][1].decode())})
        return events

    @staticmethod
    def are_all(events: Sequence[Event]) -> bool:
        """Whether nothing was there behind them when they were read."""
        return len(events) < AT_ONCE
