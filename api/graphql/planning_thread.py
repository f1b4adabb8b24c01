"""A thread beside the event loop for planning: parsing, binding and compiling that would block the loop.

There is one thread for the whole process: planning is pure Python, which runs in one thread at a time anyway. A second
thread would only take turns with the event loop more often.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

MAX_INLINE_COST = 100
"""Maximum cost of work that runs in the event loop itself, in units of about a tenth of a millisecond."""

_PLANNING = ThreadPoolExecutor(max_workers=1, thread_name_prefix="planning")


async def off_loop(cost: float, work: Callable[[], T]) -> T:
    """Return what `work` returns. It runs in the event loop if it is cheap, else in the planning thread."""
    if cost <= MAX_INLINE_COST:
        return work()
    return await asyncio.get_running_loop().run_in_executor(_PLANNING, work)


def weight(value: object, most: int) -> int:
    """Return the weight of a JSON value: 1 for each member and for each ten characters, at most `most`."""
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
