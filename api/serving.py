"""Serves by uvicorn: one process or several, each with a socket of its own on the one address."""

import gc
import socket
import time
from threading import Thread
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.supervisors import Multiprocess

from api.app import create
from api.settings import Settings

_NEVER = 2**31 - 1
_COLLECTION_SECONDS = 30
_COLLECTIONS = 10
"""After how many collections of the middle generation a full one is due, as Python has it."""
_SLOWEST_START = 60
"""How many seconds a server process may take to answer for itself, on a machine that is busy."""


def application() -> Starlette:
    """What each process serves."""
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
