"""When transactions stand in each other's way."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from api.errors import Unavailable

T = TypeVar("T")

_ATTEMPTS = 6


class Contended(Exception):
    """Two transactions stood in each other's way and this one gave way: it may simply be run again."""


async def persisted(attempt: Callable[[], Awaitable[T]]) -> T:
    """What `attempt` gives, begun anew where another transaction stood in its way.

    :raises Unavailable: where that went on and on.
    """
    for number in range(_ATTEMPTS):
        try:
            return await attempt()
        except Contended as error:
            stood_in_the_way = error
            await asyncio.sleep(random.uniform(0, 0.02 * 2**number))  # noqa: S311 (no secret)
    raise Unavailable("too many changes to the same things at once; try again") from stood_in_the_way
