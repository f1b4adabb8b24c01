"""Executes requests: the front door of the engine.

The answer is put together of JSON texts that the database wrote (ADR 0006); graphql-core only answers introspection.
Everything that can be wrong with a request is found before any of it is executed. What fails later fails as a single
field (`field_errors`, ADR 0026).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from api.database.database import Database
from api.errors import OperationError, TimedOut, Unavailable
from api.graphql.built_schema import BuiltSchema
from api.graphql.documents import DocumentOperation, Documents, RequestRefused
from api.graphql.field_errors import Failures, formatted
from api.graphql.introspection import Introspection
from api.graphql.operation import Engine, Operation, prepare
from api.graphql.payload import json_object
from api.graphql.planning_thread import off_loop, weight
from api.graphql.roots import execute_mutations, execute_query
from api.graphql.selection import Variables
from api.graphql.splice import complete
from api.graphql.sql.compiler import Compiler
from api.graphql.subscription import ActiveSubscription, subscription_of
from api.security.viewer import ANONYMOUS, Viewer
from api.settings import Settings

_VALUES = 30
"""Number of values of variables that take a tenth of a millisecond to coerce, or to bind once."""
_MAX_WEIGHT = 10_000


@dataclass(slots=True)
class Request:
    """A GraphQL request of a client."""

    text: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    wants_start: bool = False
    """True if a subscription to the feed must first send the cursor at which it starts."""
    id: str = ""
    """The request ID in the log."""


@dataclass(slots=True)
class Answer:
    """The response to a request: its JSON text, and the values of its log line."""

    body: bytes
    executed: bool = True
    """False if the request was refused before execution because the request itself is invalid."""
    kind: str | None = None
    name: str | None = None
    codes: tuple[str, ...] = ()
    """The codes of the errors in the answer."""


class Execution:
    """Executes requests over one database."""

    def __init__(self, built: BuiltSchema, database: Database, settings: Settings, datasets: Any) -> None:
        """:param datasets: what computed fields read from: passed on in every `ComputeRequest`."""
        self.built, self.database, self.datasets = built, database, datasets
        self._documents = Documents(built, settings)
        self._introspection = Introspection(built.schema)
        self.compiler = Compiler(built.graph, database.reader.dialect, settings.plan_cache_size)
        self._engine = Engine(built, self.compiler, database, settings, datasets)

    async def run(self, request: Request, viewer: Viewer, *, reading_only: bool = False) -> Answer:
        """Return the answer to `request`. It holds the caller's errors; others are raised.

        :param reading_only: refuse mutations (a GET must change nothing).
        """
        operation = await self._prepare(request, viewer)
        if isinstance(operation, Answer):
            return operation
        document = operation.document
        if document.kind == "subscription":
            error = OperationError("subscribe over WebSocket (graphql-transport-ws), or accept text/event-stream")
            return _refusal([formatted(error)], document)
        if document.kind == "mutation" and reading_only:
            return _refusal([formatted(OperationError("a mutation must be sent by POST"))], document)
        answer = Answer(b"", kind=document.kind, name=document.name)
        failures = Failures()
        try:
            answer.body = await self._body(operation, failures)
        except Unavailable:
            raise
        except OperationError as error:
            failures.add(error)
            answer.body = orjson.dumps({"data": None, "errors": failures.errors})
        answer.codes = tuple(dict.fromkeys(each["extensions"]["code"] for each in failures.errors))
        return answer

    async def _body(self, operation: Operation, failures: Failures) -> bytes:
        if operation.document.kind == "mutation":
            members = await execute_mutations(operation, failures)
        else:
            members = await execute_query(operation, self._introspection, failures)
        keys = (node.key for node in operation.plan.nodes)
        body = json_object(zip(keys, members, strict=True), b'{"data":', b"}")
        return await complete(operation, body, failures)

    async def kind(self, request: Request) -> str | None:
        """Return `query`, `mutation` or `subscription`; None if no operation of the request can be executed."""
        try:
            return (await self._documents.operation(request.text, request.operation_name)).kind
        except (RequestRefused, OperationError):
            return None

    async def subscribe(self, request: Request, after: str | None = None) -> ActiveSubscription | Answer | None:
        """Begin the subscription of `request`; return it, its refusal, or None if it is a query or a mutation.

        :param after: the cursor after which the subscription begins; overrides the argument of the field.
        :raises Unavailable, TimedOut: if the database is unreachable or busy.
        """
        operation = await self._prepare(request, ANONYMOUS)
        if isinstance(operation, Answer):
            return operation
        if operation.document.kind != "subscription":
            return None
        try:
            if not operation.plan.nodes:
                raise OperationError("this subscribes to nothing")
            subscription = subscription_of(operation)
            if after is not None:
                subscription.resume(after)
            await subscription.begin(self.database.feed)
            subscription.announces_start = request.wants_start
        except (Unavailable, TimedOut):
            raise
        except OperationError as error:
            return _refusal([formatted(error)], operation.document)
        return subscription

    async def _prepare(self, request: Request, viewer: Viewer) -> Operation | Answer:
        """Return the operation of a request, ready to be executed, or the refusal of the request."""
        document = None
        try:
            document = await self._documents.operation(request.text, request.operation_name)
            variables: Variables = {}
            if document.takes_variables:
                coerce = document.variables
                variables = await off_loop(_cost(request.variables), lambda: coerce(request.variables))
            return await prepare(self._engine, document, variables, _cost(variables), viewer, request.id)
        except RequestRefused as refused:
            return _refusal(refused.errors, document)
        except OperationError as error:
            return _refusal([formatted(error)], document)


def _cost(variables: Mapping[str, Any]) -> float:
    """Return the estimated cost of coercing variables, or of binding them to one field."""
    return weight(variables, _MAX_WEIGHT) / _VALUES if variables else 0


def _refusal(errors: list[Any], document: DocumentOperation | None = None) -> Answer:
    codes = tuple(str(e.get("extensions", {}).get("code", "BAD_REQUEST")) for e in errors)
    kind, name = (None, None) if document is None else (document.kind, document.name)
    return Answer(orjson.dumps({"errors": errors}), executed=False, kind=kind, name=name, codes=codes)
