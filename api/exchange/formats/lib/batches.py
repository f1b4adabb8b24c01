"""Batches of a stream, so that slow work on them runs in a thread and does not block the event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
BATCH_SIZE = 500


async def batches(stream: AsyncIterator[T], size: int = BATCH_SIZE) -> AsyncIterator[Sequence[T]]:
    """Return the items of a stream in lists of `size`; the last list may be shorter."""
    several: list[T] = []
    async for one in stream:
        several.append(one)
        if len(several) == size:
            yield several
            several = []
    if several:
        yield several


async def each_batch(stream: AsyncIterator[T], work: Callable[[Sequence[T]], R]) -> AsyncIterator[R]:
    """Call `work` in a thread with each batch of a stream, and yield its results."""
    async for several in batches(stream):
        yield await asyncio.to_thread(work, several)
