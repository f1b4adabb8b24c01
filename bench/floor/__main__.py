"""Serves the floor with the same uvicorn as the product."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import click
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.settings import load
from bench.floor import Floor
from bench.floor.postgres import PostgresFloor
from bench.floor.sqlite import SqliteFloor
from bench.operations import OPERATIONS, Caller


def application(floor: Floor) -> Starlette:
    """Return the application with an endpoint for each operation."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await floor.open()
        yield
        await floor.close()

    def endpoint(name: str) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            variables = orjson.loads(await request.body())["variables"]
            return Response(await floor.answer(name, variables), media_type="application/json")

        return serve

    routes = [Route(f"/{name}", endpoint(name), methods=["POST"]) for name in OPERATIONS]
    return Starlette(routes=routes, lifespan=lifespan)


@click.command()
@click.option("--blind", type=click.UUID, required=True, help="The annotator of the blind project.")
@click.option("--writer", type=click.UUID, required=True, help="The annotator who records stances.")
def serve(blind: UUID, writer: UUID) -> None:
    """Serve on the address and the database in the settings."""
    settings = load()
    annotators = {Caller.BLIND: blind, Caller.WRITER: writer}
    sqlite = settings.database_url.startswith("sqlite")
    floor: Floor = SqliteFloor(settings, annotators) if sqlite else PostgresFloor(settings, annotators)
    uvicorn.run(application(floor), host=settings.host, port=settings.port, access_log=False, log_level="warning")


if __name__ == "__main__":
    serve()
