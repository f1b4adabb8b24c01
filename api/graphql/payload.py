"""Writes payloads of mutations: values of the outcome, and rows read from the database."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from api.errors import UserError
from api.graphql.documents import Reading
from api.graphql.mutation import MutationDeclaration
from api.graphql.payload_types import DeletedId, ReturnedRow, SimilarRows, Value
from api.graphql.selection import Field, Variables
from api.ids import global_id
from api.security.viewer import Viewer
from api.services.outcome import Outcome

Entities = Callable[[Reading, Field, Sequence[UUID], Variables, Viewer], Awaitable[tuple[str, Mapping[bytes, bytes]]]]
"""Reads the JSON texts, by the text of the key, of the rows that a payload's field shows."""


@dataclass(frozen=True, slots=True)
class Payload:
    """Writes the payload of a mutation."""

    entities: Entities
    reading: Reading
    variables: Variables
    viewer: Viewer
    mutation: MutationDeclaration

    async def written(self, field: Field, values: Mapping[str, Any], outcome: Outcome | Sequence[Outcome]) -> bytes:
        """Return the JSON text of the payload that `field` selects, for the input `values`."""
        (type_name,) = field.selections
        if self.mutation.each is None:
            assert isinstance(outcome, Outcome)
            (payload,) = await self._payloads(type_name, field.only, [values], [outcome], self.mutation)
            return payload
        assert not isinstance(outcome, Outcome)
        inputs = self.mutation.inputs(values)
        members: list[tuple[str, bytes]] = []
        for f in field.only:
            if f.name == "results":
                (each,) = f.selections
                results = await self._payloads(each, f.only, inputs, outcome, self.mutation.each)
                members.append((f.key, b"[" + b",".join(results) + b"]"))
            else:
                members.append((f.key, orjson.dumps(_common(f, type_name, values))))
        return json_object(members)

    async def _payloads(
        self,
        type_name: str,
        fields: Sequence[Field],
        inputs: Sequence[Mapping[str, Any]],
        outcomes: Sequence[Outcome],
        mutation: MutationDeclaration,
    ) -> list[bytes]:
        texts: dict[str, Mapping[bytes, bytes]] = {}
        for f in fields:
            member = mutation.members.get(f.name)
            if isinstance(member, ReturnedRow | SimilarRows):
                texts[f.key] = await self._rows(f, member, outcomes)

        def value(f: Field, values: Mapping[str, Any], outcome: Outcome) -> bytes:
            match mutation.members.get(f.name):
                case ReturnedRow() as row:
                    return next((texts[f.key].get(str(key).encode(), b"null") for key in row.keys(outcome)), b"null")
                case SimilarRows() as rows:
                    found = (texts[f.key].get(str(key).encode()) for key in rows.keys(outcome))
                    return b"[" + b",".join(text for text in found if text is not None) + b"]"
                case DeletedId(type_):
                    deleted = None if outcome.errors or outcome.key is None else global_id(type_.__name__, outcome.key)
                    return orjson.dumps(deleted)
                case Value() as member:
                    return orjson.dumps(member.read(outcome))
            if f.name == "errors":
                return b"[" + b",".join(_user_error(f, error) for error in outcome.errors) + b"]"
            return orjson.dumps(_common(f, type_name, values))

        return [
            json_object((f.key, value(f, values, outcome)) for f in fields)
            for values, outcome in zip(inputs, outcomes, strict=True)
        ]

    async def _rows(
        self, field: Field, member: ReturnedRow | SimilarRows, outcomes: Sequence[Outcome]
    ) -> Mapping[bytes, bytes]:
        if len(outcomes) == 1 and outcomes[0].text is not None:
            return {str(outcomes[0].key).encode(): outcomes[0].text}
        keys = [key for outcome in outcomes for key in member.keys(outcome)]
        _, texts = await self.entities(self.reading, field, keys, self.variables, self.viewer)
        return texts


def _common(field: Field, type_name: str, values: Mapping[str, Any]) -> object:
    """Return the value of a member that every payload has."""
    return type_name if field.name == "__typename" else values.get("clientMutationId")


def _user_error(field: Field, error: UserError) -> bytes:
    values = {"__typename": "UserError", "code": error.code, "message": error.message, "path": error.path}
    return json_object((f.key, orjson.dumps(values[f.name])) for f in field.only)


def json_object(members: Iterable[tuple[str, bytes]], before: bytes = b"", after: bytes = b"") -> bytes:
    """A JSON object of members whose values are JSON already, between two more texts: what is long is copied once."""
    parts = [part for key, value in members for part in (b',"%s":' % key.encode(), value)]
    return b"".join((before, b"{", parts[0][1:], *parts[1:], b"}", after)) if parts else before + b"{}" + after
