"""Serves by uvicorn: one process or several, each with a socket of its own on the one address."""

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
"""After how many collections of the middle generation a full one is due, as Python has it."""
_SLOWEST_START = 60
"""How many seconds a server process may take to answer for itself, on a machine that is busy."""

_OTHER_FILES = 512
"""How many files a process opens beside connections of clients: databases, libraries, logs."""


def application() -> Starlette:
    """What each process serves."""
    forward_libraries()
    app = create()
    collect_garbage_off_loop()
    return app


def collect_garbage_off_loop() -> None:
    """Run full garbage collections in a thread of their own: with full caches they take a tenth of a second.

    What is there now stays, and is never looked through again. Collections of young objects stay where they are.
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
    """Serve until ended."""
    configure(settings)
    forward_libraries()
    _allow_open_files(settings.max_connections + _OTHER_FILES)
    given: dict[str, Any] = {
        "factory": True,
        "host": settings.host,
        "port": settings.port,
        "access_log": False,
        "log_config": None,
        # Without httptools (Windows) uvicorn's own h11 bounds the bytes of a head, and no time.
        "http": "api.http.bounded_protocol:BoundedHttpProtocol" if importlib.util.find_spec("httptools") else "h11",
        "ws": "api.http.websocket_protocol:WebSocketProtocol",
        "timeout_graceful_shutdown": settings.shutdown_seconds,
        "proxy_headers": bool(settings.trusted_proxies),
        "forwarded_allow_ips": list(settings.trusted_proxies),
        "ws_max_size": settings.max_body_bytes,
        # A worker that starts slowly is not one that hangs: it would be ended and started anew for ever.
        "timeout_worker_healthcheck": _SLOWEST_START,
        "log_level": settings.log_level if settings.log_level != "info" else "warning",
    }
    if workers == 1 or not hasattr(socket, "SO_REUSEPORT"):
        uvicorn.run("api.cli.uvicorn_runner:application", workers=workers, **given)
    else:
        config = uvicorn.Config("api.cli.uvicorn_runner:application", workers=workers, **given)
        Multiprocess(config, sockets=[Address(settings.host, settings.port)]).run()


def _allow_open_files(wanted: int) -> None:
    """Raise the process's own limit of open files, where the system lets it: each connection is one."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


class Address(socket.socket):
    """Keeps an address; whichever process it is sent to gets a socket of its own there.

    One socket that all share gives nearly all connections to the process that wakes first. Among several the system
    deals them out, of those that are listened on.
    """

    def __init__(self, host: str, port: int) -> None:
        super().__init__(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self._address = (host, port)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.bind((host, port))

    def __reduce__(self) -> tuple[type["Address"], tuple[str, int]]:
        return Address, self._address
