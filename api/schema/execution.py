"""Executes operations: a query is one statement, a mutation a service and one statement that reads what came of it.

The answer is put together of JSON texts that the database wrote; only introspection is left to graphql-core.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from graphql import ExecutionResult, execute_sync

from api.database import Database, Shown
from api.errors import OperationError, TimedOut, TooCostly, Unavailable
from api.measures.measures import Measures
from api.schema.build import BuiltSchema
from api.schema.computation import checked
from api.schema.computed import Splicing
from api.schema.following import Followed, Subscribed, Watching
from api.schema.payload import Payload, batch, json_object
from api.schema.prepare import Documents, Operation, Reading, Refused
from api.security.viewer import Viewer
from api.security.visibility import sight
from api.selection.bind import Ask, bind
from api.selection.declare import Embed, Watched, mark
from api.selection.emit import TOO_MANY
from api.selection.plan import KEY, KEYS, Compiler, read_as
from api.selection.read import Field, Variables
from api.settings import Settings

_TOO_MANY = TOO_MANY.encode()
_INTROSPECTION = frozenset({"__schema", "__type"})


@dataclass(slots=True)
class Request:
    """What a client asks."""

    text: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    wants_start: bool = False
    """True if a subscription to the feed must first send the cursor at which it starts."""


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


class Execution:
    """The graph over one database."""

    def __init__(self, built: BuiltSchema, database: Database, settings: Settings) -> None:
        self.built, self.database, self._settings = built, database, settings
        self._documents = Documents(built, settings)
        self.measures = Measures(database)
        self.compiler = Compiler(built.graph, database.reader.dialect, settings.plan_cache_size)

    async def run(self, request: Request, viewer: Viewer, *, reading_only: bool = False) -> Answer:
        """The answer to `request`. Errors that are the caller's are in it; others are raised.

        :param reading_only: refuse mutations (a GET must change nothing).
        """
        prepared = self._prepared(request)
        if isinstance(prepared, Answer):
            return prepared
        operation, variables = prepared
        answer = Answer(b"", kind=operation.kind, name=operation.name)
        try:
            answer.body = await self._answered(operation, variables, viewer, reading_only)
        except Unavailable:
            raise
        except OperationError as error:
            answer.body = orjson.dumps({"data": None, "errors": [formatted(error)]})
            answer.codes = (error.code,)
        return answer

    def _prepared(self, request: Request) -> tuple[Operation, Variables] | Answer:
        try:
            operation = self._documents.operation(request.text, request.operation_name)
            return operation, operation.variables(request.variables)
        except Refused as refused:
            return _refused([e.formatted for e in refused.errors])
        except OperationError as error:
            return _refused([formatted(error)])

    async def kind(self, request: Request) -> str | None:
        """Return `query`, `mutation` or `subscription`; None if no operation of the request can be executed."""
        try:
            return self._documents.operation(request.text, request.operation_name).kind
        except (Refused, OperationError):
            return None

    async def followed(self, request: Request, after: str | None = None) -> Subscribed | Answer | None:
        """The subscription that `request` begins; why it is refused; None where it is a query or a mutation.

        Where `after` is given, it begins behind that cursor, whatever its own argument says.

        :raises Unavailable, TimedOut: where the database cannot be reached or is kept busy.
        """
        prepared = self._prepared(request)
        if isinstance(prepared, Answer):
            return prepared
        operation, variables = prepared
        if operation.kind != "subscription":
            return None
        try:
            reading = operation.reading(variables)
            if not reading.fields:
                raise OperationError("this subscribes to nothing")
            bound = bind(reading.asks, variables, self._settings.max_nodes)

            async def spliced(body: bytes, viewer: Viewer) -> bytes:
                return await self._spliced(body, reading, variables, viewer) if reading.computed else body

            followed: Subscribed
            if isinstance(self.built.graph.streams[reading.fields[0].name], Watched):
                followed = Watching(self.compiler, self.database.reader, reading, bound)
            else:
                followed = Followed(self.compiler, self.database.reader, reading, bound, variables, spliced)
            if after is not None:
                followed.resume(after)
            await followed.begin(self.database.feed)
            followed.announces_start = request.wants_start
        except (Unavailable, TimedOut):
            raise
        except OperationError as error:
            return _refused([formatted(error)])
        return followed

    async def _answered(self, operation: Operation, variables: Variables, viewer: Viewer, reading_only: bool) -> bytes:
        reading = operation.reading(variables)
        if operation.kind == "subscription":
            raise OperationError("subscribe over WebSocket (graphql-transport-ws), or accept text/event-stream")
        if operation.kind == "mutation":
            if reading_only:
                raise OperationError("a mutation must be sent by POST")
            members: Sequence[bytes] = [
                await self._change(reading, asked, variables, viewer) for asked in reading.fields
            ]
        else:
            members = await self._query(operation, reading, variables, viewer)
        body = json_object(zip((f.key for f in reading.fields), members, strict=True), b'{"data":', b"}")
        return await self._spliced(body, reading, variables, viewer) if reading.computed else body

    # ------------------------------------------------------------------ reading

    async def _query(self, operation: Operation, reading: Reading, variables: Variables, viewer: Viewer) -> list[bytes]:
        compiled = [f for f in reading.fields if f.name in self.built.graph.roots and f.slot not in reading.computed]
        written: dict[str, bytes] = {f.key: b'"Query"' for f in reading.fields if f.name == "__typename"}
        written.update((f.key, mark(f.slot).encode()) for f in reading.fields if f.slot in reading.computed)
        if compiled:
            bound = bind(reading.asks, variables, self._settings.max_nodes)
            plan = self.compiler.query(reading, compiled, bound, sight(viewer))
            reader = self.database.reader_for(viewer.annotator_id)
            rows = await read_as(viewer, reader, self.compiler.dialect, plan, bound.values)
            written.update(zip((f.key for f in compiled), rows[0], strict=True))
            _refuse_too_many(compiled, written)
        if len(written) < len(reading.fields):
            written.update(self._introspected(operation, variables))
        return [written[f.key] for f in reading.fields]

    def _introspected(self, operation: Operation, variables: Variables) -> dict[str, bytes]:
        result = execute_sync(
            self.built.schema,
            operation.left_over(variables, _INTROSPECTION),
            variable_values=dict(variables),
            operation_name=operation.name,
        )
        assert isinstance(result, ExecutionResult)
        assert result.data is not None, result.errors
        return {key: orjson.dumps(value) for key, value in result.data.items()}

    async def _spliced(self, body: bytes, reading: Reading, variables: Variables, viewer: Viewer) -> bytes:
        async def entities(
            reading: Reading, asked: Field, type_name: str, keys: Sequence[UUID]
        ) -> Mapping[bytes, bytes]:
            asks = reading.asks_within[asked.slot, type_name]
            most_nodes = self._settings.max_nodes // max(1, len(keys))
            return await self._rows(reading, asked, type_name, asks, keys, variables, viewer, most_nodes)

        return await Splicing(reading, variables, viewer, self.measures, entities).spliced(body)

    # ------------------------------------------------------------------ writing

    async def _change(self, reading: Reading, asked: Field, variables: Variables, viewer: Viewer) -> bytes:
        if asked.name == "__typename":
            return b'"Mutation"'
        change = self.built.changes[asked.name]
        try:
            given = asked.arguments(variables)["input"]
            shown = max(1, len(batch(given))) if any(f.name == "results" for f in asked.only) else 1
            for asks in reading.asks_below.values():
                # Before anything is changed: what refuses the reading of the payload refuses the change.
                bind(asks, variables, self._settings.max_nodes // shown)
            checked(reading.computed, variables)
            shown_at_once = self._shown(reading, asked, variables, viewer) if change.shows else None
            outcome = await change.carried_out(self.database, viewer, given, shown_at_once)
            await self.database.note_change(viewer.annotator_id)
            return await Payload(self.entities, reading, variables, viewer).written(asked, given, outcome)
        except OperationError as error:
            error.path = error.path or (asked.key,)
            raise

    def _shown(self, reading: Reading, asked: Field, variables: Variables, viewer: Viewer) -> Shown | None:
        """How the row of a payload is shown as it is written: where nothing is shown that the writing may change."""
        entities = [f for f in asked.only if f.slot in reading.asks_below]
        if len(entities) != 1 or not all(isinstance(a.part, Embed) for a in reading.asks_below[entities[0].slot]):
            return None
        ((type_name, fields),) = entities[0].selections.items()
        bound = bind(reading.asks_below[entities[0].slot], variables, self._settings.max_nodes)
        entity = self.built.graph.named(type_name)
        return self.compiler.shown((reading, entities[0].slot), entity, fields, bound, sight(viewer))

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
        bound = bind(asks, variables, most_nodes or self._settings.max_nodes)
        entity = self.built.graph.named(type_name)
        several = len(keys) > 1
        key, fields = (reading, asked.slot, type_name), asked.under(type_name)
        plan = self.compiler.entities(key, entity, fields, bound, sight(viewer), several=several)
        wanted = {KEYS: list(dict.fromkeys(keys))} if several else {KEY: keys[0]}
        values = {**bound.values, **wanted}
        rows = await read_as(viewer, self.database.reader, self.compiler.dialect, plan, values)
        return {key: text for key, text in rows}  # noqa: C416 (rows of the driver are no pairs to `dict`)


def _refuse_too_many(compiled: Sequence[Field], written: Mapping[str, bytes]) -> None:
    for f in compiled:
        if written[f.key] == _TOO_MANY:
            error = TooCostly("this network has more than 10,000 relations: narrow it by the filter", (f.key,))
            error.extensions["argument"] = "filter"
            raise error


def formatted(error: OperationError) -> dict[str, Any]:
    """An error as it stands in an answer."""
    written: dict[str, Any] = {"message": str(error), "extensions": {"code": error.code, **error.extensions}}
    if error.path:
        written["path"] = list(error.path)
    return written


def _refused(errors: list[Any]) -> Answer:
    codes = tuple(str(e.get("extensions", {}).get("code", "BAD_REQUEST")) for e in errors)
    return Answer(orjson.dumps({"errors": errors}), executed=False, codes=codes)
