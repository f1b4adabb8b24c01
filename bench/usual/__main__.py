"""Serves the conventional stack with the same uvicorn as the product."""

import datetime as dt
from typing import Any

import click
import strawberry
import uvicorn
from sqlalchemy import event, make_url, select
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

from api.security.tokens import digest
from api.settings import Settings, load
from bench.usual.context import Context, Sessions
from bench.usual.mutation import Mutation
from bench.usual.query import Query
from models import Annotator, Token, instant_text

_INSTANT = ScalarDefinition(
    name="DateTime",
    description=None,
    specified_by_url=None,
    serialize=instant_text,
    parse_value=dt.datetime.fromisoformat,
    parse_literal=None,
    origin=dt.datetime,
)


class _View(GraphQL[Context, None]):
    """Strawberry's own view, with the caller in its context."""

    def __init__(self, sessions: Sessions) -> None:
        config = StrawberryConfig(scalar_map={dt.datetime: _INSTANT})
        super().__init__(strawberry.Schema(query=Query, mutation=Mutation, config=config))
        self._sessions = sessions

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """Return a context for each request."""
        _, _, secret = request.headers.get("authorization", "").partition(" ")
        annotator = await self._annotator(secret) if secret else None
        return Context(self._sessions, annotator)

    async def _annotator(self, secret: str) -> Annotator | None:
        query = select(Annotator).join(Token, Token.annotator_id == Annotator.id)
        async with self._sessions() as session:
            return (await session.scalars(query.where(Token.sha256 == digest(secret)))).one_or_none()


def engine(settings: Settings) -> AsyncEngine:
    """Return an engine with as many connections as the product."""
    url = make_url(settings.database_url)
    sqlite = url.get_backend_name() == "sqlite"
    driver = "sqlite+aiosqlite" if sqlite else "postgresql+asyncpg"
    made = create_async_engine(url.set(drivername=driver), pool_size=settings.read_pool_size)
    event.listen(made.sync_engine, "connect", _set_pragmas if sqlite else _keep_dates)
    return made


def _set_pragmas(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("busy_timeout = 60000", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _keep_dates(connection: Any, _record: object) -> None:
    """Set a codec for dates: the driver reads the first day of year 1, which means undated, as minus infinity."""
    epoch = dt.date(2000, 1, 1).toordinal()

    async def set_codec(driver: Any) -> None:
        await driver.set_type_codec(
            "date",
            schema="pg_catalog",
            format="tuple",
            encoder=lambda day: (day.toordinal() - epoch,),
            decoder=lambda days: dt.date.fromordinal(days[0] + epoch),
        )

    connection.run_async(set_codec)


@click.command()
@click.option("--blind", type=click.UUID, help="Not asked for: tokens tell who is who.")
@click.option("--writer", type=click.UUID, help="Not asked for: tokens tell who is who.")
def serve(**_callers: object) -> None:
    """Serve on the address and the database in the settings."""
    settings = load()
    view = _View(async_sessionmaker(engine(settings), expire_on_commit=False))
    app = Starlette(routes=[Route("/graphql", view)])
    uvicorn.run(app, host=settings.host, port=settings.port, access_log=False, log_level="warning")


if __name__ == "__main__":
    serve()
