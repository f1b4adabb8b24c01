"""Ends the work on a response when its client disconnects."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from starlette.types import Receive

T = TypeVar("T")


async def run_until_disconnect(
    work: Coroutine[Any, Any, T],
    receive: Receive,
    *,
    on_disconnect: Callable[[], object] = lambda: None,
    grace_seconds: float = 0,
) -> T | None:
    """Return the result of `work`; None if the client disconnects first.

    After `on_disconnect` the work has `grace_seconds` to end by itself; then it is cancelled.
    """
    working, disconnected = asyncio.create_task(work), asyncio.create_task(_wait_for_disconnect(receive))
    try:
        await asyncio.wait({working, disconnected}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            on_disconnect()
            await asyncio.wait({working}, timeout=grace_seconds)
        return working.result() if working.done() else None
    finally:
        for task in (working, disconnected):
            task.cancel()
        await asyncio.gather(working, disconnected, return_exceptions=True)


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
