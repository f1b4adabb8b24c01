"""Generates random documents of a given size over the whole schema; equal seeds give equal documents."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
)

PAGES = 3
"""Maximum nesting of lists: one less than the limit, because the root may be a list too."""


class Drawing:
    """Generates documents over `schema`, with IDs and slugs of existing rows."""

    def __init__(
        self, schema: GraphQLSchema, ids: Mapping[str, Sequence[str]], slugs: Sequence[str], seed: int
    ) -> None:
        self._schema, self._ids, self._slugs, self._random = schema, ids, slugs, random.Random(seed)
        self._left = self._aliases = 0

    def document(self, size: int) -> str:
        """Return a query of about `size` fields."""
        self._left, self._aliases = size, 95
        query = self._schema.query_type
        assert query is not None
        roots = [name for name in query.fields if name not in ("discourseNetwork", "stanceNetwork")]
        written: list[str] = []
        while self._left > 0 and self._aliases > 0:
            self._aliases -= 1
            number, name = len(written), self._random.choice(roots)
            written.append(f"r{number}: {self._field(name, query.fields[name], depth=0, pages=0)}")
        return "{ " + " ".join(written) + " }"

    def _field(self, name: str, field: GraphQLField, depth: int, pages: int) -> str:
        self._left -= 1
        arguments = [
            f"{key}: {self._argument(key, argument)}"
            for key, argument in field.args.items()
            if self._asked(key, argument)
        ]
        written = name + (f"({', '.join(arguments)})" if arguments else "")
        named = get_named_type(field.type)
        if not is_composite_type(named):
            return written
        return written + self._selection(named, depth + 1, pages + ("first" in field.args))

    def _asked(self, name: str, argument: GraphQLArgument) -> bool:
        if is_non_null_type(argument.type) or name in ("first", "seconds", "resamples"):
            return True
        return name in ("filter", "orderBy") and self._random.random() < 0.4

    def _selection(self, named: Any, depth: int, pages: int) -> str:
        if is_abstract_type(named):
            types = self._random.sample(self._schema.get_possible_types(named), k=2)
            # Under names of their own: fields of one name may be of different types.
            parts = [f"... on {t.name} {self._of_object(t, depth, pages, f't{n}_')}" for n, t in enumerate(types)]
            return " { __typename " + " ".join(parts) + " }"
        return " " + self._of_object(named, depth, pages)

    def _of_object(self, type_: GraphQLObjectType, depth: int, pages: int, prefix: str = "") -> str:
        written = ["__typename"]
        names = list(type_.fields)
        self._random.shuffle(names)
        chosen = dict.fromkeys(["edges", *names[:1]] if "edges" in names else names[: self._random.randint(1, 5)])
        for name in chosen:
            field = type_.fields[name]
            deeper = is_composite_type(get_named_type(field.type))
            if (self._left <= 0 and name != "edges") or (
                deeper and (depth > 9 or ("first" in field.args and pages >= PAGES))
            ):
                continue
            if prefix and self._aliases > 0:
                self._aliases -= 1
                written.append(f"{prefix}{name}: {self._field(name, field, depth, pages)}")
            elif not prefix:
                written.append(self._field(name, field, depth, pages))
        return "{ " + " ".join(written) + " }"

    # ---------------------------------------------------------------- arguments

    def _argument(self, name: str, argument: GraphQLArgument) -> str:
        known = {"first": str(self._random.randint(1, 2)), "seconds": "0", "resamples": "0", "k": "2"}
        if name in known:
            return known[name]
        return self._value(name, argument.type)

    def _value(self, name: str, type_: Any) -> str:
        if is_non_null_type(type_):
            return self._value(name, type_.of_type)
        if is_list_type(type_):
            return "[" + ", ".join(self._value(name, type_.of_type) for _ in range(self._random.randint(1, 3))) + "]"
        if is_enum_type(type_):
            return str(self._random.choice(list(type_.values)))
        if is_input_object_type(type_):
            return self._object(type_)
        return self._scalar(name, type_.name)

    def _object(self, type_: GraphQLInputObjectType) -> str:
        required = [name for name, field in type_.fields.items() if is_non_null_type(field.type)]
        others = [name for name in type_.fields if name not in required]
        chosen = [*required, *self._random.sample(others, k=min(len(others), self._random.randint(0, 3)))]
        return "{" + ", ".join(f"{name}: {self._value(name, type_.fields[name].type)}" for name in chosen) + "}"

    def _scalar(self, name: str, type_name: str) -> str:
        day = f"{self._random.randint(1990, 2024)}-{self._random.randint(1, 12):02}-15"
        match type_name:
            case "ID":
                return f'"{self._random.choice(self._ids[self._kind(name)])}"'
            case "String":
                return f'"{self._random.choice(self._slugs)}"'
            case "Date":
                return f'"{day}"'
            case "DateTime":
                return f'"{day}T00:00:00Z"'
            case "Int":
                return str(self._random.randint(1, 3))
            case "Float":
                return "0.5"
        return self._random.choice(("true", "false"))

    def _kind(self, name: str) -> str:
        """Return the type whose IDs an argument or filter field of this name takes."""
        found = next((kind for kind in self._ids if kind.lower() in name.lower()), "Actor")
        return "Actor" if name in ("holders", "holderId") else found
