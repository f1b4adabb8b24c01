"""Executes operations: a query is one statement, a mutation a service and one statement that reads what came of it.

The answer is put together of JSON texts that the database wrote; only introspection is left to graphql-core. What is
wrong with a request is found before any of it is executed; what fails later fails as a single field (`failures`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
import structlog
from graphql import OperationType

from api.database.database import Database
from api.database.steps import Projection
from api.errors import InternalError, NotExecuted, OperationError, TimedOut, TooCostly, Unavailable
from api.graphql.built_schema import BuiltSchema
from api.graphql.computation import checked
from api.graphql.documents import Documents, Operation, Reading, Refused
from api.graphql.field_errors import Failures, formatted
from api.graphql.introspection import Introspection
from api.graphql.parts import Embed, LiveField, mark
from api.graphql.payload import Payload, json_object
from api.graphql.planning_thread import off_loop, weight
from api.graphql.selection import Field, Variables
from api.graphql.splice import Splicing
from api.graphql.sql.arguments import Ask, Bound, bind
from api.graphql.sql.compiler import KEY, KEYS, Compiler, read_as
from api.graphql.sql.unpaged import TOO_MANY
from api.graphql.subscription import Followed, Subscribed, Watching
from api.security.viewer import Viewer
from api.security.visibility import visibility_of
from api.settings import Settings

log = structlog.get_logger("stancegraph.operation")

_TOO_MANY = TOO_MANY.encode()
_VALUES = 30
"""How many values of variables take a tenth of a millisecond to coerce, or to bind once."""
_MAX_WEIGHT = 10_000
_TYPENAME = b'"Mutation"'


@dataclass(slots=True)
class Request:
    """What a client asks."""

    text: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    wants_start: bool = False
    """True if a subscription to the feed must first send the cursor at which it starts."""
    id: str = ""
    """The id under which the log tells of it."""


@dataclass(slots=True)
class Answer:
    """What it gets: the JSON text, and what a log line says of it."""

    body: bytes
    executed: bool = True
    """False where the request never came to be executed: what is wrong is the request itself."""
    kind: str | None = None
    name: str | None = None
    codes: tuple[str, ...] = ()
    """The codes of the errors in the answer."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """An operation with all that is known of it before it is executed."""

    operation: Operation
    reading: Reading
    variables: Variables
    bound: Bound
    """What the fields of a query or a subscription bind."""
    cost: float
    """What binding its variables to all its fields costs, by estimate."""
    request_id: str


class Execution:
    """The graph over one database."""

    def __init__(self, built: BuiltSchema, database: Database, settings: Settings, measures: Any) -> None:
        """:param measures: what computed fields read from: passed on in every `ComputeRequest`."""
        self.built, self.database, self._settings = built, database, settings
        self._documents = Documents(built, settings)
        self._introspection = Introspection(built.schema)
        self.measures = measures
        self.compiler = Compiler(built.graph, database.reader.dialect, settings.plan_cache_size)

    async def run(self, request: Request, viewer: Viewer, *, reading_only: bool = False) -> Answer:
        """The answer to `request`. Errors that are the caller's are in it; others are raised.

        :param reading_only: refuse mutations (a GET must change nothing).
        """
        prepared = await self._prepared(request)
        if isinstance(prepared, Answer):
            return prepared
        operation = prepared.operation
        if operation.kind == "subscription":
            error = OperationError("subscribe over WebSocket (graphql-transport-ws), or accept text/event-stream")
            return _refused([formatted(error)], operation)
        if operation.kind == "mutation" and reading_only:
            return _refused([formatted(OperationError("a mutation must be sent by POST"))], operation)
        answer = Answer(b"", kind=operation.kind, name=operation.name)
        failures = Failures()
        try:
            write = self._changes if operation.kind == "mutation" else self._query
            members = await write(prepared, viewer, failures)
            keys = (f.key for f in prepared.reading.fields)
            body = json_object(zip(keys, members, strict=True), b'{"data":', b"}")
            answer.body = await self._whole(body, prepared, viewer, failures)
        except Unavailable:
            raise
        except OperationError as error:
            failures.add(error)
            answer.body = orjson.dumps({"data": None, "errors": failures.errors})
        answer.codes = tuple(dict.fromkeys(each["extensions"]["code"] for each in failures.errors))
        return answer

    async def kind(self, request: Request) -> str | None:
        """Return `query`, `mutation` or `subscription`; None if no operation of the request can be executed."""
        try:
            return (await self._documents.operation(request.text, request.operation_name)).kind
        except (Refused, OperationError):
            return None

    async def followed(self, request: Request, after: str | None = None) -> Subscribed | Answer | None:
        """The subscription that `request` begins; why it is refused; None where it is a query or a mutation.

        Where `after` is given, it begins behind that cursor, whatever its own argument says.

        :raises Unavailable, TimedOut: where the database cannot be reached or is kept busy.
        """
        prepared = await self._prepared(request)
        if isinstance(prepared, Answer):
            return prepared
        reading, bound = prepared.reading, prepared.bound
        if prepared.operation.kind != "subscription":
            return None
        try:
            if not reading.fields:
                raise OperationError("this subscribes to nothing")

            async def spliced(body: bytes, viewer: Viewer) -> bytes:
                return await self._whole(body, prepared, viewer, Failures())

            followed: Subscribed
            if isinstance(self.built.graph.streams[reading.fields[0].name], LiveField):
                followed = Watching(self.compiler, self.database.reader, reading, bound)
            else:
                followed = Followed(self.compiler, self.database.reader, reading, bound, prepared.variables, spliced)
            if after is not None:
                followed.resume(after)
            await followed.begin(self.database.feed)
            followed.announces_start = request.wants_start
        except (Unavailable, TimedOut):
            raise
        except OperationError as error:
            return _refused([formatted(error)], prepared.operation)
        return followed

    # ------------------------------------------------------------------ before

    async def _prepared(self, request: Request) -> _Prepared | Answer:
        """All that can be known before anything is executed; whatever is wrong with it refuses the request."""
        operation = None
        try:
            operation = await self._documents.operation(request.text, request.operation_name)
            variables: Variables = {}
            if operation.takes_variables:
                variables = await off_loop(_cost(request.variables), lambda: operation.variables(request.variables))
            reading = await operation.reading(variables)
            cost = _cost(variables) * reading.arguments + len(request.text) / 100
            bound = await off_loop(cost, lambda: self._bound(reading, variables))
        except Refused as refused:
            return _refused(refused.errors, operation)
        except OperationError as error:
            return _refused([formatted(error)], operation)
        return _Prepared(operation, reading, variables, bound, cost, request.id)

    def _bind(self, asks: tuple[Ask, ...], variables: Variables, most_nodes: int | None = None) -> Bound:
        settings = self._settings
        most_nodes = settings.max_nodes if most_nodes is None else most_nodes
        return bind(asks, variables, most_nodes, settings.max_filter_values)

    def _bound(self, reading: Reading, variables: Variables) -> Bound:
        """What the root fields bind; nothing else is bound yet, but what cannot be is refused now."""
        for asks in reading.asks_within.values():
            self._bind(asks, variables)
        for asked in reading.fields if reading.asks_below else ():
            # Before anything is changed: what refuses the reading of the payload refuses the change.
            change = self.built.mutations.get(asked.name)
            shown = 1 if change is None else max(1, len(change.inputs(asked.arguments(variables)["input"])))
            for slot, asks in reading.asks_below.items():
                if slot in asked.slots:
                    self._bind(asks, variables, self._settings.max_nodes // shown)
        if reading.computed:
            checked(reading.computed, reading.paged, variables)
        return self._bind(reading.asks, variables)

    # ------------------------------------------------------------------ reading

    async def _query(self, prepared: _Prepared, viewer: Viewer, failures: Failures) -> list[bytes]:
        reading, bound = prepared.reading, prepared.bound
        compiled = [f for f in reading.fields if f.name in self.built.graph.roots and f.slot not in reading.computed]
        written: dict[str, bytes] = {f.key: b'"Query"' for f in reading.fields if f.name == "__typename"}
        written.update((f.key, mark(f.slot).encode()) for f in reading.fields if f.slot in reading.computed)
        for error in bound.errors:
            failures.add(error)
        if compiled:
            plan = await self.compiler.plan(self.compiler.query(reading, compiled, bound, visibility_of(viewer)))
            reader = self.database.reader_for(viewer.annotator_id)
            rows = await read_as(viewer, reader, self.compiler.dialect, plan, bound.values, prepared.cost)
            written.update(zip((f.key for f in compiled), rows[0], strict=True))
            written.update(_too_many(compiled, written, failures))
        if len(written) < len(reading.fields):
            written.update(await self._introspection.answer(prepared.operation, prepared.variables))
        return [written[f.key] for f in reading.fields]

    async def _whole(self, body: bytes, prepared: _Prepared, viewer: Viewer, failures: Failures) -> bytes:
        """The answer whose `data` the database wrote, with what is computed and with its errors."""
        reading = prepared.reading
        if reading.computed:
            body = await self._spliced(body, prepared, viewer, failures)
        if failures.marked:
            schema = self.built.schema
            root: Any = schema.get_root_type(OperationType(prepared.operation.kind))
            body = await off_loop(len(body) / 500, lambda: failures.settle(body, reading.fields, root, schema))
        return b'{"errors":%s,%s' % (orjson.dumps(failures.errors), body[1:]) if failures.errors else body

    async def _spliced(self, body: bytes, prepared: _Prepared, viewer: Viewer, failures: Failures) -> bytes:
        async def entities(
            reading: Reading, asked: Field, type_name: str, keys: Sequence[UUID]
        ) -> Mapping[bytes, bytes]:
            asks = reading.asks_within[asked.slot, type_name]
            most_nodes = self._settings.max_nodes // max(1, len(keys))
            return await self._rows(reading, asked, type_name, asks, keys, prepared.variables, viewer, most_nodes)

        return await Splicing(prepared.reading, prepared.variables, viewer, self.measures, entities, failures).spliced(
            body
        )

    # ------------------------------------------------------------------ writing

    async def _changes(self, prepared: _Prepared, viewer: Viewer, failures: Failures) -> list[bytes]:
        """The payloads of all mutations of a document, one after the other.

        Where one fails, those before it are done, and are in the answer; those after it are not carried out.
        """
        members: list[bytes] = []
        for asked in prepared.reading.fields:
            try:
                members.append(await self._change(prepared, asked, viewer))
            except Exception as error:
                if not any(f.name in self.built.mutations for f in prepared.reading.fields[: len(members)]):
                    raise
                left = prepared.reading.fields[len(members) :]
                return members + _abandoned(left, error, failures, prepared.request_id)
        return members

    async def _change(self, prepared: _Prepared, asked: Field, viewer: Viewer) -> bytes:
        if asked.name == "__typename":
            return _TYPENAME
        reading, variables = prepared.reading, prepared.variables
        change = self.built.mutations[asked.name]
        try:
            given = asked.arguments(variables)["input"]
            shown_at_once = self._shown(reading, asked, variables, viewer) if change.projects else None
            outcome = await change.execute(self.database, viewer, given, shown_at_once)
            await self.database.note_change(viewer.annotator_id)
            return await Payload(self.entities, reading, variables, viewer, change).written(asked, given, outcome)
        except OperationError as error:
            error.path = asked.path
            raise

    def _shown(self, reading: Reading, asked: Field, variables: Variables, viewer: Viewer) -> Projection | None:
        """How the row of a payload is shown as it is written: where nothing is shown that the writing may change."""
        entities = [f for f in asked.only if f.slot in reading.asks_below]
        if len(entities) != 1 or not all(isinstance(a.part, Embed) for a in reading.asks_below[entities[0].slot]):
            return None
        ((type_name, fields),) = entities[0].selections.items()
        bound = self._bind(reading.asks_below[entities[0].slot], variables)
        entity = self.built.graph.named(type_name)
        return self.compiler.shown((reading, entities[0].slot), entity, fields, bound, visibility_of(viewer))

    async def entities(
        self, reading: Reading, asked: Field, keys: Sequence[UUID], variables: Variables, viewer: Viewer
    ) -> tuple[str, Mapping[bytes, bytes]]:
        """The JSON texts, by the text of the key, of the rows that a payload's field shows."""
        (type_name,) = asked.selections
        asks = reading.asks_below[asked.slot]
        return type_name, await self._rows(reading, asked, type_name, asks, keys, variables, viewer)

    async def _rows(
        self,
        reading: Reading,
        asked: Field,
        type_name: str,
        asks: tuple[Ask, ...],
        keys: Sequence[UUID],
        variables: Variables,
        viewer: Viewer,
        most_nodes: int | None = None,
    ) -> Mapping[bytes, bytes]:
        if not keys:
            return {}
        cost = _cost(variables) * reading.arguments
        bound = await off_loop(cost, lambda: self._bind(asks, variables, most_nodes))
        entity = self.built.graph.named(type_name)
        several = len(keys) > 1
        recipe = self.compiler.entities(reading, asked, entity, bound, visibility_of(viewer), several=several)
        plan = await self.compiler.plan(recipe)
        wanted = {KEYS: list(dict.fromkeys(keys))} if several else {KEY: keys[0]}
        values = {**bound.values, **wanted}
        rows = await read_as(viewer, self.database.reader, self.compiler.dialect, plan, values, cost)
        return {key: text for key, text in rows}  # noqa: C416 (rows of the driver are no pairs to `dict`)


