"""Writes payloads of mutations: values of the outcome, and rows read from the database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from api.errors import InputError
from api.graphql.mutation import MutationDeclaration
from api.graphql.operation import Operation
from api.graphql.payload_types import DeletedId, ReturnedRow, SimilarRows, Value
from api.graphql.plan import PlanNode
from api.ids import global_id
from api.services.outcome import Outcome


@dataclass(frozen=True, slots=True)
class PayloadWriter:
    """Writes the payload of a mutation."""

    operation: Operation
    mutation: MutationDeclaration

    async def write(self, node: PlanNode, values: Mapping[str, Any], outcome: Outcome | Sequence[Outcome]) -> bytes:
        """Return the JSON text of the payload that `node` selects, for the input `values`."""
        if self.mutation.each is None:
            assert isinstance(outcome, Outcome)
            (payload,) = await self._payloads(self.mutation, node, [values], [outcome])
            return payload
        assert not isinstance(outcome, Outcome)
        inputs = self.mutation.inputs(values)
        members: list[tuple[str, bytes]] = []
        for f in node.only:
            if f.name == "results":
                results = await self._payloads(self.mutation.each, f, inputs, outcome)
                members.append((f.key, b"[" + b",".join(results) + b"]"))
            else:
                members.append((f.key, _common(f, node.type_name, values)))
        return json_object(members)

    async def _payloads(
        self,
        mutation: MutationDeclaration,
        node: PlanNode,
        inputs: Sequence[Mapping[str, Any]],
        outcomes: Sequence[Outcome],
    ) -> list[bytes]:
        """Return a payload for each input. The rows of all payloads are read by one statement for each field."""
        texts: dict[str, Mapping[bytes, bytes]] = {}
        for f in node.only:
            member = mutation.members.get(f.name)
            if isinstance(member, ReturnedRow | SimilarRows):
                texts[f.key] = await self._rows(f, member, outcomes)

        def value(f: PlanNode, values: Mapping[str, Any], outcome: Outcome) -> bytes:
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
            return _common(f, node.type_name, values)

        return [
            json_object((f.key, value(f, values, outcome)) for f in node.only)
            for values, outcome in zip(inputs, outcomes, strict=True)
        ]

    async def _rows(
        self, node: PlanNode, member: ReturnedRow | SimilarRows, outcomes: Sequence[Outcome]
    ) -> Mapping[bytes, bytes]:
        if len(outcomes) == 1 and outcomes[0].text is not None:
            return {str(outcomes[0].key).encode(): outcomes[0].text}
        keys = [key for outcome in outcomes for key in member.keys(outcome)]
        return await self.operation.rows(node, node.type_name, keys)


def _common(node: PlanNode, type_name: str, values: Mapping[str, Any]) -> bytes:
    """Return the value of a member that every payload has."""
    return orjson.dumps(type_name if node.name == "__typename" else values.get("clientMutationId"))


def _user_error(node: PlanNode, error: InputError) -> bytes:
    values = {"__typename": "UserError", "code": error.code, "message": error.message, "path": error.path}
    return json_object((f.key, orjson.dumps(values[f.name])) for f in node.only)


def json_object(members: Iterable[tuple[str, bytes]], before: bytes = b"", after: bytes = b"") -> bytes:
    """Return a JSON object of members whose values are JSON, between two more texts: a long text is copied once."""
    parts = [part for key, value in members for part in (b',"%s":' % key.encode(), value)]
    return b"".join((before, b"{", parts[0][1:], *parts[1:], b"}", after)) if parts else before + b"{}" + after
