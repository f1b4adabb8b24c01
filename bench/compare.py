"""Holds all contestants to the same answers, and to the same rows behind them, before anything is measured."""

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
"""With how many different variables each operation is compared; one is enough of a thousand stances."""


class Different(Exception):
    """Two contestants do not give the same answer."""


async def compare(operation: Operation, contestants: Sequence[Contestant], database: Database) -> int:
    """How many answers were compared; the first contestant's are those that the others must give.

    :raises Different: naming operation, contestant and the first place that differs.
    """
    variants = 1 if operation.writes > 1 else VARIANTS
    given = operation.variables(contestants[0].prepared.facts, variants)
    expected: list[Any] = []
    for contestant in contestants:
        found = [await _answer(contestant, operation, variables) for variables in given]
        if operation.writes:
            found.append(await _written(database, contestant))
            await forget_written(database)
        expected = expected or found
        difference = _difference(expected, found, "")
        if difference:
            raise Different(
                f"{operation.name}: {contestant.name} answers otherwise than {contestants[0].name} does: {difference}"
            )
    return len(given)


async def _answer(contestant: Contestant, operation: Operation, variables: Mapping[str, Any]) -> Any:
    """The parsed answer; without the id of a stance that was just recorded, which is new each time."""
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
    """The rows that were written, without their ids and instants, in an order that does not hang on either."""
    writer = contestant.prepared.annotators[Caller.WRITER]
    async with database.transaction() as session:
        pairs = await session.execute(
            select(Stance, Revision)
            .join(Revision, Revision.entity_id == Stance.id)
            .where(Stance.annotator_id == writer, Revision.annotator_id == writer)
        )
        rows = [{"stance": _bare(stance), "revision": _bare(revision)} for stance, revision in pairs]
    for row in rows:
        # The id that was given before the row was there.
        row["revision"]["after"].pop("id")
        row["revision"].pop("entity_id")
    return sorted(rows, key=repr)


def _bare(row: Any) -> dict[str, Any]:
    left_out = {"id", "created_at", "updated_at", "place"}
    return {c.key: getattr(row, c.key) for c in row.__table__.columns if c.key not in left_out}


def _difference(expected: Any, found: Any, where: str) -> str | None:
    """The first place in which two JSON values differ, and how."""
    if isinstance(expected, dict) and isinstance(found, dict) and expected.keys() == found.keys():
        pairs = [(f"{where}.{key}", expected[key], found[key]) for key in expected]
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = [(f"{where}[{at}]", *both) for at, both in enumerate(zip(expected, found, strict=True))]
    elif expected == found:
        return None
    else:
        return f"at {where or 'the root'} it has {_shown(found)}, not {_shown(expected)}"
    return next((told for place, one, other in pairs if (told := _difference(one, other, place))), None)


def _shown(value: Any) -> str:
    return repr(value)[:300]