def _cost(variables: Mapping[str, Any]) -> float:
    """What coercing variables costs, or binding them to one field, by estimate."""
    return weight(variables, _MAX_WEIGHT) / _VALUES if variables else 0


def _too_many(compiled: Sequence[Field], written: Mapping[str, bytes], failures: Failures) -> Mapping[str, bytes]:
    """What stands for networks that hold more than they may."""
    message = "this network has more than 10,000 relations: narrow it by the filter"
    return {
        f.key: failures.mark(f, TooCostly(message, argument="filter")) for f in compiled if written[f.key] == _TOO_MANY
    }


def _abandoned(left: Sequence[Field], error: Exception, failures: Failures, request_id: str) -> list[bytes]:
    """What stands for the mutation that failed, and for those after it."""
    failed, *others = left
    if not isinstance(error, OperationError):
        log.error("failure", request_id=request_id, mutation=failed.name, exc_info=error)
        message = "something went wrong here; it is in the log under this request id"
        error = InternalError(message, requestId=request_id)
    error.path = failed.path
    failures.add(error)
    for f in others:
        if f.name != "__typename":
            failures.add(NotExecuted(f"not executed, since {failed.key} before it failed", f.path))
    return [_TYPENAME if f.name == "__typename" else b"null" for f in left]


def _refused(errors: list[Any], operation: Operation | None = None) -> Answer:
    codes = tuple(str(e.get("extensions", {}).get("code", "BAD_REQUEST")) for e in errors)
    kind, name = (None, None) if operation is None else (operation.kind, operation.name)
    return Answer(orjson.dumps({"errors": errors}), executed=False, kind=kind, name=name, codes=codes)
