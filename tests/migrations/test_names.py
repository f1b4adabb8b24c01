"""Names that are there already are brought into normal form, where nothing stands in the way; the rest is reported."""

import logging
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from api.database.database import Database
from api.database.migrate import migrate
from tests.conftest import with_database

BEFORE = "0004"


def test_existing_names(empty_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Of actors, their aliases, annotators and attributes; what two may not both be called stays as it is."""
    keys = {name: str(uuid4()) for name in ("cafe", "odd", "alias", "rene", "other", "fine")}
    with_database(empty_url, lambda database: migrate(database, BEFORE))
    instant = "2024-11-29T08:15:00.000000Z"

    async def enter(database: Database) -> None:
        async with database.connection() as connection:
            if not database.is_sqlite:
                await connection.execute(text("SET LOCAL session_replication_role = replica"))

            async def put(table: str, **row: Any) -> None:
                kinds = {"id": "uuid", "actor_id": "uuid", "created_at": "timestamptz", "updated_at": "timestamptz"}
                values = ", ".join(
                    f"CAST(CAST(:{c} AS text) AS {kinds[c]})" if c in kinds and not database.is_sqlite else f":{c}"
                    for c in row
                )
                await connection.execute(text(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({values})"), row)

            times = {"created_at": instant, "updated_at": instant}
            shared = {"kind": "PERSON", "version": 1, "statement_count": 0, **times}
            for key, name in (("cafe", " Cafe\u0301\u00a0  Noir "), ("odd", "a\u202eb")):
                await put("actor", id=keys[key], slug=key, name=name, sort_name=name, **shared)
            await put("actor_alias", id=keys["alias"], actor_id=keys["cafe"], position=0, name="Le  Cafe\u0301")
            for position, name in enumerate(("type", "type ")):
                await put("actor_attribute", actor_id=keys["cafe"], position=position, name=name, value="1")
            for key, name in (("rene", "Ren\u00e9"), ("other", "Rene\u0301"), ("fine", "Anna ")):
                await put("annotator", id=keys[key], name=name, role="VIEWER", active=True, created_at=instant)

    with_database(empty_url, enter)
    with caplog.at_level(logging.WARNING, "stancegraph.migration"):
        with_database(empty_url, migrate)

    async def read(database: Database) -> Any:
        async with database.connection() as connection:

            async def rows(query: str) -> list[tuple[Any, ...]]:
                return [tuple(row) for row in await connection.execute(text(query))]

            return [
                await rows("SELECT slug, name, sort_name FROM actor ORDER BY slug"),
                await rows("SELECT name, sort_name FROM actor_alias"),
                await rows("SELECT name FROM actor_attribute ORDER BY position"),
                sorted(await rows("SELECT name FROM annotator")),
            ]

    actors, aliases, attributes, annotators = with_database(empty_url, read)
    assert actors == [("cafe", "Café Noir", "cafe noir"), ("odd", "a\u202eb", "a\u202eb")]
    assert aliases == [("Le Café", "le cafe")]
    assert attributes == [("type",), ("type ",)]
    assert annotators == sorted([("René",), ("Rene\u0301",), ("Anna",)])
    told = caplog.messages
    assert len(told) == 3
    assert any(keys["odd"] in line and "U+202E" in line for line in told)
    assert any(keys["other"] in line and "René" in line for line in told)
    assert any("actor_attribute" in line and "'type '" in line for line in told)
    with_database(empty_url, lambda database: migrate(database, BEFORE))
    with_database(empty_url, migrate)
