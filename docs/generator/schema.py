"""The GraphQL reference, from `schema.graphql` and the examples in docs/examples."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    Undefined,
    ast_from_value,
    build_schema,
    get_named_type,
    is_introspection_type,
    print_ast,
)

from docs.generator.markdown import table

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
PAGING = ("first", "after", "last", "before")
_ROOTS = ("Query", "Mutation", "Subscription")

Argument = GraphQLArgument | GraphQLInputField


@cache
def schema() -> GraphQLSchema:
    """Return the schema as the snapshot has it; `make snapshot` compares the snapshot with the code."""
    return build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))


def example_file(root: str, field: str) -> Path:
    """Return the file with the example of a root field."""
    return EXAMPLES / root.lower() / f"{field}.md"


def root_fields(root: str) -> Mapping[str, GraphQLField]:
    """Return the fields of `Query`, `Mutation` or `Subscription`."""
    type_ = schema().type_map[root]
    assert isinstance(type_, GraphQLObjectType)
    fields: Mapping[str, GraphQLField] = type_.fields
    return fields


# ---------------------------------------------------------------- which page has which type


def _page_of(type_: GraphQLNamedType) -> str:
    name = type_.name
    match type_:
        case GraphQLInputObjectType():
            return "mutations" if _mutation_of(name, "Input") else "inputs"
        case GraphQLEnumType():
            return "enums"
        case GraphQLScalarType():
            return "scalars"
        case GraphQLInterfaceType() | GraphQLUnionType():
            return "abstract-types"
        case GraphQLObjectType() if name in _ROOTS:
            return {"Query": "queries", "Mutation": "mutations", "Subscription": "subscriptions"}[name]
        case GraphQLObjectType() if _mutation_of(name, "Payload"):
            return "mutations"
        case GraphQLObjectType() if name.endswith(("Connection", "Edge")) and name != "DiscourseEdge":
            return "connections"
        case GraphQLObjectType() if type_.interfaces:
            return "entities"
    return "objects"


def _mutation_of(name: str, ending: str) -> bool:
    field = name.removesuffix(ending)
    return name.endswith(ending) and field[:1].lower() + field[1:] in root_fields("Mutation")


def _types(page: str) -> list[GraphQLNamedType]:
    known = schema().type_map.values()
    found = [each for each in known if not is_introspection_type(each) and each.name not in _ROOTS]
    return sorted((each for each in found if _page_of(each) == page), key=lambda each: each.name)


def _link(type_: object) -> str:
    """A type as it is written, with a link to the section of the type that it names."""
    named = get_named_type(type_)  # type: ignore[call-overload]
    return f"[`{type_}`]({_page_of(named)}.md#{named.name})"


# ---------------------------------------------------------------- sections


def _default(argument: Argument) -> str:
    if argument.default_value is Undefined:
        return ""
    node = ast_from_value(argument.default_value, argument.type)
    return f" Default: `{print_ast(node)}`." if node is not None else ""


def _about(element: object) -> str:
    described = str(getattr(element, "description", None) or "")
    deprecated = getattr(element, "deprecation_reason", None)
    return f"{described} **Deprecated:** {deprecated}" if deprecated else described


def _arguments(arguments: Mapping[str, Argument], head: str) -> str:
    rows = [(f"`{name}`", _link(each.type), _about(each) + _default(each)) for name, each in arguments.items()]
    return table((head, "Type", "Description"), rows)


def _field_arguments(field: GraphQLField) -> str:
    """The arguments of a field of an object, within a cell; those of paging in a few words."""
    paging = [name for name in field.args if name in PAGING]
    own = {name: each for name, each in field.args.items() if name not in PAGING}
    parts = [f"`{name}` {_link(each.type)}: {_about(each)}{_default(each)}" for name, each in own.items()]
    if paging:
        parts.append(f"Paged: {', '.join(f'`{name}`' for name in paging)}.")
    return "".join(f"<br>• {part}" for part in parts)


def _fields(type_: GraphQLObjectType | GraphQLInterfaceType) -> str:
    rows = [
        (f"`{name}`", _link(field.type), _about(field) + _field_arguments(field))
        for name, field in type_.fields.items()
    ]
    return table(("Field", "Type", "Description"), rows)


def _sections_of_types(page: str) -> str:
    return "\n".join(f"## {each.name} {{#{each.name}}}\n\n{_type(each)}" for each in _types(page))


def _type(type_: GraphQLNamedType) -> str:
    parts = [_about(type_)]
    match type_:
        case GraphQLObjectType():
            parts.append(_fields(type_))
        case GraphQLInterfaceType():
            implementations = schema().get_implementations(type_).objects
            parts += [_fields(type_), f"Implemented by {_listed(implementations)}."]
        case GraphQLInputObjectType():
            if type_.is_one_of:
                parts.append("Exactly one of the fields must be present.")
            parts.append(_arguments(type_.fields, "Field"))
        case GraphQLEnumType():
            parts.append(table(("Value", "Description"), ((f"`{n}`", _about(v)) for n, v in type_.values.items())))
        case GraphQLUnionType():
            parts.append(f"One of {_listed(type_.types)}.")
        case GraphQLScalarType() if type_.specified_by_url:
            parts.append(f"Specified by <{type_.specified_by_url}>.")
    return "\n\n".join(part for part in parts if part) + "\n"


def _listed(types: Iterable[GraphQLNamedType]) -> str:
    return ", ".join(_link(each) for each in sorted(types, key=lambda each: each.name))


def _root(root: str) -> str:
    """A section for each root field: description, arguments, result, example."""
    return "\n".join(_root_field(root, name, field) for name, field in root_fields(root).items())


def _root_field(root: str, name: str, field: GraphQLField) -> str:
    parts = [f"## {name} {{#{name}}}", _about(field)]
    if root == "Mutation":
        parts += _input_and_payload(field)
    else:
        parts += [_arguments(field.args, "Argument"), f"Returns {_link(field.type)}."]
    parts += ["### Example {#" + name + "-example}", example_file(root, name).read_text(encoding="utf-8")]
    return "\n\n".join(part for part in parts if part) + "\n"


def _input_and_payload(field: GraphQLField) -> Iterator[str]:
    taken, payload = get_named_type(field.args["input"].type), get_named_type(field.type)
    assert isinstance(taken, GraphQLInputObjectType)
    assert isinstance(payload, GraphQLObjectType)
    yield f"### {taken.name} {{#{taken.name}}}"
    yield _arguments(taken.fields, "Input field")
    yield f"### {payload.name} {{#{payload.name}}}"
    yield _fields(payload)


GENERATORS: Mapping[str, Callable[[], str]] = {
    "queries": partial(_root, "Query"),
    "mutations": partial(_root, "Mutation"),
    "subscriptions": partial(_root, "Subscription"),
    **{
        page: partial(_sections_of_types, page)
        for page in ("entities", "objects", "connections", "abstract-types", "inputs", "enums", "scalars")
    },
}
"""What each marker of a page of the GraphQL reference makes."""
