"""How a use case ends, and how what is wrong with a command is gathered on the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final
from uuid import UUID

from api.errors import ErrorCode, InputError


class Keep(Enum):
    """The type of `KEEP`."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP
"""In an update: leave this as it is. `None` would clear it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command: the row it is about, as it now stands; or why nothing changed."""

    key: UUID | None = None
    """The row written, or the one that stands in the way of writing."""
    errors: tuple[InputError, ...] = ()
    created: bool = False
    """Whether the row is new."""
    added: int = 0
    """How many rows were added to it, where that is what was asked for."""
    similar: tuple[UUID, ...] = ()
    """Other rows of its kind that go by one of the names given: see `api.services.similar`."""
    text: bytes | None = None
    """How the row is shown, where it was written and shown in one."""
    parents: Mapping[str, UUID] | None = None
    """Where the row is gone: the rows that it belonged to, by the fields of the payload that show them."""

    def shown_by(self, field: str) -> UUID | None:
        """Return the key of the row that a field of the payload shows."""
        return self.key if self.parents is None else self.parents.get(field)


@dataclass(slots=True)
class Problems:
    """Everything that is wrong with a command; paths are below `root`."""

    root: tuple[str, ...] = ("input",)
    errors: list[InputError] = field(default_factory=list)

    def add(self, code: ErrorCode, message: str, *path: str) -> None:
        """Note that the input at `path` is refused."""
        self.errors.append(InputError(code, message, (*self.root, *path)))

    def invalid(self, message: str, *path: str) -> None:
        """Note an input that can never be right."""
        self.add(ErrorCode.INVALID, message, *path)

    def refused(self, key: UUID | None = None) -> Outcome:
        """The outcome: nothing done."""
        return Outcome(key, tuple(self.errors))

    def __bool__(self) -> bool:
        return bool(self.errors)


def version_conflict(problems: Problems, expected: int | None, version: int) -> bool:
    """Whether the caller expected another version than the one that stands; noted as a conflict."""
    if expected is None or expected == version:
        return False
    problems.add(ErrorCode.CONFLICT, f"the version is {version}, not {expected}: look at it again", "expectedVersion")
    return True
