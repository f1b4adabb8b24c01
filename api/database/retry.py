"""Retries of transactions that conflict with others."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from api.errors import Unavailable

T = TypeVar("T")

_MAX_ATTEMPTS = 6


class TransactionConflict(Exception):
    """The transaction was rolled back because of a concurrent one; it can be run again."""


class ConstraintViolation(TransactionConflict):
    """A constraint of a table refused a write that the use case's own checks had let pass.

    Another transaction may have written in between: on the next attempt the checks see its rows. If the next attempt
    violates the same constraint with the same values, no attempt can succeed.
    """

    def __init__(self, constraint: str, values: str | None = None) -> None:
        """:param values: the violating values if the driver names them (Postgres); never logged."""
        super().__init__(constraint)
        self.values = values

    def repeats(self, other: TransactionConflict | None) -> bool:
        """True if `other` is the violation of the same constraint with the same values."""
        return isinstance(other, ConstraintViolation) and (str(self), self.values) == (str(other), other.values)


async def retry_on_conflict(attempt: Callable[[], Awaitable[T]]) -> T:
    """Return the result of `attempt`, retried with random pauses while it conflicts with other transactions.

    :raises Unavailable: if all attempts conflict.
    :raises ConstraintViolation: if two attempts in a row violate the same constraint with the same values.
    """
    previous: TransactionConflict | None = None
    for number in range(_MAX_ATTEMPTS):
        try:
            return await attempt()
        except TransactionConflict as error:
            if isinstance(error, ConstraintViolation) and error.repeats(previous):
                raise
            previous = error
            await asyncio.sleep(random.uniform(0, 0.02 * 2**number))  # noqa: S311 (no secret)
    raise Unavailable("too many concurrent changes to the same rows; try again") from previous
