"""Prepares documents: parsed, measured, validated and read once, and kept under their text."""

import contextlib
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
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
from api.graphql.computation import ToCompute
from api.graphql.document_limits import check
from api.graphql.graph import Graph
from api.graphql.parts import Computed, Part
from api.graphql.planning_thread import off_loop
from api.graphql.selection import Field, Variables, condition_variables, left_over, read
from api.graphql.sql.arguments import Ask, asks, asks_of
from api.graphql.sql.compiler import COST_EACH
from api.graphql.standard_introspection import is_standard
from api.ids import PREFIXES
from api.settings import Settings

RULES = (*specified_rules, MaxIntrospectionDepthRule)
_MOST_ERRORS = 20
_LONGEST_MESSAGE = 400
_MOST_LOCATIONS = 4
_REFUSAL_COST = 10
"""What a cached refusal counts as: its messages are short."""
_CHARACTERS = 7
"""How many characters of a document take a tenth of a millisecond to parse and validate, where they are dense."""
STANDARD_FORMS = 16
"""How many forms of the standard introspection query are cached, beside all other documents."""
_LONGEST_KEPT = 32_768
"""A longer document is read anew each time: the cache is bounded by what it holds, not only by how many."""


class Refused(Exception):
    """A request that is not executed; `errors` say why."""

    def __init__(self, errors: list[GraphQLError], code: str) -> None:
        super().__init__()
        self.errors = [{**_brief(e), "extensions": {"code": code, **(e.extensions or {})}} for e in errors]

    def again(self) -> "Refused":
        """Return the same refusal to be raised.

        A cached one is never raised itself: its traceback would keep the frames of a request, and all it sent, alive.
        """
        other = Refused([], "")
        other.errors = self.errors
        return other


def _brief(error: GraphQLError) -> dict[str, Any]:
    """Return the error as clients get it: a message may quote a whole document, and name it at a thousand places."""
    formatted: dict[str, Any] = {**error.formatted}
    if len(error.message) > _LONGEST_MESSAGE:
        formatted["message"] = f"{error.message[: _LONGEST_MESSAGE - 1]}…"
    if len(formatted.get("locations") or ()) > _MOST_LOCATIONS:
        formatted["locations"] = formatted["locations"][:_MOST_LOCATIONS]
    return formatted


@dataclass(frozen=True, eq=False)
class Reading:
    """An operation read for one combination of its conditions; itself the key of its plans."""

    fields: tuple[Field, ...]
    asks: tuple[Ask, ...]
    asks_below: Mapping[int, tuple[Ask, ...]]
    """For a mutation: slot of an entity's field in a payload → what is asked below it."""
    computed: Mapping[int, ToCompute]
    """Slot of a computed field → the field and what computes it."""
    asks_within: Mapping[tuple[int, str], tuple[Ask, ...]]
    """Slot of a field within what is computed, and the type of the row that it shows → what is asked below it."""
    paged: tuple[Field, ...]
    """The fields within what is computed that take arguments: any of them may be a page."""
    cost: int
    """What planning it costs, by estimate."""

    @cached_property
    def arguments(self) -> int:
        """How many fields may take arguments."""
        within = (*self.asks_below.values(), *self.asks_within.values())
        return max(1, len(self.asks) + len(self.computed) + sum(map(len, within)))


class Operation:
    """One operation of a valid document.

    Its syntax tree is dropped once it has been read, and parsed again where its conditions ask for another reading: a
    tree is ten thousand objects, and each of those cached would be looked at by every run of the garbage collector.
    """

    def __init__(
        self,
        built: BuiltSchema,
        text: str,
        document: DocumentNode,
        node: OperationDefinitionNode,
        cost: int,
        readings: "Readings",
    ) -> None:
        self.built, self.text, self.cost = built, text, cost
        self.is_standard = "__schema" in text and is_standard(document)
        """True if it is the standard introspection query, which is cached by itself."""
        self.name = node.name.value if node.name else None
        self.kind = node.operation.value
        """`query`, `mutation` or `subscription`."""
        self.conditions = condition_variables(node, document)
        """The variables on which its fields hang."""
        self._coercion = Coercion(built.schema, node.variable_definitions) if node.variable_definitions else None
        self._document: DocumentNode | None = document
        self._readings = readings

    @property
    def takes_variables(self) -> bool:
        """Whether it declares any."""
        return self._coercion is not None

    def variables(self, given: Mapping[str, Any]) -> Variables:
        """The values of its variables.

        :raises Refused: where what is given does not fit their types.
        """
        if self._coercion is None:
            return {}
        with contextlib.suppress(Unusual):
            return self._coercion(given)
        definitions = self._node(parse(self.text)).variable_definitions or ()
        values = get_variable_values(self.built.schema, definitions, dict(given), max_errors=_MOST_ERRORS)
        if isinstance(values, list):
            raise Refused(values, "BAD_USER_INPUT")
        return values.coerced

    def _node(self, document: DocumentNode) -> OperationDefinitionNode:
        operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        return next(o for o in operations if (o.name.value if o.name else None) == self.name)

    async def reading(self, variables: Variables) -> Reading:
        """Its fields, with the conditions that `variables` meet.

        :raises BadArgument: where a value written in the document is none of its type.
        """
        key = (self, *(variables.get(name) for name in self.conditions))
        found = self._readings.get(key)
        if found is None:
            found = await off_loop(self.cost, lambda: self.read(variables))
            self._readings.put(key, found, self.cost)
        return found

    def read(self, variables: Variables) -> Reading:
        """Read its fields, with the conditions that `variables` meet."""
        document = self._document or parse(self.text, no_location=True)
        fields = read(self.built.schema, document, self._node(document), variables)
        self._document = None
        graph = self.built.graph
        computed: dict[int, ToCompute] = {}
        within: dict[tuple[int, str], tuple[Ask, ...]] = {}
        roots = graph.streams if self.kind == "subscription" else graph.roots
        paged: list[Field] = []
        _find_computed(graph, fields, roots, computed, within, paged)
        if self.kind != "mutation":
            return Reading(fields, asks(graph, fields, roots), {}, computed, within, tuple(paged), self.cost)
        below: dict[int, tuple[Ask, ...]] = {}
        pending = list(fields)
        while pending:
            asked = pending.pop()
            for type_name, selected in asked.selections.items():
                if type_name in self.built.entity_names:
                    below[asked.slot] = asks_of(graph, graph.named(type_name), selected)
                else:
                    pending.extend(selected)
        return Reading(fields, (), below, computed, within, tuple(paged), self.cost)

    def left_over(self, variables: Variables, names: frozenset[str]) -> DocumentNode:
        """A document of the root fields called `names` alone, for graphql-core to execute."""
        document = parse(self.text, no_location=True)
        return left_over(self.built.schema, document, self._node(document), variables, names)


