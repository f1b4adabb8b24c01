"""What is to be done as soon as the server is told to end, before it waits for its requests to end.

A stream of events is a request that ends only when it is told to. What does not end in time is given up.
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
_MORE_SECONDS = 5
"""How much longer than requests the rest may take: connections to the database, threads that are at work."""

_LAST_WORDS_SECONDS = 3
"""How long a request that was given up may take to let its transaction go, before it answers."""


@contextlib.contextmanager
def ending_first(end: Callable[[], object], seconds: float) -> Iterator[None]:
    """Have `end` called in this loop when the process is told to end; whoever listened to that before is told too.

    A process that has not ended some seconds after `seconds`, which is what its requests have, is ended hard: a thread
    that computes cannot be broken off, and whoever stops a server waits for it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # whoever runs the loop here ends it in another way
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    watchdog = threading.Timer(seconds + _MORE_SECONDS, _end_hard, [seconds + _MORE_SECONDS])
    watchdog.daemon = True

    def told(number: int, frame: FrameType | None) -> None:
        if watchdog.ident is None:
            watchdog.start()
        loop.call_soon_threadsafe(end)
        previous = before[signal.Signals(number)]
        if callable(previous):
            previous(number, frame)

    for number, previous in before.items():
        if callable(previous):
            signal.signal(number, told)
    yield
    for number, previous in before.items():
        if callable(previous):
            signal.signal(number, previous)


async def last_words() -> None:
    """Let what was given up answer and log so: as soon as the application is closed, the process is gone."""
    given_up = [task for task in asyncio.all_tasks() if task.cancelling()]
    if given_up:
        await asyncio.wait(given_up, timeout=_LAST_WORDS_SECONDS)


def _end_hard(seconds: float) -> None:
    log.error("ended hard", after_seconds=seconds)
    os._exit(1)
