"""What a mutation gives back: what became of its command, and the row that it is about, read from the database."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from api.graphql.documents import Reading
from api.graphql.selection import Field, Variables
from api.ids import global_id
from api.security.viewer import Viewer
from api.services.outcome import Outcome

Entities = Callable[[Reading, Field, Sequence[UUID], Variables, Viewer], Awaitable[tuple[str, Mapping[bytes, bytes]]]]
"""Reads the JSON texts, by the text of the key, of the rows that a payload's field shows."""

SIMILAR = "similar"
"""The field that lists other rows that go by a name that was just given."""


@dataclass(frozen=True, slots=True)
class Payload:
    """Writes what a mutation gives back."""

    entities: Entities
    reading: Reading
    variables: Variables
    viewer: Viewer

    async def written(self, asked: Field, given: Mapping[str, Any], outcome: Outcome | Sequence[Outcome]) -> bytes:
        """The JSON text of the payload behind the field `asked`, which was given this input."""
        (type_name,) = asked.selections
        if isinstance(outcome, Outcome):
            (payload,) = await self._payloads(type_name, asked.only, [given], [outcome])
            return payload
        several = batch(given)
        members: list[tuple[str, bytes]] = []
        for f in asked.only:
            if f.name == "results":
                (each,) = f.selections
                results = await self._payloads(each, f.only, several, outcome)
                members.append((f.key, b"[" + b",".join(results) + b"]"))
            else:
                members.append((f.key, _plain(f, type_name, given, Outcome())))
        return json_object(members)

    async def _payloads(
        self, type_name: str, fields: Sequence[Field], given: Sequence[Mapping[str, Any]], outcomes: Sequence[Outcome]
    ) -> list[bytes]:
        shown: dict[str, Mapping[bytes, bytes]] = {}
        for f in fields:
            if f.slot in self.reading.asks_below and len(outcomes) == 1 and outcomes[0].text is not None:
                shown[f.key] = {str(outcomes[0].key).encode(): outcomes[0].text}
            elif f.slot in self.reading.asks_below:
                if f.name == SIMILAR:
                    keys = [key for o in outcomes for key in o.similar]
                else:
                    keys = [key for o in outcomes if (key := o.shown_by(f.name)) is not None]
                _, shown[f.key] = await self.entities(self.reading, f, keys, self.variables, self.viewer)
        return [
            json_object(
                (f.key, _shown(f, o, shown[f.key]) if f.key in shown else _plain(f, type_name, one, o)) for f in fields
            )
            for one, o in zip(given, outcomes, strict=True)
        ]


def _shown(asked: Field, outcome: Outcome, texts: Mapping[bytes, bytes]) -> bytes:
    """The row that a field of a payload shows; for `similar`, the list of the rows with an equal name."""
    if asked.name == SIMILAR:
        return b"[" + b",".join(texts[key] for o in outcome.similar if (key := str(o).encode()) in texts) + b"]"
    return texts.get(str(outcome.shown_by(asked.name)).encode(), b"null")


def batch(given: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The inputs within the input of a mutation that takes many at once."""
    (batch,) = [value for value in given.values() if isinstance(value, list)]
    return batch


def _plain(asked: Field, type_name: str, given: Mapping[str, Any], outcome: Outcome) -> bytes:
    """A member of a payload that is not read from the database."""
    if asked.name == "__typename":
        return orjson.dumps(type_name)
    if asked.name == "clientMutationId":
        return orjson.dumps(given.get("clientMutationId"))
    if asked.name == "created":
        return orjson.dumps(outcome.created)
    if asked.name == "exhausted":
        return orjson.dumps(outcome.key is None and not outcome.errors)
    if asked.name == "errors":
        return b"[" + b",".join(_user_error(asked, outcome, at) for at in range(len(outcome.errors))) + b"]"
    if asked.name == "added":
        return orjson.dumps(outcome.added)
    # stanceId, relationId, statementId: what is gone is told by its id alone
    gone = outcome.key if not outcome.errors else None
    name = asked.name[0].upper() + asked.name[1:].removesuffix("Id")
    return orjson.dumps(None if gone is None else global_id(name, gone))


def _user_error(asked: Field, outcome: Outcome, at: int) -> bytes:
    error = outcome.errors[at]
    values = {"__typename": "UserError", "code": error.code, "message": error.message, "path": error.path}
    return json_object((f.key, orjson.dumps(values[f.name])) for f in asked.only)


def json_object(members: Iterable[tuple[str, bytes]], before: bytes = b"", after: bytes = b"") -> bytes:
    """A JSON object of members whose values are JSON already, between two more texts: what is long is copied once."""
    parts = [part for key, value in members for part in (b',"%s":' % key.encode(), value)]
    return b"".join((before, b"{", parts[0][1:], *parts[1:], b"}", after)) if parts else before + b"{}" + after
