"""Runs uvicorn with one process or several, each with its own socket on the same address."""

import gc
import importlib.util
import socket
import time
from threading import Thread
from typing import Any

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

import uvicorn
from starlette.applications import Starlette
from uvicorn.supervisors import Multiprocess

from api.app import create
from api.logs import configure, forward_libraries
from api.settings import Settings

_NEVER = 2**31 - 1
_COLLECTION_SECONDS = 30
_COLLECTIONS = 10
"""Collections of the middle generation before a full one, as in Python's default."""
_START_SECONDS = 60
"""Time for a server process to answer its first health check, on a busy machine."""

_OTHER_FILES = 512
"""Open files of a process besides client connections: databases, libraries, logs."""


def application() -> Starlette:
    """Return the ASGI application of a server process."""
    forward_libraries()
    app = create()
    collect_garbage_off_loop()
    return app


def collect_garbage_off_loop() -> None:
    """Run full garbage collections in a separate thread: with full caches they take a tenth of a second.

    Present objects are frozen, that is, excluded from collections. Young objects are collected as usual.
    """
    gc.collect()
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _NEVER)
    Thread(target=_collect_garbage, name="garbage", daemon=True).start()


def _collect_garbage() -> None:
    while True:
        time.sleep(_COLLECTION_SECONDS)
        if gc.get_count()[2] >= _COLLECTIONS:
            gc.collect()


def serve(settings: Settings, workers: int) -> None:
    """Serve until SIGINT or SIGTERM."""
    configure(settings)
    forward_libraries()
    _allow_open_files(settings.max_connections + _OTHER_FILES)
    options: dict[str, Any] = {
        "factory": True,
        "host": settings.host,
        "port": settings.port,
        "access_log": False,
        "log_config": None,
        # Without httptools (Windows), uvicorn's h11 protocol limits the bytes of a head, but no time.
        "http": "api.http.bounded_protocol:BoundedHttpProtocol" if importlib.util.find_spec("httptools") else "h11",
        "ws": "api.http.websocket_protocol:WebSocketProtocol",
        "timeout_graceful_shutdown": settings.shutdown_seconds,
        "proxy_headers": bool(settings.trusted_proxies),
        "forwarded_allow_ips": list(settings.trusted_proxies),
        "ws_max_size": settings.max_body_bytes,
        # A short timeout would restart a slowly starting worker again and again.
        "timeout_worker_healthcheck": _START_SECONDS,
        "log_level": settings.log_level if settings.log_level != "info" else "warning",
    }
    if workers == 1 or not hasattr(socket, "SO_REUSEPORT"):
        uvicorn.run("api.cli.uvicorn_runner:application", workers=workers, **options)
    else:
        config = uvicorn.Config("api.cli.uvicorn_runner:application", workers=workers, **options)
        Multiprocess(config, sockets=[Address(settings.host, settings.port)]).run()


def _allow_open_files(number: int) -> None:
    """Raise the limit of open files of this process if the system allows it: each connection is one."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < number:
        possible = number if hard == resource.RLIM_INFINITY else min(number, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, possible), hard))


class Address(socket.socket):
    """Reserves an address; a process that receives the pickled object opens its own socket there.

    With one shared socket nearly all connections go to the process that wakes first. The system distributes connections
    evenly over separate sockets.
    """

    def __init__(self, host: str, port: int) -> None:
        super().__init__(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self._address = (host, port)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.bind((host, port))

    def __reduce__(self) -> tuple[type["Address"], tuple[str, int]]:
        return Address, self._address
