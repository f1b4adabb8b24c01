"""A thread beside the event loop for planning: parsing, binding and compiling what would hold the loop for long.

It is one thread for the whole process. All of this is pure Python, which runs in one thread at a time anyway; a second
thread would only take turns with the event loop more often.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

MAX_INLINE_COST = 100
"""The most that work may cost, in units of about a tenth of a millisecond, to be done in the event loop itself."""

_PLANNING = ThreadPoolExecutor(max_workers=1, thread_name_prefix="planning")


async def off_loop(cost: float, work: Callable[[], T]) -> T:
    """Return what `work` returns, done in the event loop where it is cheap and in the planning thread elsewhere."""
    if cost <= MAX_INLINE_COST:
        return work()
    return await asyncio.get_running_loop().run_in_executor(_PLANNING, work)


def weight(value: object, most: int) -> int:
    """Return how much a JSON value holds: one for each member and for each ten characters; counting ends at `most`."""
    found, pending = 0, [value]
    while pending and found < most:
        each = pending.pop()
        found += 1
        if isinstance(each, str):
            found += len(each) // 10
        elif isinstance(each, list):
            pending.extend(each)
        elif isinstance(each, dict):
            pending.extend(each.values())
    return found
