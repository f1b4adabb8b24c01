"""Reads a GraphQL operation into plain fields: fragments expanded, aliases resolved, equal fields merged.

Depends on graphql-core and on no database. An operation is read once for each combination of the variables in its
`@skip` and `@include` conditions. Arguments are functions of the variables of a request.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_non_null_type,
    is_type_sub_type_of,
    print_ast,
    value_from_ast,
)
from graphql.pyutils import Undefined

from api.errors import BadArgument

_NO_SELECTIONS: Mapping[str, tuple["Field", ...]] = {}
Variables = Mapping[str, Any]
Arguments = Mapping[str, Any]


@dataclass(slots=True, eq=False)
class Field:
    """A field of the answer. `slot` is its number within the operation; `selections` are by concrete type."""

    key: str
    name: str
    slot: int
    arguments: Callable[[Variables], Arguments]
    selections: Mapping[str, tuple["Field", ...]]
    path: tuple[str, ...]
    """The response keys from the root to the field."""
    shape: str
    """Cache key of fields with the same name and equal selections; their slots differ by a constant."""
    slots: range
    """The numbers of this field and of all fields below it."""
    is_constant: bool = True
    """True if the arguments contain no variables."""

    def under(self, type_name: str) -> tuple["Field", ...]:
        """Return the fields selected on a value of the type `type_name`."""
        return self.selections.get(type_name, ())

    @property
    def only(self) -> tuple["Field", ...]:
        """The fields selected under a field that has one possible type."""
        (fields,) = self.selections.values()
        return fields


def condition_variables(operation: OperationDefinitionNode, document: DocumentNode) -> tuple[str, ...]:
    """Return the names of the variables in `@skip` and `@include` conditions."""
    names: set[str] = set()
    fragments = [d.selection_set for d in document.definitions if isinstance(d, FragmentDefinitionNode)]
    pending = [operation.selection_set, *fragments]
    while pending:
        for node in pending.pop().selections:
            names.update(
                argument.value.name.value
                for directive in node.directives or ()
                if directive.name.value in ("skip", "include")
                for argument in directive.arguments or ()
                if isinstance(argument.value, VariableNode)
            )
            below = getattr(node, "selection_set", None)
            if below is not None:
                pending.append(below)
    return tuple(sorted(names))


def read(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variables: Variables
) -> tuple[Field, ...]:
    """Return the fields of a validated `operation`. It uses only those `variables` that are in conditions."""
    root = schema.get_root_type(operation.operation)
    assert root is not None
    return _Reader(schema, document, variables).fields(root, [operation.selection_set])


class _Reader:
    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: Variables) -> None:
        self._schema = schema
        self._variables = variables
        self._slots = count()
        self._fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}

    def fields(
        self, parent: GraphQLObjectType, sets: list[SelectionSetNode], path: tuple[str, ...] = ()
    ) -> tuple[Field, ...]:
        grouped: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()
        for selection_set in sets:
            for node in self._collect(parent, selection_set, seen):
                grouped.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
        return tuple(self._field(parent, (*path, key), nodes) for key, nodes in grouped.items())

    def _collect(
        self, parent: GraphQLObjectType, selection_set: SelectionSetNode, seen: set[str]
    ) -> Iterator[FieldNode]:
        for node in selection_set.selections:
            if not self._included(node.directives or ()):
                continue
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                if node.type_condition is None or self._applies(node.type_condition.name.value, parent):
                    yield from self._collect(parent, node.selection_set, seen)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                fragment = self._fragments[node.name.value]
                if self._applies(fragment.type_condition.name.value, parent):
                    yield from self._collect(parent, fragment.selection_set, seen)

    def _included(self, directives: tuple[DirectiveNode, ...] | list[DirectiveNode]) -> bool:
        for directive in directives:
            if directive.name.value in ("skip", "include"):
                value: Any = (directive.arguments or ())[0].value
                condition = self._variables[value.name.value] if isinstance(value, VariableNode) else value.value
                if condition is None:
                    raise BadArgument("if", "null is not a value here")
                if condition is not (directive.name.value == "include"):
                    return False
        return True

    def _applies(self, condition: str, parent: GraphQLObjectType) -> bool:
        return is_type_sub_type_of(self._schema, parent, self._schema.type_map[condition])

    def _field(self, parent: GraphQLObjectType, path: tuple[str, ...], nodes: list[FieldNode]) -> Field:
        name = nodes[0].name.value
        if name == "__typename":
            return self._leaf(path, name)
        definition = parent.fields.get(name)
        if definition is None:  # __schema and __type: answered by graphql-core, not read
            return self._leaf(path, name)
        slot = next(self._slots)
        sets = [node.selection_set for node in nodes if node.selection_set is not None]
        named = get_named_type(definition.type)
        possible: list[GraphQLObjectType] = []
        if is_abstract_type(named):
            possible = list(self._schema.get_possible_types(named))
        elif is_composite_type(named):
            possible = [named]  # type: ignore[list-item]
        selections = {type_.name: self.fields(type_, sets, path) for type_ in possible}
        try:
            arguments, is_constant = _arguments(definition, nodes[0])
        except BadArgument as error:
            error.path = path
            raise
        if not selections:
            return Field(
                path[-1], name, slot, arguments, _NO_SELECTIONS, path, name, range(slot, slot + 1), is_constant
            )
        written = (f"{name}:{','.join(f'{f.key}={f.shape}' for f in fields)}" for name, fields in selections.items())
        last = max((f.slots.stop for fields in selections.values() for f in fields), default=slot + 1)
        shape = f"{name}{{{';'.join(written)}}}"
        return Field(path[-1], name, slot, arguments, selections, path, shape, range(slot, last), is_constant)

    def _leaf(self, path: tuple[str, ...], name: str) -> Field:
        slot = next(self._slots)
        return Field(path[-1], name, slot, _nothing, _NO_SELECTIONS, path, name, range(slot, slot + 1))


def _nothing(_variables: Variables) -> Arguments:
    return {}


def _arguments(definition: GraphQLField, node: FieldNode) -> tuple[Callable[[Variables], Arguments], bool]:
    """Return a function from variables to the arguments of a field, and True if they are constant: coerced once."""
    nodes = {argument.name.value: argument.value for argument in node.arguments or ()}
    fixed: dict[str, Any] = {}
    plain: list[tuple[str, str]] = []
    mixed: list[tuple[str, Any, Any]] = []
    for name, argument in definition.args.items():
        value = nodes.get(name)
        if argument.default_value is not Undefined:
            fixed[name] = argument.default_value
        if value is None:
            continue
        if isinstance(value, VariableNode):
            plain.append((name, value.name.value))
        elif _has_variable(value):
            mixed.append((name, value, argument.type))
        else:
            fixed[name] = _coerced(name, value, argument.type, {})
    if not plain and not mixed:
        return (lambda _variables: fixed) if fixed else _nothing, True

    required = {name for name, argument in definition.args.items() if is_non_null_type(argument.type)}

    def arguments(variables: Variables) -> Arguments:
        values = dict(fixed)
        values.update((name, variables[variable]) for name, variable in plain if variable in variables)
        values.update((name, _coerced(name, value, type_, variables)) for name, value, type_ in mixed)
        for name, value in values.items():
            # A nullable variable is allowed where the argument has a default, but its value must not be null.
            if value is None and name in required:
                raise BadArgument(name, "null is not a value here")
        return values

    return arguments, False


def _coerced(name: str, value: Any, type_: Any, variables: Variables) -> Any:
    """Return the value of a literal. It passed validation, and may still be out of range, such as 1e400."""
    try:
        coerced = value_from_ast(value, type_, dict(variables))
    except GraphQLError as error:
        raise BadArgument(name, error.message) from None
    if coerced is Undefined:
        raise BadArgument(name, "this is not a value of its type")
    return coerced


def _has_variable(node: Any) -> bool:
    if isinstance(node, VariableNode):
        return True
    children = [*(getattr(node, "values", None) or ()), *(f.value for f in getattr(node, "fields", None) or ())]
    return any(_has_variable(child) for child in children)


def left_over(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Variables,
    names: frozenset[str],
) -> DocumentNode:
    """Return the document with only those root fields of `operation` that have one of the `names`, for graphql-core."""
    root = schema.get_root_type(operation.operation)
    assert root is not None
    reader = _Reader(schema, document, variables)
    selected = [n for n in reader._collect(root, operation.selection_set, set()) if n.name.value in names]
    # Introspection takes texts and booleans. Other values are coerced already, and must not be coerced again.
    plain = [d for d in operation.variable_definitions or () if print_ast(d.type).strip("[]!") in ("Boolean", "String")]
    smaller = replace(
        operation, selection_set=SelectionSetNode(selections=tuple(selected)), variable_definitions=tuple(plain)
    )
    return DocumentNode(definitions=tuple(smaller if d is operation else d for d in document.definitions))
