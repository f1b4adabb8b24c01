"""Streams by so many at once: what is done with them keeps nobody else waiting."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
BATCH_SIZE = 500


async def batches(stream: AsyncIterator[T], size: int = BATCH_SIZE) -> AsyncIterator[Sequence[T]]:
    """What comes, in its order, so many at a time; the last may be fewer."""
    several: list[T] = []
    async for one in stream:
        several.append(one)
        if len(several) == size:
            yield several
            several = []
    if several:
        yield several


async def each_batch(stream: AsyncIterator[T], work: Callable[[Sequence[T]], R]) -> AsyncIterator[R]:
    """What `work`, done in a thread, makes of each batch of a stream."""
    async for several in batches(stream):
        yield await asyncio.to_thread(work, several)
