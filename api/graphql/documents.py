"""Parses, measures, validates and plans documents, and caches them by their text."""

import contextlib
from collections.abc import Hashable, Mapping
from typing import Any, TypeAlias

from graphql import (
    DocumentNode,
    GraphQLError,
    MaxIntrospectionDepthRule,
    OperationDefinitionNode,
    get_variable_values,
    parse,
    specified_rules,
    validate,
)

from api.cache import BoundedCache
from api.errors import OperationError
from api.graphql.built_schema import BuiltSchema
from api.graphql.coercion import Coercion, Unusual
from api.graphql.document_limits import check
from api.graphql.plan import OperationPlan, build_plan
from api.graphql.planning_thread import off_loop
from api.graphql.selection import Variables, condition_variables, left_over, read
from api.graphql.sql.compiler import COST_EACH
from api.graphql.standard_introspection import is_standard
from api.settings import Settings

RULES = (*specified_rules, MaxIntrospectionDepthRule)
_MAX_ERRORS = 20
_MAX_MESSAGE = 400
_MAX_LOCATIONS = 4
_REFUSAL_COST = 10
"""Weight of a cached refusal: its messages are short."""
_CHARACTERS = 7
"""Number of characters of a dense document that take a tenth of a millisecond to parse and validate."""
STANDARD_FORMS = 16
"""Number of forms of the standard introspection query that are cached, in a cache of their own."""
_MAX_CACHED_CHARACTERS = 32_768
"""A longer document is not cached: it bounds the memory of the cache."""


class RequestRefused(Exception):
    """A request is not executed; `errors` holds the reasons."""

    def __init__(self, errors: list[GraphQLError], code: str) -> None:
        super().__init__()
        self.errors = [{**_brief(e), "extensions": {"code": code, **(e.extensions or {})}} for e in errors]

    def again(self) -> "RequestRefused":
        """Return an equal exception to raise.

        A cached one is never raised itself: its traceback would keep the frames of a request, and all its data, alive.
        """
        other = RequestRefused([], "")
        other.errors = self.errors
        return other


def _brief(error: GraphQLError) -> dict[str, Any]:
    """Return an error for clients: a message may quote a whole document, and have a thousand locations."""
    formatted: dict[str, Any] = {**error.formatted}
    if len(error.message) > _MAX_MESSAGE:
        formatted["message"] = f"{error.message[: _MAX_MESSAGE - 1]}…"
    if len(formatted.get("locations") or ()) > _MAX_LOCATIONS:
        formatted["locations"] = formatted["locations"][:_MAX_LOCATIONS]
    return formatted


class DocumentOperation:
    """One operation of a valid document.

    Its syntax tree is dropped once the first plan is built, and parsed again if its conditions need another plan: a
    syntax tree is ten thousand objects, and every run of the garbage collector would visit those in the cache.
    """

    def __init__(
        self,
        built: BuiltSchema,
        text: str,
        document: DocumentNode,
        node: OperationDefinitionNode,
        cost: int,
        plans: "OperationPlans",
    ) -> None:
        self.built, self.text, self.cost = built, text, cost
        self.is_standard = "__schema" in text and is_standard(document)
        """True if the operation is the standard introspection query, which has a cache of its own."""
        self.name = node.name.value if node.name else None
        self.kind = node.operation.value
        """`query`, `mutation` or `subscription`."""
        self.conditions = condition_variables(node, document)
        """The variables in the conditions (`@skip`, `@include`) of the operation."""
        self._coercion = Coercion(built.schema, node.variable_definitions) if node.variable_definitions else None
        self._document: DocumentNode | None = document
        self._plans = plans

    @property
    def takes_variables(self) -> bool:
        """True if the operation declares variables."""
        return self._coercion is not None

    def variables(self, values: Mapping[str, Any]) -> Variables:
        """Return the coerced values of the variables.

        :raises RequestRefused: if a value does not fit its type.
        """
        if self._coercion is None:
            return {}
        with contextlib.suppress(Unusual):
            return self._coercion(values)
        definitions = self._node(parse(self.text)).variable_definitions or ()
        found = get_variable_values(self.built.schema, definitions, dict(values), max_errors=_MAX_ERRORS)
        if isinstance(found, list):
            raise RequestRefused(found, "BAD_USER_INPUT")
        return found.coerced

    def _node(self, document: DocumentNode) -> OperationDefinitionNode:
        operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        return next(o for o in operations if (o.name.value if o.name else None) == self.name)

    async def plan(self, variables: Variables) -> OperationPlan:
        """Return the plan tree of its fields, with the conditions that `variables` meet.

        :raises BadArgument: if a value in the document is not valid.
        """
        key = (self, *(variables.get(name) for name in self.conditions))
        plan = self._plans.get(key)
        if plan is None:
            plan = await off_loop(self.cost, lambda: self.build_plan(variables))
            self._plans.put(key, plan, self.cost)
        return plan

    def build_plan(self, variables: Variables) -> OperationPlan:
        """Build the plan tree of its fields, with the conditions that `variables` meet."""
        document = self._document or parse(self.text, no_location=True)
        fields = read(self.built.schema, document, self._node(document), variables)
        self._document = None
        return build_plan(self.built.graph, fields, self.kind, self.cost)

    def left_over(self, variables: Variables, names: frozenset[str]) -> DocumentNode:
        """Return a document with only the root fields called `names`, for graphql-core to execute."""
        document = parse(self.text, no_location=True)
        return left_over(self.built.schema, document, self._node(document), variables, names)


