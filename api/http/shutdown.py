"""Shutdown: acts on SIGINT and SIGTERM before uvicorn waits for its requests to end.

A stream of events does not end by itself: the server has to end it. Requests that do not end in time are cancelled.
"""

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

import structlog

log = structlog.get_logger("stancegraph.ending")

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_EXTRA_SECONDS = 5
"""Time for database connections and working threads to end, after the time of the requests."""
_CANCELLED_SECONDS = 3
"""Time for a cancelled request to roll its transaction back and to answer."""


@contextlib.contextmanager
def on_shutdown_signal(action: Callable[[], object], seconds: float) -> Iterator[None]:
    """Call `action` in this loop on SIGINT or SIGTERM, then the signal handlers that were set before.

    :param seconds: time for requests to end. Some seconds later the process exits hard: a computing thread cannot be
        cancelled, and the process would not end before its result.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals reach the main thread alone
        return
    loop = asyncio.get_running_loop()
    previous_handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    watchdog = threading.Timer(seconds + _EXTRA_SECONDS, _exit_hard, [seconds + _EXTRA_SECONDS])
    watchdog.daemon = True

    def handle(number: int, frame: FrameType | None) -> None:
        if watchdog.ident is None:
            watchdog.start()
        loop.call_soon_threadsafe(action)
        previous = previous_handlers[signal.Signals(number)]
        if callable(previous):
            previous(number, frame)

    for number, previous in previous_handlers.items():
        if callable(previous):
            signal.signal(number, handle)
    yield
    for number, previous in previous_handlers.items():
        if callable(previous):
            signal.signal(number, previous)


async def wait_for_cancelled_requests() -> None:
    """Let cancelled requests answer and log: the process exits as soon as the application is closed."""
    cancelled = [task for task in asyncio.all_tasks() if task.cancelling()]
    if cancelled:
        await asyncio.wait(cancelled, timeout=_CANCELLED_SECONDS)


def _exit_hard(seconds: float) -> None:
    log.error("ended hard", after_seconds=seconds)
    os._exit(1)
