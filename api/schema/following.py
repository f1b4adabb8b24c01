"""A subscription under way: the next edges of the feed behind the last that were read, as its caller may see them."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from api.database import Reader
from api.database.feed import Feed
from api.database.reading import Row
from api.errors import BadArgument
from api.schema.prepare import Reading
from api.security.viewer import ANONYMOUS, Viewer
from api.security.visibility import sight
from api.selection.bind import AT_ONCE, Bound, slot_name
from api.selection.cursors import read_cursor
from api.selection.declare import Stream, Watched
from api.selection.plan import Compiler, Recipe, read_as

Splicer = Callable[[bytes, Viewer], Awaitable[bytes]]
"""Puts what only Python can compute into the text of an answer."""

_LAST = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class Event:
    """What a subscriber is sent: an answer, and the cursor to go on behind it, where there is one."""

    cursor: str
    body: bytes


class Subscribed(ABC):
    """A subscription under way. Whenever the feed has come further, it is asked for more."""

    def __init__(self, compiler: Compiler, reader: Reader, reading: Reading, bound: Bound) -> None:
        (self._field,) = reading.fields
        self._compiler, self._reader, self._reading, self._bound = compiler, reader, reading, bound

    async def _read(self, recipe: Recipe, viewer: Viewer) -> Sequence[Row]:
        plan = await self._compiler.plan(recipe)
        return await read_as(viewer, self._reader, self._compiler.dialect, plan, self._bound.values)

    @abstractmethod
    def resume(self, cursor: str) -> None:
        """Begin behind this cursor.

        :raises BadArgument: where it is none of the feed's.
        """

    @abstractmethod
    async def begin(self, feed: Feed) -> None:
        """Begin.

        :raises BadArgument: where it leads to nothing.
        """

    @abstractmethod
    async def more(self, viewer: Viewer) -> Sequence[Event]:
        """What there is to send now."""

    @staticmethod
    def are_all(events: Sequence[Event]) -> bool:
        """Whether nothing was there behind them when they were read."""
        return len(events) < AT_ONCE


class Watching(Subscribed):
    """Reads part of a row again and again, and sends it where it is another than before."""

    def __init__(self, compiler: Compiler, reader: Reader, reading: Reading, bound: Bound) -> None:
        super().__init__(compiler, reader, reading, bound)
        self._sent: bytes | None = None

    def resume(self, cursor: str) -> None:
        """What stands is sent first, whatever was sent before."""

    async def begin(self, feed: Feed) -> None:
        """As `Subscribed.begin`."""
        if not await self._stands(ANONYMOUS):
            (ask, *_) = self._reading.asks
            assert isinstance(ask.part, Watched)
            raise BadArgument(ask.part.argument, f"there is no {ask.part.model.__name__} with this id")

    async def more(self, viewer: Viewer) -> Sequence[Event]:
        """As `Subscribed.more`."""
        rows = await self._stands(viewer)
        if not rows or rows[0][0] == self._sent:
            return []
        self._sent = rows[0][0]
        return [Event("", b'{"data":{"%s":%s}}' % (self._field.key.encode(), rows[0][0]))]

    async def _stands(self, viewer: Viewer) -> Sequence[Row]:
        recipe = self._compiler.watched(self._reading, self._field, self._bound, sight(viewer))
        return await self._read(recipe, viewer)


class Followed(Subscribed):
    """Reads the feed on, as far as it has come."""

    def __init__(self, compiler: Compiler, reader: Reader, reading: Reading, bound: Bound, spliced: Splicer) -> None:
        super().__init__(compiler, reader, reading, bound)
        self._spliced = spliced
        self._place, self._key = (f"{slot_name(self._field)}_after_{part}" for part in ("value", "id"))

    def resume(self, cursor: str) -> None:
        """As `Subscribed.resume`."""
        (stream,) = [ask.part for ask in self._reading.asks if isinstance(ask.part, Stream)]
        place, key = read_cursor(stream.page, stream.page.order.default, cursor, "after")
        self._bound.values.update({self._place: place, self._key: key})

    async def begin(self, feed: Feed) -> None:
        """Begin behind the cursor that was given; where none was, behind all there is."""
        if self._key not in self._bound.values:
            self._bound.values.update({self._place: await feed.place(), self._key: _LAST})

    async def more(self, viewer: Viewer) -> Sequence[Event]:
        """The next events, fewer than `AT_ONCE` where these are all; each is read once."""
        recipe = self._compiler.edges(self._reading, self._field, self._bound, sight(viewer))
        rows = await self._read(recipe, viewer)
        opening = b'{"data":{"%s":' % self._field.key.encode()
        events = [
            Event(f"PLACE.{place}.{key.decode()}", await self._spliced(opening + text + b"}}", viewer))
            for place, key, text in rows
        ]
        if rows:
            self._bound.values.update({self._place: rows[-1][0], self._key: UUID(rows[-1][1].decode())})
        return events
