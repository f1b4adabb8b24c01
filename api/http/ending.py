"""What is to be done as soon as the server is told to end, before it waits for its requests to end.

A stream of events is a request that ends only when it is told to.
"""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def ending_first(end: Callable[[], object]) -> Iterator[None]:
    """Have `end` called in this loop when the process is told to end; whoever listened to that before is told too."""
    if threading.current_thread() is not threading.main_thread():
        yield  # whoever runs the loop here ends it in another way
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def told(number: int, frame: FrameType | None) -> None:
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
