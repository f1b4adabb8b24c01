"""Composition root: makes the application of its parts."""

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
from api.http import documentation, graphiql
from api.http.connection_limits import ConnectionLimit, LimitSettings
from api.http.context import ServerContext, bind_logger
from api.http.cors import cors
from api.http.export import ExportEndpoint
from api.http.graphql import GraphQLEndpoint
from api.http.health import Readiness, healthz
from api.http.origins import HostAndOriginCheck
from api.http.picture import PictureEndpoint
from api.http.shutdown import on_shutdown_signal, wait_for_cancelled_requests
from api.http.subscriptions import Subscriptions
from api.http.websocket import WebSocketEndpoint
from api.logs import configure
from api.schema.build import execution_over
from api.security.tokens import Authentication
from api.settings import Settings, load

_CONNECTION_LIMITS = LimitSettings(
    all="max_subscribers",
    address="max_subscribers_per_address",
    token="max_subscribers_per_token",  # noqa: S106 (the name of a setting)
    anonymous="max_anonymous_subscribers",
)


def create(settings: Settings | None = None) -> Starlette:
    """Return the ASGI application, with settings from the environment by default."""
    settings = settings or load()
    configure(settings)
    database = Database(settings)
    execution = execution_over(database)
    authentication = Authentication(database)
    context = ServerContext(
        execution,
        authentication,
        settings,
        Subscriptions(database.feed, authentication),
        ConnectionLimit(settings, _CONNECTION_LIMITS, "connections"),
        bind_logger(),
    )
    endpoint, downloads = GraphQLEndpoint(context), ExportEndpoint(context)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        database.start()
        tasks = [asyncio.create_task(database.watch_feed())]
        if database.notifier is not None:
            tasks.append(asyncio.create_task(database.notifier.listen()))
        with on_shutdown_signal(database.feed.end, settings.shutdown_seconds):
            yield
        await wait_for_cancelled_requests()
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
            WebSocketRoute("/graphql", WebSocketEndpoint(context)),
            graphiql.assets(),
            Route("/export", downloads, methods=["GET"]),
            Route("/export/{format}", downloads, methods=["GET"]),
            Route("/network.svg", PictureEndpoint(context), methods=["GET"]),
            *documentation.routes(),
            Route("/healthz", healthz),
            Route("/readyz", Readiness(database).serve),
            Route("/", root),
        ],
        lifespan=lifespan,
    )
    app.state.execution = execution
    return app


class Server(Starlette):
    """The routes, with a shortcut past the router for POST /graphql, which nearly all requests are."""

    def __init__(self, endpoint: ASGIApp, settings: Settings, **more: Any) -> None:
        super().__init__(middleware=[Middleware(HostAndOriginCheck, settings), *cors(settings)], **more)
        self._operations = endpoint
        for cls, args, kwargs in reversed(self.user_middleware):
            self._operations = cls(self._operations, *args, **kwargs)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, WebSocket or lifespan."""
        if scope["type"] == "http" and scope["path"] == "/graphql" and scope["method"] == "POST":
            await self._operations(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)
