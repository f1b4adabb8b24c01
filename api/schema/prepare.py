"""Prepares documents: parsed, measured, validated and read once, and kept under their text."""

import contextlib
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

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

from api.errors import OperationError
from api.identifiers import PREFIXES
from api.keeping import Kept
from api.schema.build import BuiltSchema
from api.schema.coercion import Coercion, Unusual
from api.schema.computation import ToCompute
from api.security.limits import check
from api.selection.bind import Ask, asks, asks_of
from api.selection.declare import Computed, Part
from api.selection.graph import Graph
from api.selection.read import Field, Variables, condition_variables, left_over, read
from api.settings import Settings

RULES = (*specified_rules, MaxIntrospectionDepthRule)
_MOST_ERRORS = 20
_MOST_READINGS = 32
_LONGEST_KEPT = 32_768
"""A longer document is read anew each time: the cache is bounded by what it holds, not only by how many."""


class Refused(Exception):
    """A request that is not executed; `errors` say why."""

    def __init__(self, errors: list[GraphQLError], code: str) -> None:
        super().__init__()
        self.errors = errors
        for error in errors:
            error.extensions = {"code": code, **(error.extensions or {})}


@dataclass(frozen=True, slots=True, eq=False)
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


@dataclass(frozen=True)
class Operation:
    """One operation of a valid document."""

    built: BuiltSchema
    document: DocumentNode
    node: OperationDefinitionNode
    readings: Kept[Hashable, Reading] = field(default_factory=lambda: Kept(_MOST_READINGS))

    @cached_property
    def conditions(self) -> tuple[str, ...]:
        """The variables on which its fields hang."""
        return condition_variables(self.node, self.document)

    @cached_property
    def coercion(self) -> Coercion:
        """How its variables come out of what is given."""
        return Coercion(self.built.schema, self.node.variable_definitions or ())

    @property
    def name(self) -> str | None:
        """What its author called it."""
        return self.node.name.value if self.node.name else None

    @property
    def kind(self) -> str:
        """`query`, `mutation` or `subscription`."""
        return self.node.operation.value

    def variables(self, given: Mapping[str, Any]) -> Variables:
        """The values of its variables.

        :raises Refused: where what is given does not fit their types.
        """
        if not self.node.variable_definitions:
            return {}
        with contextlib.suppress(Unusual):
            return self.coercion(given)
        values = get_variable_values(
            self.built.schema, self.node.variable_definitions, dict(given), max_errors=_MOST_ERRORS
        )
        if isinstance(values, list):
            raise Refused(values, "BAD_USER_INPUT")
        return values.coerced

    def reading(self, variables: Variables) -> Reading:
        """Its fields, with the conditions that `variables` meet."""
        key = tuple(variables.get(name) for name in self.conditions)
        found = self.readings.get(key)
        if found is None:
            found = self.readings[key] = self._read(variables)
        return found

    def _read(self, variables: Variables) -> Reading:
        fields = read(self.built.schema, self.document, self.node, variables)
        graph = self.built.graph
        computed: dict[int, ToCompute] = {}
        within: dict[tuple[int, str], tuple[Ask, ...]] = {}
        roots = graph.streams if self.kind == "subscription" else graph.roots
        _find_computed(graph, fields, roots, computed, within)
        if self.kind != "mutation":
            return Reading(fields, asks(graph, fields, roots), {}, computed, within)
        below: dict[int, tuple[Ask, ...]] = {}
        pending = list(fields)
        while pending:
            asked = pending.pop()
            for type_name, selected in asked.selections.items():
                if type_name in self.built.entity_names:
                    below[asked.slot] = asks_of(graph, graph.named(type_name), selected)
                else:
                    pending.extend(selected)
        return Reading(fields, (), below, computed, within)

    def left_over(self, variables: Variables, names: frozenset[str]) -> DocumentNode:
        """A document of the root fields called `names` alone, for graphql-core to execute."""
        return left_over(self.built.schema, self.document, self.node, variables, names)


def _find_computed(
    graph: Graph,
    fields: tuple[Field, ...],
    parts: Mapping[str, Part],
    computed: dict[int, ToCompute],
    asks_within: dict[tuple[int, str], tuple[Ask, ...]],
    above: Field | None = None,
    inside: bool = False,
) -> None:
    """Gather the computed fields among `fields`, whose parts are `parts`, and the rows within what they hold."""
    for asked in fields:
        part = parts.get(asked.name)
        if isinstance(part, Computed):
            computed[asked.slot] = ToCompute(asked, part, above)
        holds = inside or isinstance(part, Computed)
        for type_name, selected in asked.selections.items():
            entity = graph.named(type_name) if type_name in PREFIXES else None
            if entity is not None and holds:
                asks_within[asked.slot, type_name] = asks_of(graph, entity, selected)
            below = graph.parts(type_name)
            # Edges take no arguments: what is computed of one is computed of the list.
            listed = above if asked.name == "edges" else asked
            _find_computed(graph, selected, below, computed, asks_within, listed, holds and entity is None)


class Documents:
    """Turns texts into operations, and keeps the last so many documents."""

    def __init__(self, built: BuiltSchema, settings: Settings) -> None:
        self._built, self._settings = built, settings
        self._kept: Kept[str, dict[str | None, Operation] | Refused] = Kept(settings.plan_cache_size)

    def operation(self, text: str, name: str | None) -> Operation:
        """The operation called `name` of the document `text`; its only one where no name is given.

        :raises Refused: where the document is not valid, too large, or has no such operation.
        """
        prepared = self._kept.get(text)
        if prepared is None:
            prepared = self._prepared(text)
            if len(text) <= _LONGEST_KEPT:
                self._kept[text] = prepared
        if isinstance(prepared, Refused):
            raise prepared
        if name is None and len(prepared) == 1:
            return next(iter(prepared.values()))
        if name is None:
            raise OperationError("the document holds several operations: name one in operationName")
        if name not in prepared:
            raise OperationError(f"the document holds no operation named {name!r}")
        return prepared[name]

    def _prepared(self, text: str) -> dict[str | None, Operation] | Refused:
        try:
            document = parse(text, max_tokens=self._settings.max_tokens)
        except GraphQLError as error:
            too_long = "tokens. Parsing aborted" in error.message
            return Refused([error], "LIMIT_EXCEEDED" if too_long else "GRAPHQL_PARSE_FAILED")
        try:
            check(document, self._settings)
        except GraphQLError as error:
            return Refused([error], "LIMIT_EXCEEDED")
        errors = validate(self._built.schema, document, RULES, max_errors=_MOST_ERRORS)
        if errors:
            return Refused(errors, "GRAPHQL_VALIDATION_FAILED")
        operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        if not operations:
            return Refused([GraphQLError("the document holds no operation")], "GRAPHQL_VALIDATION_FAILED")
        return {o.name.value if o.name else None: Operation(self._built, document, o) for o in operations}
