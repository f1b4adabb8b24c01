"""CORS: the headers that pages of the configured origins may send and read."""

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from api.http.consistency import POSITION_HEADER
from api.http.response import REQUEST_ID
from api.settings import Settings

ALLOWED_HEADERS = (
    "authorization",
    "content-type",
    "content-encoding",
    "if-none-match",
    "last-event-id",
    "x-requested-with",
    REQUEST_ID,
    POSITION_HEADER,
    # Apollo Client and monitoring in the browser (OpenTelemetry, Sentry) add these.
    "apollo-require-preflight",
    "apollographql-client-name",
    "apollographql-client-version",
    "baggage",
    "sentry-trace",
    "traceparent",
    "tracestate",
)
"""Request headers that pages of other origins may send, besides those that browsers always allow."""
EXPOSED_HEADERS = ("content-disposition", "etag", "retry-after", REQUEST_ID, POSITION_HEADER)
"""Response headers that pages of other origins may read, besides those that browsers always allow."""


def cors(settings: Settings) -> list[Middleware]:
    """Return the CORS middleware; an empty list if no origin is configured."""
    if not settings.cors_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST"],
            allow_headers=[*ALLOWED_HEADERS, *settings.cors_allow_headers],
            expose_headers=[*EXPOSED_HEADERS, *settings.cors_expose_headers],
            max_age=3600,
        )
    ]
