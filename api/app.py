"""Puts the server together."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from api.database.database import Database
from api.http import graphiql
from api.http.connection_limits import Limits, Seats
from api.http.cors import cors
from api.http.export import Downloads
from api.http.graphql import GraphQLEndpoint
from api.http.health import Readiness, healthz
from api.http.origins import HostAndOriginCheck
from api.http.picture import PictureEndpoint
from api.http.shutdown import ending_first, last_words
from api.http.subscriptions import Followers
from api.http.websocket import SocketEndpoint
from api.logs import configure
from api.schema.build import execution_over
from api.security.tokens import Authentication
from api.settings import Settings, load

_SUBSCRIBERS = Limits(
    all="max_subscribers",
    address="max_subscribers_per_address",
    token="max_subscribers_per_token",  # noqa: S106 (the name of a setting)
    anonymous="max_anonymous_subscribers",
)


def create(settings: Settings | None = None) -> Starlette:
    """The application: what uvicorn serves."""
    settings = settings or load()
    configure(settings)
    database = Database(settings)
    execution = execution_over(database)
    authentication = Authentication(database)
    followers, seats = Followers(database.feed, authentication), Seats(settings, _SUBSCRIBERS)
    downloads = Downloads(database, authentication, settings)
    endpoint = GraphQLEndpoint(execution, authentication, settings, followers, seats)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        database.start()
        tasks = [asyncio.create_task(database.attend())]
        if database.announcements is not None:
            tasks.append(asyncio.create_task(database.announcements.listen()))
        with ending_first(database.feed.end, settings.shutdown_seconds):
            yield
        await last_words()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await database.close()

    async def root(_request: Request) -> RedirectResponse:
        return RedirectResponse("/graphql")

    app = Server(
        endpoint,
        settings,
        routes=[
            Route("/graphql", endpoint),
            WebSocketRoute("/graphql", SocketEndpoint(execution, authentication, settings, followers, seats)),
            graphiql.assets(),
            Route("/export", downloads, methods=["GET"]),
            Route("/export/{format}", downloads, methods=["GET"]),
            Route("/network.svg", PictureEndpoint(execution, authentication), methods=["GET"]),
            Route("/healthz", healthz),
            Route("/readyz", Readiness(database).serve),
            Route("/", root),
        ],
        lifespan=lifespan,
    )
    app.state.execution = execution
    return app


class Server(Starlette):
    """All routes, with a short way past them for the one that nearly all requests take: POST /graphql."""

    def __init__(self, endpoint: ASGIApp, settings: Settings, **more: Any) -> None:
        super().__init__(middleware=[Middleware(HostAndOriginCheck, settings), *cors(settings)], **more)
        self._operations = endpoint
        for cls, args, kwargs in reversed(self.user_middleware):
            self._operations = cls(self._operations, *args, **kwargs)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, connection or lifespan."""
        if scope["type"] == "http" and scope["path"] == "/graphql" and scope["method"] == "POST":
            await self._operations(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)
