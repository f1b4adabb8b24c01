"""The outcome of a service, and the collection of a command's errors."""

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
"""In an editing command: the field stays as it is. `None` clears it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a command: the key of its row, or the errors."""

    key: UUID | None = None
    """The key of the row that was written, or of the existing row that conflicts with the command."""
    errors: tuple[InputError, ...] = ()
    created: bool = False
    """True if the row is new."""
    added: int = 0
    """The number of rows added to the row, for commands that add rows."""
    similar: tuple[UUID, ...] = ()
    """Other rows with one of the names in the command: see `api.services.similar`."""
    text: bytes | None = None
    """The row as JSON, if the statement that wrote it rendered it too."""
    parents: Mapping[str, UUID] | None = None
    """If the row was deleted: the keys of the rows that it belonged to, by the payload's field that returns them."""

    def shown_by(self, field: str) -> UUID | None:
        """Return the key of the row that a field of the payload returns."""
        return self.key if self.parents is None else self.parents.get(field)


@dataclass(slots=True)
class Problems:
    """The errors of a command. Paths are relative to `root`."""

    root: tuple[str, ...] = ("input",)
    errors: list[InputError] = field(default_factory=list)

    def add(self, code: ErrorCode, message: str, *path: str) -> None:
        """Add an error for the input at `path`."""
        self.errors.append(InputError(code, message, (*self.root, *path)))

    def invalid(self, message: str, *path: str) -> None:
        """Add an INVALID error for the input at `path`."""
        self.add(ErrorCode.INVALID, message, *path)

    def refused(self, key: UUID | None = None) -> Outcome:
        """Return the outcome with the errors."""
        return Outcome(key, tuple(self.errors))

    def __bool__(self) -> bool:
        return bool(self.errors)


def version_conflict(problems: Problems, expected: int | None, version: int) -> bool:
    """True if the caller expects another version than the current one (optimistic locking); add the CONFLICT."""
    if expected is None or expected == version:
        return False
    problems.add(
        ErrorCode.CONFLICT, f"the current version is {version}, not {expected}: reload and try again", "expectedVersion"
    )
    return True
