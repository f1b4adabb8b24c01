"""Checks the `Host` of every request and the `Origin` of every WebSocket, before any endpoint.

A browser lets any page open a WebSocket to any server and read its messages: CORS does not apply. And a page whose name
resolves to this machine (DNS rebinding) has the origin of the server. Only the server can refuse both.
"""

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from api.cache import BoundedCache
from api.http.errors import error_response
from api.http.request import BadRequest
from api.http.response import request_id
from api.settings import Settings, variable

log = structlog.get_logger("stancegraph.origins")

_UNCHECKED = frozenset({"/healthz", "/readyz"})
"""Probes name the server by the address at which they reach it."""
_MAX_CACHED_HOSTS = 100
_DEFAULT_PORTS = {"http": 80, "https": 443}


def is_loopback(host: str) -> bool:
    """True if `host` is a loopback name or address."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def split_host(value: str) -> tuple[str, int | None]:
    """Return the name, in lower case and without a final dot, and the port of a Host header or an origin's authority.

    :raises ValueError: if `value` is malformed.
    """
    parts = urlsplit(f"//{value}")
    if not value or parts.hostname is None or parts.username is not None or parts.path or parts.query or parts.fragment:
        raise ValueError(value)
    return parts.hostname.removesuffix("."), parts.port


class HostAndOriginCheck:
    """ASGI middleware that refuses requests to unknown hosts, and WebSockets from pages of other origins."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._hosts = settings.allowed_hosts or (() if is_loopback(settings.host) else ("*",))
        self._origins = frozenset(settings.cors_origins)
        self._allowed_cache: BoundedCache[bytes, bool] = BoundedCache(_MAX_CACHED_HOSTS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] in ("http", "websocket") and scope["path"] not in _UNCHECKED:
            hosts = [value for name, value in scope["headers"] if name == b"host"]
            if not hosts or not all(host in self._allowed_cache or self._is_allowed(host) for host in hosts):
                host = b", ".join(hosts).decode("latin-1")
                message = f"Host {host[:200]!r} is not served here; list its name in {variable('allowed_hosts')}"
                await _refuse(BadRequest(message), scope, receive, send)
                return
            if scope["type"] == "websocket":
                others = [o for o in _origins(scope) if not self._is_own(o, hosts)]
                if others:
                    message = (
                        f"pages of origin {others[0][:200]!r} may not connect; list the origin in"
                        f" {variable('cors_origins')}, or let the proxy pass the Host header on"
                    )
                    await _refuse(BadRequest(message, 403), scope, receive, send)
                    return
        await self._app(scope, receive, send)

    def _is_allowed(self, value: bytes) -> bool:
        """True if the Host header `value` names this server."""
        try:
            host, _ = split_host(value.decode("ascii"))
        except ValueError:
            return False
        allowed = is_loopback(host) or any(_matches(host, pattern) for pattern in self._hosts)
        if allowed:
            self._allowed_cache[value] = True
        return allowed

    def _is_own(self, origin: str, hosts: Iterable[bytes]) -> bool:
        """True if `origin` is listed or is that of the server, whatever the scheme: a proxy may terminate TLS."""
        if origin in self._origins or "*" in self._origins:
            return True
        try:
            parts = urlsplit(origin)
            name, port = split_host(parts.netloc)
            known = [split_host(host.decode("ascii")) for host in hosts]
        except ValueError:
            return False
        default = _DEFAULT_PORTS.get(parts.scheme)
        return default is not None and all((name, port or default) == (n, p or default) for n, p in known)


def _matches(host: str, pattern: str) -> bool:
    return pattern in ("*", host) or (pattern.startswith("*.") and host.endswith(pattern[1:]))


def _origins(scope: Scope) -> list[str]:
    return [value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"]


async def _refuse(error: BadRequest, scope: Scope, receive: Receive, send: Send) -> None:
    log.warning("refused", reason=str(error), path=scope["path"])
    response = error_response(error, identifier := request_id())
    if scope["type"] == "http":
        await response.send(scope["method"], {}, identifier, send)
        return
    await receive()  # the handshake
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return
    headers = [*response.headers, (b"content-length", b"%d" % len(response.answer.body))]
    await send({"type": "websocket.http.response.start", "status": response.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": response.answer.body})
