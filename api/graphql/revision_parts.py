"""Parts that are made of revisions: the row that changed, its states, the fields that differ (ADR 0003)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from models import Base


@dataclass(frozen=True)
class Whichever:
    """A row of any type: the column `kind` holds the name of its type, the column `key` its key."""

    kind: str
    key: str

    @property
    def columns(self) -> set[str]:
        """The columns that the part is read from."""
        return {self.kind, self.key}


class Anything(Whichever):
    """The row itself. Null if it is deleted."""


class AnyId(Whichever):
    """The global ID of the row, also if it is deleted."""


@dataclass(frozen=True)
class AnyType:
    """The type of the row as an enumeration value: `ProjectMember` is PROJECT_MEMBER."""

    kind: str

    @property
    def columns(self) -> set[str]:
        """The columns that the part is read from."""
        return {self.kind}


@dataclass(frozen=True)
class States:
    """Two states of a row as JSON, each in a column. The column `kind` holds the name of its type."""

    kind: str
    before: str
    after: str

    @property
    def columns(self) -> set[str]:
        """The columns that the part is read from."""
        return {self.kind, self.before, self.after}


@dataclass(frozen=True)
class Differences(States):
    """The fields of the row that differ between its two states."""

    more: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Names in states that belong to no field: type of the row → name → the type of the IDs under that name."""


@dataclass(frozen=True)
class Parent(States):
    """The row of `model` whose key the states hold under `key`, for rows of the types `of`; else null."""

    key: str
    of: tuple[str, ...]
    model: type[Base]


@dataclass(frozen=True)
class RowAt:
    """The columns of the row at the instant in the argument `at`, by its revisions."""

    columns: Mapping[str, str]


RevisionPart = AnyId | AnyType | Anything | Differences | Parent | RowAt
"""Parts that are made of revisions."""
