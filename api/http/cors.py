"""Cross-origin requests: what pages of the configured origins may send and read."""

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from api.http.consistency import POSITION
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
    POSITION,
    # What Apollo Client, and monitoring in the browser (OpenTelemetry, Sentry), add by themselves.
    "apollo-require-preflight",
    "apollographql-client-name",
    "apollographql-client-version",
    "baggage",
    "sentry-trace",
    "traceparent",
    "tracestate",
)
"""Headers that pages of other origins may send, beside those that browsers let any page send."""
EXPOSED_HEADERS = ("content-disposition", "etag", "retry-after", REQUEST_ID, POSITION)
"""Headers that pages of other origins may read, beside those that browsers let any page read."""


def cors(settings: Settings) -> list[Middleware]:
    """Return the middleware that lets pages of other origins in; none if no origin is configured."""
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