def _find_computed(
    graph: Graph,
    fields: tuple[Field, ...],
    parts: Mapping[str, Part],
    computed: dict[int, ToCompute],
    asks_within: dict[tuple[int, str], tuple[Ask, ...]],
    paged: list[Field],
    above: Field | None = None,
    inside: bool = False,
) -> None:
    """Gather the computed fields among `fields`, whose parts are `parts`, and the rows within what they hold."""
    for asked in fields:
        part = parts.get(asked.name)
        if isinstance(part, Computed):
            computed[asked.slot] = ToCompute(asked, part, above)
        elif inside and asked.selections:
            paged.append(asked)
        holds = inside or isinstance(part, Computed)
        for type_name, selected in asked.selections.items():
            entity = graph.named(type_name) if type_name in PREFIXES else None
            if entity is not None and holds:
                asks_within[asked.slot, type_name] = asks_of(graph, entity, selected)
            below = graph.parts(type_name)
            # Edges take no arguments: what is computed of one is computed of the list.
            listed = above if asked.name == "edges" else asked
            _find_computed(graph, selected, below, computed, asks_within, paged, listed, holds and entity is None)


Readings: TypeAlias = BoundedCache[Hashable, Reading]
"""Operation and the values its fields hang on → the operation, read for these. One cache for all operations."""


class Documents:
    """Turns texts into operations, and keeps the last so many documents."""

    def __init__(self, built: BuiltSchema, settings: Settings) -> None:
        self._built, self._settings = built, settings
        size = settings.plan_cache_size
        self._kept: BoundedCache[str, dict[str | None, Operation] | Refused] = BoundedCache(size, size * COST_EACH)
        self._readings: Readings = BoundedCache(size, size * COST_EACH)
        self._standard: BoundedCache[str, dict[str | None, Operation]] = BoundedCache(STANDARD_FORMS)

    async def operation(self, text: str, name: str | None) -> Operation:
        """The operation called `name` of the document `text`; its only one where no name is given.

        :raises Refused: where the document is not valid, too large, or has no such operation.
        """
        prepared = self._kept.get(text) or self._standard.get(text)
        if prepared is None:
            prepared = await off_loop(len(text) / _CHARACTERS, lambda: self.prepare(text))
            if len(text) <= _LONGEST_KEPT:
                self._keep(text, prepared)
        return chosen(prepared, name)

    def _keep(self, text: str, prepared: dict[str | None, Operation] | Refused) -> None:
        if isinstance(prepared, dict) and any(operation.is_standard for operation in prepared.values()):
            self._standard[text] = prepared
        else:
            operations = prepared.values() if isinstance(prepared, dict) else ()
            self._kept.put(text, prepared, sum(operation.cost for operation in operations) or _REFUSAL_COST)

    def prepare(self, text: str) -> dict[str | None, Operation] | Refused:
        """The operations of the document `text` by name, or why it is refused."""
        try:
            document = parse(text, max_tokens=self._settings.max_tokens, no_location=True)
        except GraphQLError as error:
            too_long = "tokens. Parsing aborted" in error.message
            return Refused([error], "LIMIT_EXCEEDED" if too_long else "GRAPHQL_PARSE_FAILED")
        try:
            cost = check(document, self._settings, self._built.list_names)
        except GraphQLError as error:
            return Refused([error], "LIMIT_EXCEEDED")
        if validate(self._built.schema, document, RULES, max_errors=1):
            # Once more, to say where.
            errors = validate(self._built.schema, parse(text), RULES, max_errors=_MOST_ERRORS)
            return Refused(errors, "GRAPHQL_VALIDATION_FAILED")
        operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        if not operations:
            return Refused([GraphQLError("the document holds no operation")], "GRAPHQL_VALIDATION_FAILED")
        found = (Operation(self._built, text, document, o, cost, self._readings) for o in operations)
        return {operation.name: operation for operation in found}


def chosen(prepared: dict[str | None, Operation] | Refused, name: str | None) -> Operation:
    """The operation called `name` among those of a document; its only one where no name is given.

    :raises Refused: where the document was refused.
    :raises OperationError: where it has no such operation.
    """
    if isinstance(prepared, Refused):
        raise prepared.again()
    if name is None and len(prepared) == 1:
        return next(iter(prepared.values()))
    if name is None:
        raise OperationError("the document holds several operations: name one in operationName")
    if name not in prepared:
        raise OperationError(f"the document holds no operation named {name!r}")
    return prepared[name]
