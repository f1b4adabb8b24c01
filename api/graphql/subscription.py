"""A subscription under way: the next edges of the feed behind the last that were read, as its caller may see them."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from uuid import UUID

from api.cache import SingleFlight
from api.database.change_feed import ChangeFeed
from api.database.reader import Reader, Row
from api.database.statement import Plan
from api.errors import BadArgument
from api.graphql.documents import Reading
from api.graphql.parts import LiveField, Stream
from api.graphql.selection import Variables
from api.graphql.sql.arguments import AT_ONCE, Bound, slot_name
from api.graphql.sql.compiler import Compiler
from api.graphql.sql.cursors import read_cursor
from api.security.viewer import ANONYMOUS, Viewer
from api.security.visibility import VIEWER, caller, visibility_of

Splicer = Callable[[bytes, Viewer], Awaitable[bytes]]
"""Puts what only Python can compute into the text of an answer."""

_LAST = UUID(int=2**128 - 1)
_MAX_SHARED_BYTES = 262_144
"""Longer results are not remembered for those that ask later: memory is bounded by it."""


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
        self.announces_start = False
        """True if the first event must be `start`."""

    def _parameters(self, plan: Plan, viewer: Viewer) -> list[object]:
        return plan.parameters({**self._bound.values, VIEWER: caller(viewer)}, self._compiler.dialect.adapt)

    @abstractmethod
    def resume(self, cursor: str) -> None:
        """Begin behind this cursor.

        :raises BadArgument: where it is none of the feed's.
        """

    @abstractmethod
    async def begin(self, feed: ChangeFeed) -> None:
        """Begin.

        :raises BadArgument: where it leads to nothing.
        """

    @property
    def start(self) -> Event | None:
        """An event without data that names the cursor after which events follow; None if there is no such cursor."""
        return None

    @abstractmethod
    async def more(self, viewer: Viewer, shared: SingleFlight) -> Sequence[Event]:
        """What there is to send now; who would read the same in `shared` reads it once."""

    def advance(self, place: int) -> None:  # noqa: B027 (what has no place in the feed does nothing)
        """Note that nothing up to `place` in the feed is left to send, so that the next read is that of others."""

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

    async def begin(self, feed: ChangeFeed) -> None:
        """As `Subscribed.begin`."""
        if not await self._stands(ANONYMOUS, SingleFlight()):
            (ask, *_) = self._reading.asks
            assert isinstance(ask.part, LiveField)
            raise BadArgument(ask.part.argument, f"there is no {ask.part.model.__name__} with this id")

    async def more(self, viewer: Viewer, shared: SingleFlight) -> Sequence[Event]:
        """As `Subscribed.more`."""
        rows = await self._stands(viewer, shared)
        if not rows or rows[0][0] == self._sent:
            return []
        self._sent = rows[0][0]
        return [Event("", b'{"data":{"%s":%s}}' % (self._field.key.encode(), rows[0][0]))]

    async def _stands(self, viewer: Viewer, shared: SingleFlight) -> Sequence[Row]:
        recipe = self._compiler.watched(self._reading, self._field, self._bound, visibility_of(viewer))
        plan = await self._compiler.plan(recipe)
        parameters = self._parameters(plan, viewer)
        return await shared.run((plan.sql, repr(parameters)), lambda: self._reader.rows(plan.sql, parameters))


@dataclass(frozen=True, slots=True)
class _Batch:
    """Events that follow one another in the feed, and the place and the key of the last."""

    events: Sequence[Event]
    last: tuple[int, UUID] | None

    @property
    def is_shared(self) -> bool:
        """True if the batch is worth remembering: it is the end of the feed, and not long."""
        return len(self.events) < AT_ONCE and sum(len(e.body) for e in self.events) <= _MAX_SHARED_BYTES


class Followed(Subscribed):
    """Reads the feed on, as far as it has come."""

    def __init__(
        self,
        compiler: Compiler,
        reader: Reader,
        reading: Reading,
        bound: Bound,
        variables: Variables,
        spliced: Splicer,
    ) -> None:
        super().__init__(compiler, reader, reading, bound)
        self._spliced = spliced
        self._place, self._key = (f"{slot_name(self._field)}_after_{part}" for part in ("value", "id"))
        # What Python computes hangs on all variables and on who asks, not on the statement alone.
        self._computed_by = (reading, repr(variables)) if reading.computed else None

    def resume(self, cursor: str) -> None:
        """As `Subscribed.resume`."""
        (stream,) = [ask.part for ask in self._reading.asks if isinstance(ask.part, Stream)]
        place, key = read_cursor(stream.page, stream.page.order.default, cursor, "after")
        self._bound.values.update({self._place: place, self._key: key})

    async def begin(self, feed: ChangeFeed) -> None:
        """Begin behind the cursor that was given; where none was, behind all there is."""
        if self._key not in self._bound.values:
            self._bound.values.update({self._place: await feed.place(), self._key: _LAST})

    @property
    def start(self) -> Event:
        """As `Subscribed.start`."""
        cursor = f"PLACE.{self._bound.values[self._place]}.{self._bound.values[self._key]}"
        return Event(cursor, b'{"data":null,"extensions":{"startCursor":"%s"}}' % cursor.encode())

    def advance(self, place: int) -> None:
        """As `Subscribed.advance`."""
        at = self._bound.values[self._place]
        assert isinstance(at, int)
        if place > at:
            self._bound.values.update({self._place: place, self._key: _LAST})

    async def more(self, viewer: Viewer, shared: SingleFlight) -> Sequence[Event]:
        """The next events, fewer than `AT_ONCE` where these are all; each is read once."""
        recipe = self._compiler.edges(self._reading, self._field, self._bound, visibility_of(viewer))
        plan = await self._compiler.plan(recipe)
        parameters = self._parameters(plan, viewer)
        # Whoever asks is among the parameters wherever the rows depend on it.
        key: Hashable = (plan.sql, repr(parameters), self._field.key, self._computed_by and (self._computed_by, viewer))
        batch = await shared.run(key, lambda: self._read(plan, parameters, viewer), lambda batch: batch.is_shared)
        if batch.last is not None:
            self._bound.values.update(zip((self._place, self._key), batch.last, strict=True))
        return batch.events

    async def _read(self, plan: Plan, parameters: Sequence[object], viewer: Viewer) -> _Batch:
        rows = await self._reader.rows(plan.sql, parameters)
        opening = b'{"data":{"%s":' % self._field.key.encode()
        events = [
            Event(f"PLACE.{place}.{key.decode()}", await self._spliced(opening + text + b"}}", viewer))
            for place, key, text in rows
        ]
        return _Batch(events, (rows[-1][0], UUID(rows[-1][1].decode())) if rows else None)
