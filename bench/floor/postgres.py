"""The floor on Postgres: asyncpg with two pools; each statement is prepared once for each connection."""

from typing import Any
from uuid import UUID

import asyncpg

from api.graphql.sql.search_query import read_query
from api.settings import Settings
from bench.floor import statement
from bench.floor.arguments import ARGUMENTS, Parameters
from bench.operations import OPERATIONS, Caller, Variables

_VISIBLE = "stance.project_id <> ALL (ARRAY(SELECT id FROM project WHERE blind AND status = 'OPEN'))"


def sql(name: str) -> str:
    """Return the SQL statement of the operation `name`."""
    match name:
        case "first_page":
            return statement("postgres", "page", after="true")
        case "deep_page":
            return statement("postgres", "page", after="(stated_on_sort, id) < ($1::text::date, $2)")
        case "search":
            return statement("postgres", "search", ranked=statement("postgres", "ranked"))
        case "blind_actor_page":
            return statement("postgres", "actor_page", sees=f"({_VISIBLE} OR stance.annotator_id = $2)")
    return statement("postgres", name, sees=_VISIBLE)


def parameters(name: str, variables: Variables, caller: UUID | None) -> Parameters:
    """Return the parameters of the statement; `caller` is the annotator that sends the request."""
    if name == "search":
        query = read_query(variables["text"])
        return [query.tsquery, sorted(query.trigrams), len(query.trigrams)]
    bound = ARGUMENTS[name](variables)
    return bound if caller is None else [*bound, caller]


class PostgresFloor:
    """Implements `Floor`."""

    def __init__(self, settings: Settings, annotators: dict[Caller, UUID]) -> None:
        self._settings, self._annotators = settings, annotators
        self._sql = {name: sql(name) for name in OPERATIONS}
        self._reading: Any = None
        self._writing: Any = None

    async def open(self) -> None:
        """Implement `Floor.open`."""
        self._reading = await self._pool(self._settings.read_pool_size)
        self._writing = await self._pool(self._settings.write_pool_size)

    async def _pool(self, size: int) -> Any:
        settings = {"jit": "off", "timezone": "UTC", "datestyle": "ISO"}
        return await asyncpg.create_pool(
            self._settings.database_url, min_size=1, max_size=size, reset=_nothing_to_reset, server_settings=settings
        )

    async def answer(self, name: str, variables: Variables) -> str:
        """Implement `Floor.answer`."""
        operation = OPERATIONS[name]
        pool = self._writing if operation.writes else self._reading
        bound = parameters(name, variables, self._annotators.get(operation.caller))
        answer: str = await pool.fetchval(self._sql[name], *bound)
        return answer

    async def close(self) -> None:
        """Implement `Floor.close`."""
        await self._reading.close()
        await self._writing.close()


async def _nothing_to_reset(_connection: object) -> None:
    """Skip the reset of a connection: single statements leave no state."""
