"""Accepts variables as they are if they plainly fit their types.

graphql-core looks up the type of each variable in every request, which takes longer than a small statement. Here the
types are walked once for each operation. A value that does not plainly fit is left to graphql-core, which also reports
the error. A value that fits has the same result as with graphql-core.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLSchema,
    VariableDefinitionNode,
    get_variable_values,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
    type_from_ast,
)
from graphql.pyutils import Undefined
from graphql.utilities.coerce_input_value import coerce_default_value

Coerce = Callable[[Any], Any]


class Unusual(Exception):
    """A value does not plainly fit its type: graphql-core may be able to coerce it, or rejects it."""


class Coercion:
    """Coerces the variables of one operation."""

    def __init__(self, schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode]) -> None:
        self._variables = [_variable(schema, definition) for definition in definitions]

    def __call__(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the values of all variables.

        :raises Unusual: if a value does not plainly fit.
        """
        return _members(self._variables, values)


_REQUIRED = object()


Member = tuple[str, str, Coerce, Any]
"""Name, name in the result, coercion, and the value if there is none in the input."""


def _members(members: Sequence[Member], values: Mapping[str, Any]) -> dict[str, Any]:
    coerced: dict[str, Any] = {}
    for name, out_name, coerce, absent in members:
        if name in values:
            coerced[out_name] = coerce(values[name])
        elif absent is _REQUIRED:
            raise Unusual
        elif absent is not Undefined:
            coerced[out_name] = absent
    return coerced


def _variable(schema: GraphQLSchema, definition: VariableDefinitionNode) -> Member:
    type_ = type_from_ast(schema, definition.type)
    name = definition.variable.name.value
    absent: Any = _REQUIRED if is_non_null_type(type_) else Undefined
    if definition.default_value is not None:
        default = get_variable_values(schema, [definition], {})
        absent = _REQUIRED if isinstance(default, list) else default.coerced.get(name, Undefined)
    return name, name, _coerce(type_), absent


def _coerce(type_: Any) -> Coerce:
    if is_non_null_type(type_):
        return _not_null(type_.of_type)
    inner = _not_null(type_)
    return lambda value: None if value is None else inner(value)


def _not_null(type_: Any) -> Coerce:
    if is_list_type(type_):
        return _list(_coerce(type_.of_type))
    if is_input_object_type(type_):
        return _object(type_)
    return _text if type_.name in ("ID", "String") else _leaf(type_.coerce_input_value)


def _text(value: Any) -> Any:
    if type(value) is not str:
        raise Unusual
    return value


def _leaf(coerce_input_value: Coerce) -> Coerce:
    def coerce(value: Any) -> Any:
        try:
            coerced = Undefined if value is None else coerce_input_value(value)
        except Exception:  # noqa: BLE001 (graphql-core reports the error)
            raise Unusual from None
        if coerced is Undefined:
            raise Unusual
        return coerced

    return coerce


def _list(member: Coerce) -> Coerce:
    def coerce(value: Any) -> Any:
        if type(value) is not list:
            raise Unusual
        return [member(each) for each in value]

    return coerce


def _object(type_: GraphQLInputObjectType) -> Coerce:
    fields = [
        (name, field.out_name or name, _coerce(field.type), _absent(field)) for name, field in type_.fields.items()
    ]
    known, one_of = type_.fields.keys(), type_.is_one_of
    out_type = type_.out_type

    def coerce(value: Any) -> Any:
        if type(value) is not dict or not value.keys() <= known:
            raise Unusual
        coerced = _members(fields, value)
        if one_of and (len(coerced) != 1 or None in coerced.values()):
            raise Unusual
        return out_type(coerced)

    return coerce


def _absent(field: Any) -> Any:
    return _REQUIRED if is_required_input_field(field) else coerce_default_value(field)
