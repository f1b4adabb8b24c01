"""Walks the whole schema: every field of every type, with every argument in turn, as documents to be asked.

Nothing is left out silently: an argument of a kind that the walk has no values for is an error.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_required_argument,
    is_required_input_field,
)

from tests.graphql.arguments import REFERS, RELEVANCE

DEPTH = 1
"""How many entities follow one another in a selection."""
IN_ONE = 8
"""So many fields are asked at once."""
FIRST = 100
ALSO_REFERS: Mapping[str, tuple[str, ...]] = {
    "projectId": ("Project",),
    "documents": ("Document",),
    "speakers": ("Actor",),
    "targets": ("Actor", "Topic"),
    "annotators": ("Annotator",),
    "statementId": ("Statement",),
    "holderId": ("Actor",),
    "holders": ("Actor",),
    "actors": ("Actor",),
}
NUMBERS = {
    "resamples": (0, 20),
    "seed": (0, 1),
    "first": (FIRST,),
    "last": (FIRST,),
    "size": (3,),
    "windowDays": (36_500,),
    "minimumStances": (1, 2),
    "k": (2,),
    "timeLimitSeconds": (0,),
    "minimumWeight": (0, 1, 2),
    "sentences": (0, 2),
}
BESIDE: Mapping[str, Mapping[str, str]] = {
    f"discourseNetwork.{argument}": {"mode": "TWO_MODE"}
    for argument in ("qualifier.COMBINE", "normalization.ACTIVITY", "normalization.PROMINENCE")
}
"""What a value of an argument makes sense with alone."""
PAGING = ("first", "after", "last", "before")


@dataclass(frozen=True)
class Asked:
    """One field with its arguments: where it stands, and how it is asked."""

    parent: str
    field: str
    arguments: str
    selection: str

    @property
    def path(self) -> str:
        """For people."""
        return f"{self.parent}.{self.field}{self.arguments}"

    def text(self, alias: str) -> str:
        """As it stands in a document."""
        return f"{alias}: {self.field}{self.arguments}{self.selection}"


@dataclass(frozen=True)
class Values:
    """What arguments are given."""

    ids: Mapping[str, Sequence[str]]
    """Type → ids of its rows."""
    texts: Mapping[str, Sequence[str]]
    """Argument → texts."""
    dates: Sequence[str]
    instants: Sequence[str]


class Walk:
    """All that can be asked of one schema."""

    def __init__(self, schema: GraphQLSchema, values: Values) -> None:
        self.schema, self.values = schema, values
        node = schema.type_map["Node"]
        self.entities = {t.name for t in schema.get_possible_types(node)}  # type: ignore[arg-type]

    def documents(self) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Asked]]]:
        """Document, variables, and what stands behind each alias."""
        for parent in ("Query", *sorted(self.entities)):
            pending = iter(self.asked(parent))
            while several := list(islice(pending, IN_ONE)):
                known = {f"f{number}": one for number, one in enumerate(several)}
                inside = " ".join(one.text(alias) for alias, one in known.items())
                if parent == "Query":
                    yield f"{{ {inside} }}", {}, known
                    continue
                for id in self.values.ids[parent]:
                    yield f"query($id: ID!) {{ node(id: $id) {{ ... on {parent} {{ {inside} }} }} }}", {"id": id}, known

    def asked(self, parent: str) -> Iterator[Asked]:
        """Each field of a type, plainly and with each of its arguments in turn."""
        type_ = self.schema.type_map[parent]
        assert isinstance(type_, GraphQLObjectType)
        for name, field in type_.fields.items():
            inner = get_named_type(field.type)
            whole = self.selection(inner, DEPTH)
            # What is worked out may show other rows for other arguments; what can be read of them is asked once.
            other = whole if inner.name in self.entities or self._leads_on(inner) else self.selection(inner, 0)
            for number, arguments in enumerate(self.variants(name, field)):
                yield Asked(parent, name, arguments, other if number else whole)

    # ------------------------------------------------------------------ selections

    def selection(self, type_: GraphQLNamedType, depth: int) -> str:
        """All there is to read of a type: of entities so many levels, of what is no entity everything."""
        if not is_composite_type(type_):
            return ""
        if not isinstance(type_, GraphQLObjectType):
            members = type_.types if isinstance(type_, GraphQLUnionType) else self.schema.get_possible_types(type_)
            parts = [f"... on {t.name} {{ id }}" if depth == 0 else self._on(t, depth) for t in members]
            return " { __typename " + " ".join(parts) + " }"
        if type_.name in self.entities and depth == 0:
            return " { id }"
        below = depth - (type_.name in self.entities)
        fields = [self._field(type_, name, field, below) for name, field in type_.fields.items()]
        return " { __typename " + " ".join(f for f in fields if f) + " }"

    def _on(self, type_: GraphQLObjectType, depth: int) -> str:
        # An alias for each field of each type: fields of one name may be of different types.
        below = depth - 1
        fields = [self._field(type_, name, field, below) for name, field in type_.fields.items()]
        return f"... on {type_.name} {{ " + " ".join(f"{type_.name}_{f}" for f in fields if f) + " }"

    def _field(self, parent: GraphQLObjectType, name: str, field: GraphQLField, depth: int) -> str:
        inner = get_named_type(field.type)
        if depth == 0 and self._leads_on(inner) and (parent.name in self.entities or self._lists_entities(inner)):
            return ""
        must = self._fixed(name, field)
        if must and parent.name in self.entities:
            return ""  # asked on its own
        return f"{name}: {name}{_written(must)}{self.selection(inner, depth)}"

    def _fixed(self, name: str, field: GraphQLField) -> dict[str, str]:
        """Values for the arguments that a field must have."""
        must = {k: a for k, a in field.args.items() if is_required_argument(a)}
        return {k: next(iter(self._values(name, k, a.type))) for k, a in must.items()}

    def _leads_on(self, type_: GraphQLNamedType) -> bool:
        """Whether a type leads to lists of entities: those are asked no deeper than needs be."""
        return isinstance(type_, GraphQLObjectType) and type_.name.endswith("Connection")

    def _lists_entities(self, connection: GraphQLNamedType) -> bool:
        assert isinstance(connection, GraphQLObjectType)
        edge = get_named_type(connection.fields["edges"].type)
        assert isinstance(edge, GraphQLObjectType)
        return get_named_type(edge.fields["node"].type).name in self.entities

    # ------------------------------------------------------------------ arguments

    def variants(self, name: str, field: GraphQLField) -> Iterator[str]:
        """The arguments of a field: what it must have, and each other in turn with each of its values."""
        fixed = self._fixed(name, field)
        paging = {"first": str(FIRST)} if "first" in field.args else {}
        yield _written({**fixed, **paging})
        if "projectId" in field.args:  # of the blind project all else is asked
            fixed["projectId"] = next(iter(self._values(name, "projectId", field.args["projectId"].type)))
        for key, argument in field.args.items():
            if key in PAGING:
                continue
            for value in self._values(name, key, argument.type):
                beside = BESIDE.get(f"{name}.{key}.{value}", {})
                yield _written({**fixed, **paging, **beside, key: value})
        if "last" in field.args:
            yield _written({**fixed, "last": "3"})

    def _values(self, field: str, key: str, type_: Any) -> Iterator[str]:
        """Literals for an argument or a part of a filter."""
        inner = get_nullable_type(type_)
        if isinstance(inner, GraphQLList):
            for value in self._values(field, key, inner.of_type):
                yield f"[{value}]"
            return
        if isinstance(inner, GraphQLEnumType):
            yield from inner.values
        elif isinstance(inner, GraphQLInputObjectType):
            yield from self._objects(field, inner)
        elif inner.name == "Boolean":
            yield from ("true", "false")
        elif inner.name == "Int":
            yield from map(str, NUMBERS[key])
        elif inner.name in ("Date", "DateTime"):
            yield from map(json.dumps, self.values.dates if inner.name == "Date" else self.values.instants)
        else:
            yield from map(json.dumps, self._texts(field, key, inner.name))

    def _texts(self, field: str, key: str, type_name: str) -> Sequence[str]:
        if type_name == "ID" and key in ("id", "ids"):
            return [text for ids in self.values.ids.values() for text in ids]
        if type_name == "ID":
            types = {**REFERS, **ALSO_REFERS}[key]
            return [text for name in types for text in self.values.ids[name]]
        return self.values.texts.get(f"{field}.{key}") or self.values.texts[key]

    def _objects(self, field: str, type_: GraphQLInputObjectType) -> Iterator[str]:
        must = [k for k, f in type_.fields.items() if is_required_input_field(f) or k == "direction"]
        if must:  # an order: each field both ways
            (first, second) = must
            for one in self._values(field, first, type_.fields[first].type):
                if one == RELEVANCE:
                    continue  # it is that of lists whose filter has a text, which come below
                for other in self._values(field, second, type_.fields[second].type):
                    yield f"{{{first}: {one}, {second}: {other}}}"
            return
        for key, part in type_.fields.items():
            for value in self._values(field, key, part.type):
                yield f"{{{key}: {value}}}"


def _written(arguments: Mapping[str, str]) -> str:
    inside = ", ".join(f"{key}: {value}" for key, value in arguments.items())
    return f"({inside})" if inside else ""
