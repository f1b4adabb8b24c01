"""Serves by uvicorn: one process or several, each with a socket of its own on the one address."""

import gc
import socket
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.supervisors import Multiprocess

from api.app import create
from api.settings import Settings

_SLOWEST_START = 60
"""How many seconds a server process may take to answer for itself, on a machine that is busy."""


def application() -> Starlette:
    """What each process serves."""
    app = create()
    # What is there now stays: the collector need not look through it again and again.
    gc.collect()
    gc.freeze()
    return app


def serve(settings: Settings, workers: int) -> None:
    """Serve until ended."""
    given: dict[str, Any] = {
        "factory": True,
        "host": settings.host,
        "port": settings.port,
        "access_log": False,
        "ws_max_size": settings.max_body_bytes,
        # A worker that starts slowly is not one that hangs: it would be ended and started anew for ever.
        "timeout_worker_healthcheck": _SLOWEST_START,
        "log_level": settings.log_level if settings.log_level != "info" else "warning",
    }
    if workers == 1 or not hasattr(socket, "SO_REUSEPORT"):
        uvicorn.run("api.serving:application", workers=workers, **given)
    else:
        config = uvicorn.Config("api.serving:application", workers=workers, **given)
        Multiprocess(config, sockets=[Address(settings.host, settings.port)]).run()


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
