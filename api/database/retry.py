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


class ConstraintViolated(Contended):
    """A constraint of the tables refused a write, after the use case's own checks.

    Another transaction may have written in between: on the next attempt the use case finds what it wrote. If the next
    attempt violates the same constraint with the same values, nobody else is at fault and no attempt can succeed.
    """

    def __init__(self, constraint: str, values: str | None = None) -> None:
        """`values`: the violating values where the driver names them (Postgres). They are no part of the message,
        which is logged.
        """
        super().__init__(constraint)
        self.values = values

    def repeats(self, other: Contended | None) -> bool:
        """True if `other` is the violation of the same constraint with the same values."""
        return isinstance(other, ConstraintViolated) and (str(self), self.values) == (str(other), other.values)


async def persisted(attempt: Callable[[], Awaitable[T]]) -> T:
    """What `attempt` gives, begun anew where another transaction stood in its way.

    :raises Unavailable: where that went on and on.
    :raises ConstraintViolated: where the same constraint is violated twice in a row with the same values.
    """
    previous: Contended | None = None
    for number in range(_ATTEMPTS):
        try:
            return await attempt()
        except Contended as error:
            if isinstance(error, ConstraintViolated) and error.repeats(previous):
                raise
            previous = error
            await asyncio.sleep(random.uniform(0, 0.02 * 2**number))  # noqa: S311 (no secret)
    raise Unavailable("too many changes to the same things at once; try again") from previous
