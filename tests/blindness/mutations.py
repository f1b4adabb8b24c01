"""Walks all mutations: each with every part of its input in turn, as inputs to be sent.

Nothing is left out silently: a part of an input of a kind that the walk has no values for is an error.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

from tests.blindness.walk import Walk

LAST = ("skip", "finish", "withdraw", "remove", "undo", "delete", "merge")
"""What begins the names of mutations that take something away: they come when all others were tried."""
MAX_VALUES = 3
"""How many values of an enumeration are tried."""
REFERS: Mapping[str, str] = {
    "duplicate": "Actor",
    "evidence": "Statement",
    "group": "Actor",
    "holder": "Actor",
    "into": "Actor",
    "member": "Actor",
    "publisher": "Actor",
    "reportedBy": "Actor",
    "source": "Actor",
    "speaker": "Actor",
    "target": "Actor",
}
"""Names of ids that do not say of which type they are."""
NUMBERS = {
    "expectedVersion": (1, 2),
    "intensity": (1, 4),
    "overlap": (0, 2),
    "start": (0, 1),
    "end": (4,),
    "confidence": (0.5, 2.0),
}
TEXTS = {
    "countryCode": ("SY",),
    "definition": ("When it is said.",),
    "description": ("Known to all.",),
    "examples": ("so",),
    "exact": ("the", "nowhere at all"),
    "guidelines": ("Read.",),
    "language": ("en",),
    "name": ("New one",),
    "prefix": ("x",),
    "rationale": ("So.",),
    "reason": ("Not mine",),
    "role": ("wing",),
    "script": ("Latn",),
    "slug": ("new-one",),
    "suffix": ("x",),
    "summary": ("A tie.",),
    "text": ("A new text.",),
    "title": ("A new one",),
    "url": ("https://example.org/new",),
    "value": ("blue",),
    "wikidataId": ("Q1",),
}
_ID = re.compile(r"\b[a-z]{3}_[0-9a-f]{8}-[0-9a-f-]{27}")


class Mutations:
    """All changes that can be asked for of one schema."""

    def __init__(self, walk: Walk) -> None:
        self.schema, self.given, self.entities = walk.schema, walk.values, walk.entities
        self._known = {text for ids in self.given.ids.values() for text in ids}

    def documents(self, only: Sequence[str] = ()) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """Name, document and input, of the mutations called `only`, or of all; what takes something away comes last."""
        assert self.schema.mutation_type is not None
        fields = self.schema.mutation_type.fields
        for name in sorted(fields, key=lambda name: name.startswith(LAST)):
            if only and name not in only:
                continue
            field = fields[name]
            type_ = get_named_type(field.args["input"].type)
            assert isinstance(type_, GraphQLInputObjectType)
            payload = self.payload(field.type)
            text = f"mutation($input: {type_.name}!) {{ {name}(input: $input) {payload} }}"
            for given in self.objects(name, type_):
                yield name, text, given

    def plain(self, answer: str) -> str:
        """An answer without the ids of what was only just made."""
        return _ID.sub(lambda found: found[0] if found[0] in self._known else "<new>", answer)

    # ------------------------------------------------------------------ payloads

    def payload(self, type_: Any) -> str:
        """All of a payload; of entities their own values, and how long their lists are."""
        named = get_named_type(type_)
        if not isinstance(named, GraphQLObjectType):
            return "{ __typename }"
        parts = []
        for name, field in named.fields.items():
            inner, entity = get_named_type(field.type), named.name in self.entities
            if entity and (inner.name in ("ID", "DateTime") or any(map(is_required_argument, field.args.values()))):
                continue
            if is_leaf_type(inner):
                parts.append(name)
            elif not entity:
                parts.append(f"{name} {self.payload(inner)}")
            elif inner.name.endswith("Connection") and "last" in field.args:
                parts.append(f"{name} {{ totalCount }}")
            elif name in ("stanceCounts", "progress"):
                parts.append(f"{name} {self._leaves(inner)}")
        return f"{{ __typename {' '.join(parts)} }}"

    @staticmethod
    def _leaves(type_: Any) -> str:
        return f"{{ {' '.join(name for name, f in type_.fields.items() if is_leaf_type(get_named_type(f.type)))} }}"

    # ------------------------------------------------------------------ inputs

    def objects(self, mutation: str, type_: GraphQLInputObjectType) -> Iterator[dict[str, Any]]:
        """What an input must have, and each of its parts in turn with each of its values."""
        if type_.is_one_of:
            for key, part in type_.fields.items():
                yield from ({key: value} for value in self.values(mutation, key, part.type))
            return
        must = {k: f for k, f in type_.fields.items() if is_required_input_field(f)}
        least = {k: next(self.values(mutation, k, f.type)) for k, f in must.items()}
        yield least
        for key, part in type_.fields.items():
            if key == "clientMutationId":
                continue
            for number, value in enumerate(self.values(mutation, key, part.type)):
                if number or key not in must:
                    yield {**least, key: value}

    def values(self, mutation: str, key: str, type_: Any) -> Iterator[Any]:
        """Values of a part of an input."""
        inner = get_nullable_type(type_)
        if isinstance(inner, GraphQLNonNull | GraphQLList):
            yield from ([value] for value in self.values(mutation, key, inner.of_type))
        elif isinstance(inner, GraphQLEnumType):
            yield from islice(inner.values, MAX_VALUES)
        elif isinstance(inner, GraphQLInputObjectType):
            yield from self.objects(mutation, inner)
        elif inner.name == "ID":
            yield from self.given.ids[self._referred(mutation, key)] or ["no id"]
        elif inner.name == "Boolean":
            yield from (True, False)
        elif inner.name == "Date":
            yield from self.given.dates
        else:
            yield from (NUMBERS if inner.name in ("Int", "Float") else TEXTS)[key]

    def _referred(self, mutation: str, key: str) -> str:
        """Of which type an id is."""
        if key == "id":
            return max((name for name in self.given.ids if mutation.endswith(name)), key=len)
        noun = re.sub(r"Ids?$", "", key)
        return REFERS.get(noun) or noun[0].upper() + noun[1:]
