"""Checks before the measurements that all contestants return the same responses and write the same rows."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import select

from api.database.database import Database
from bench.contestants import Contestant
from bench.data import forget_written
from bench.load import HOST
from bench.operations import Caller, Operation
from models import Revision, Stance

VARIANTS = 5
"""The number of variables with which each operation is compared; one for operations with a thousand stances."""


class Different(Exception):
    """Two contestants return different responses."""


async def compare(operation: Operation, contestants: Sequence[Contestant], database: Database) -> int:
    """Compare all contestants with the first; return the number of compared responses.

    :raises Different: naming operation, contestant and the first place that differs.
    """
    variants = 1 if operation.writes > 1 else VARIANTS
    variants_ = operation.variables(contestants[0].prepared.facts, variants)
    expected: list[Any] = []
    for contestant in contestants:
        found = [await _answer(contestant, operation, variables) for variables in variants_]
        if operation.writes:
            found.append(await _written(database, contestant))
            await forget_written(database)
        expected = expected or found
        difference = _difference(expected, found, "")
        if difference:
            raise Different(
                f"{operation.name}: {contestant.name} answers otherwise than {contestants[0].name} does: {difference}"
            )
    return len(variants_)


async def _answer(contestant: Contestant, operation: Operation, variables: Mapping[str, Any]) -> Any:
    """Return the parsed response, without the ID of a new stance."""
    reader, writer = await asyncio.open_connection(HOST, contestant.port)
    try:
        writer.write(contestant.request(operation, variables))
        head = await reader.readuntil(b"\r\n\r\n")
        (length,) = [
            int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
        ]
        body = await reader.readexactly(length)
    finally:
        writer.close()
    if not head.startswith(b"HTTP/1.1 200 ") or b'"errors":[{' in body:
        raise Different(f"{operation.name}: {contestant.name} fails with {(head + body)[:2000].decode()}")
    answer = orjson.loads(body)
    if operation.writes == 1:
        del answer["data"]["recordStance"]["stance"]["id"]
    return answer


async def _written(database: Database, contestant: Contestant) -> list[Any]:
    """Return the written rows without IDs and times, in an order that is independent of them."""
    writer = contestant.prepared.annotators[Caller.WRITER]
    async with database.transaction() as session:
        pairs = await session.execute(
            select(Stance, Revision)
            .join(Revision, Revision.entity_id == Stance.id)
            .where(Stance.annotator_id == writer, Revision.annotator_id == writer)
        )
        rows = [{"stance": _bare(stance), "revision": _bare(revision)} for stance, revision in pairs]
    for row in rows:
        # The ID was generated before the row was inserted.
        row["revision"]["after"].pop("id")
        row["revision"].pop("entity_id")
    return sorted(rows, key=repr)


def _bare(row: Any) -> dict[str, Any]:
    left_out = {"id", "created_at", "updated_at", "place"}
    return {c.key: getattr(row, c.key) for c in row.__table__.columns if c.key not in left_out}


def _difference(expected: Any, found: Any, where: str) -> str | None:
    """Return the first difference of two JSON values; None if they are equal."""
    if isinstance(expected, dict) and isinstance(found, dict) and expected.keys() == found.keys():
        pairs = [(f"{where}.{key}", expected[key], found[key]) for key in expected]
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = [(f"{where}[{at}]", *both) for at, both in enumerate(zip(expected, found, strict=True))]
    elif expected == found:
        return None
    else:
        return f"at {where or 'the root'} it has {_abbreviate(found)}, not {_abbreviate(expected)}"
    return next((message for place, one, other in pairs if (message := _difference(one, other, place))), None)


def _abbreviate(value: Any) -> str:
    return repr(value)[:300]
