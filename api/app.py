"""Puts the server together."""

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

from api.database import Database
from api.http import graphiql
from api.http.graphql import REQUEST_ID, GraphQLEndpoint
from api.http.health import Readiness, healthz
from api.http.position import POSITION
from api.logs import configure
from api.schema.build import build
from api.schema.execution import Execution
from api.security.tokens import Authentication
from api.settings import Settings, load


def create(settings: Settings | None = None) -> Starlette:
    """The application: what uvicorn serves."""
    settings = settings or load()
    configure(settings)
    database = Database(settings)
    execution = Execution(build(), database, settings)
    endpoint = GraphQLEndpoint(execution, Authentication(database), settings)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        database.start()
        yield
        await database.close()

    async def root(_request: Request) -> RedirectResponse:
        return RedirectResponse("/graphql")

    app = Starlette(
        routes=[
            Route("/graphql", endpoint.serve, methods=["GET", "POST"]),
            graphiql.assets(),
            Route("/healthz", healthz),
            Route("/readyz", Readiness(database).serve),
            Route("/", root),
        ],
        middleware=_middleware(settings),
        lifespan=lifespan,
    )
    app.state.execution = execution
    return app


def _middleware(settings: Settings) -> list[Middleware]:
    if not settings.cors_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type", REQUEST_ID, POSITION],
            expose_headers=[REQUEST_ID, POSITION],
            max_age=3600,
        )
    ]
