"""Subscriptions in progress: catch up with the feed after the last event sent; live fields (ADR 0012, 0027)."""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from uuid import UUID

from api.cache import SingleFlight
from api.database.change_feed import ChangeFeed
from api.database.reader import Row
from api.database.statement import Plan
from api.errors import BadArgument
from api.graphql.field_errors import Failures
from api.graphql.operation import Operation
from api.graphql.parts import LiveField, Stream
from api.graphql.splice import complete
from api.graphql.sql.arguments import BATCH_SIZE
from api.graphql.sql.bound import BoundPage
from api.graphql.sql.compiler import Recipe
from api.graphql.sql.cursors import read_cursor
from api.security.viewer import ANONYMOUS, Viewer
from api.security.visibility import VIEWER, caller, visibility_of

_LAST = UUID(int=2**128 - 1)
_MAX_SHARED_BYTES = 262_144
"""Longer results are not cached for other subscribers: it bounds the memory."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a subscription: the answer to send, and the cursor to resume after; empty if there is no cursor."""

    cursor: str
    body: bytes


class ActiveSubscription(ABC):
    """A subscription in progress. Whenever the feed grows, its next events are read."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        (self._node,) = operation.plan.nodes
        self.announces_start = False
        """True if the first event must be `start`."""

    async def _plan(self, recipe: Recipe, viewer: Viewer) -> tuple[Plan, list[object]]:
        """Return the plan of a recipe, and its parameters for `viewer`."""
        compiler = self._operation.engine.compiler
        plan = await compiler.plan(recipe)
        values = {**self._operation.bound.values, VIEWER: caller(viewer)}
        return plan, plan.parameters(values, compiler.dialect.adapt)

    async def _rows(self, plan: Plan, parameters: Sequence[object]) -> Sequence[Row]:
        return await self._operation.engine.database.reader.rows(plan.sql, parameters)

    @abstractmethod
    def resume(self, cursor: str) -> None:
        """Begin after this cursor.

        :raises BadArgument: if it is no cursor of the feed.
        """

    @abstractmethod
    async def begin(self, feed: ChangeFeed) -> None:
        """Begin.

        :raises BadArgument: if there is nothing to subscribe to.
        """

    @property
    def start(self) -> Event | None:
        """An event without data that names the cursor after which events follow; None if there is no such cursor."""
        return None

    @abstractmethod
    async def next_events(self, viewer: Viewer, shared: SingleFlight) -> Sequence[Event]:
        """Read the events that are due. Subscribers that would read the same in `shared` read it once."""

    def advance(self, place: int) -> None:  # noqa: B027 (a live field has no place in the feed)
        """Skip the feed up to the position `place`, where no event is due, so that the next read can be shared."""

    @staticmethod
    def caught_up(events: Sequence[Event]) -> bool:
        """True if no more events were due when `events` were read."""
        return len(events) < BATCH_SIZE


class LiveQuery(ActiveSubscription):
    """Reads part of a row again and again, and sends it if it changed."""

    def __init__(self, operation: Operation) -> None:
        super().__init__(operation)
        self._sent: bytes | None = None

    def resume(self, cursor: str) -> None:
        """Do nothing: the current state is sent first, even if the client received the same state before."""

    async def begin(self, feed: ChangeFeed) -> None:
        """As `ActiveSubscription.begin`."""
        if not await self._current(ANONYMOUS, SingleFlight()):
            part = self._node.part
            assert isinstance(part, LiveField)
            raise BadArgument(part.argument, f"there is no {part.model.__name__} with this id")

    async def next_events(self, viewer: Viewer, shared: SingleFlight) -> Sequence[Event]:
        """As `ActiveSubscription.next_events`."""
        rows = await self._current(viewer, shared)
        if not rows or rows[0][0] == self._sent:
            return []
        self._sent = rows[0][0]
        return [Event("", b'{"data":{"%s":%s}}' % (self._node.key.encode(), rows[0][0]))]

    async def _current(self, viewer: Viewer, shared: SingleFlight) -> Sequence[Row]:
        operation = self._operation
        visibility = visibility_of(viewer)
        recipe = operation.engine.compiler.live_field(operation.plan, self._node, operation.bound, visibility)
        plan, parameters = await self._plan(recipe, viewer)
        return await shared.run((plan.sql, repr(parameters)), lambda: self._rows(plan, parameters))


@dataclass(frozen=True, slots=True)
class _Batch:
    """Events that follow one another in the feed, and the position and the key of the last event."""

    events: Sequence[Event]
    last: tuple[int, UUID] | None

    @property
    def is_shared(self) -> bool:
        """True if the batch is worth caching: it is the end of the feed, and short."""
        return len(self.events) < BATCH_SIZE and sum(len(e.body) for e in self.events) <= _MAX_SHARED_BYTES


class FeedSubscription(ActiveSubscription):
    """Reads the feed after its position."""

    def __init__(self, operation: Operation) -> None:
        super().__init__(operation)
        self._page = operation.bound.of(self._node, BoundPage)
        # What Python computes depends on all variables and on the viewer, not on the statement alone.
        plan = operation.plan
        self._computed_by = (plan, repr(operation.variables)) if plan.computed else None

    def resume(self, cursor: str) -> None:
        """As `ActiveSubscription.resume`."""
        part = self._node.part
        assert isinstance(part, Stream)
        self._page.bind_cursor("after", *read_cursor(part.page, part.page.order.default, cursor, "after"))

    async def begin(self, feed: ChangeFeed) -> None:
        """Begin after the cursor in the arguments; if there is none, after all events so far."""
        if self._page.position is None:
            self._page.bind_cursor("after", await feed.place(), _LAST)

    @property
    def _position(self) -> tuple[int, UUID]:
        assert self._page.position is not None
        return self._page.position

    @property
    def start(self) -> Event:
        """As `ActiveSubscription.start`."""
        place, key = self._position
        cursor = f"PLACE.{place}.{key}"
        return Event(cursor, b'{"data":null,"extensions":{"startCursor":"%s"}}' % cursor.encode())

    def advance(self, place: int) -> None:
        """As `ActiveSubscription.advance`."""
        if place > self._position[0]:
            self._page.bind_cursor("after", place, _LAST)

    async def next_events(self, viewer: Viewer, shared: SingleFlight) -> Sequence[Event]:
        """Read the next events, fewer than `BATCH_SIZE` if these are all. Each event is read once."""
        operation = self._operation
        recipe = operation.engine.compiler.edges(operation.plan, self._node, operation.bound, visibility_of(viewer))
        plan, parameters = await self._plan(recipe, viewer)
        # The viewer is among the parameters if the rows depend on it.
        key: Hashable = (plan.sql, repr(parameters), self._node.key, self._computed_by and (self._computed_by, viewer))
        batch = await shared.run(key, lambda: self._read(plan, parameters, viewer), lambda batch: batch.is_shared)
        if batch.last is not None:
            self._page.bind_cursor("after", *batch.last)
        return batch.events

    async def _read(self, plan: Plan, parameters: Sequence[object], viewer: Viewer) -> _Batch:
        rows = await self._rows(plan, parameters)
        operation = self._operation.for_viewer(viewer)
        opening = b'{"data":{"%s":' % self._node.key.encode()
        events = [
            Event(f"PLACE.{place}.{key.decode()}", await complete(operation, opening + text + b"}}", Failures()))
            for place, key, text in rows
        ]
        return _Batch(events, (rows[-1][0], UUID(rows[-1][1].decode())) if rows else None)


def subscription_of(operation: Operation) -> ActiveSubscription:
    """Return the subscription that an operation begins."""
    return (LiveQuery if isinstance(operation.plan.nodes[0].part, LiveField) else FeedSubscription)(operation)