_Prepared: TypeAlias = "dict[str | None, DocumentOperation] | RequestRefused"
"""The operations of a document by name, or its refusal."""
OperationPlans: TypeAlias = BoundedCache[Hashable, OperationPlan]
"""Operation and the values of the variables in its conditions → its plan. One cache for all operations."""


class Documents:
    """Turns texts into operations, and caches documents."""

    def __init__(self, built: BuiltSchema, settings: Settings) -> None:
        self._built, self._settings = built, settings
        size = settings.plan_cache_size
        self._documents: BoundedCache[str, _Prepared] = BoundedCache(size, size * COST_EACH)
        self._plans: OperationPlans = BoundedCache(size, size * COST_EACH)
        self._standard: BoundedCache[str, dict[str | None, DocumentOperation]] = BoundedCache(STANDARD_FORMS)

    async def operation(self, text: str, name: str | None) -> DocumentOperation:
        """Return the operation called `name` of the document `text`, or its only operation if there is no name.

        :raises RequestRefused: if the document is not valid, too large, or has no such operation.
        """
        prepared = self._documents.get(text) or self._standard.get(text)
        if prepared is None:
            prepared = await off_loop(len(text) / _CHARACTERS, lambda: self.prepare(text))
            if len(text) <= _MAX_CACHED_CHARACTERS:
                self._cache(text, prepared)
        return choose_operation(prepared, name)

    def _cache(self, text: str, prepared: _Prepared) -> None:
        if isinstance(prepared, dict) and any(operation.is_standard for operation in prepared.values()):
            self._standard[text] = prepared
        else:
            operations = prepared.values() if isinstance(prepared, dict) else ()
            self._documents.put(text, prepared, sum(operation.cost for operation in operations) or _REFUSAL_COST)

    def prepare(self, text: str) -> _Prepared:
        """Return the operations of the document `text` by name, or its refusal."""
        try:
            document = parse(text, max_tokens=self._settings.max_tokens, no_location=True)
        except GraphQLError as error:
            too_long = "tokens. Parsing aborted" in error.message
            return RequestRefused([error], "LIMIT_EXCEEDED" if too_long else "GRAPHQL_PARSE_FAILED")
        try:
            cost = check(document, self._settings, self._built.list_names)
        except GraphQLError as error:
            return RequestRefused([error], "LIMIT_EXCEEDED")
        if validate(self._built.schema, document, RULES, max_errors=1):
            # Once more, for the locations.
            errors = validate(self._built.schema, parse(text), RULES, max_errors=_MAX_ERRORS)
            return RequestRefused(errors, "GRAPHQL_VALIDATION_FAILED")
        operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        if not operations:
            return RequestRefused([GraphQLError("the document holds no operation")], "GRAPHQL_VALIDATION_FAILED")
        found = (DocumentOperation(self._built, text, document, o, cost, self._plans) for o in operations)
        return {operation.name: operation for operation in found}


def choose_operation(prepared: _Prepared, name: str | None) -> DocumentOperation:
    """Return the operation called `name` among those of a document, or its only operation if there is no name.

    :raises RequestRefused: if the document was refused.
    :raises OperationError: if the document has no such operation.
    """
    if isinstance(prepared, RequestRefused):
        raise prepared.again()
    if name is None and len(prepared) == 1:
        return next(iter(prepared.values()))
    if name is None:
        raise OperationError("the document holds several operations: name one in operationName")
    if name not in prepared:
        raise OperationError(f"the document holds no operation named {name!r}")
    return prepared[name]
