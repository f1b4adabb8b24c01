"""Payload types, generated from the declarations of mutations: the members of a payload, and what each is read from.

Every payload ends with `errors` and `clientMutationId`. Before them come the rows that the mutation returns, the id of
the row that it deleted, and values of the outcome, as the declaration in `api.schema.mutations` names them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

import strawberry

from api.errors import ErrorCode
from api.graphql.fields import camel, enum_type, object_type
from api.services.outcome import Outcome

enum_type(
    ErrorCode,
    INVALID="The input is not valid in itself.",
    NOT_FOUND="An ID in the input matches no object.",
    CONFLICT="The input contradicts the current state.",
    DUPLICATE="The object exists already.",
)


@object_type
class UserError:
    """An error that the caller can correct. `path` points into the input: `["input", "target", "actorId"]`."""

    code: ErrorCode
    """The kind of error."""
    message: str
    """What is wrong, and what would be right."""
    path: list[str]
    """Path of the value in the input."""


@dataclass(frozen=True)
class ReturnedRow:
    """A row that the mutation wrote, or a row that a deleted one belonged to. Null if there is none."""

    name: str
    type: type

    @property
    def annotation(self) -> Any:
        """The Python type of the member."""
        return self.type | None

    @property
    def description(self) -> str:
        """The description in the schema."""
        return (
            f"The {words(self.name)} after the mutation, or the existing one that the input conflicts with."
            " Null if there is none."
        )

    def keys(self, outcome: Outcome) -> Sequence[UUID]:
        """Return the key of the row, if there is one."""
        key = outcome.shown_by(camel(self.name))
        return () if key is None else (key,)


@dataclass(frozen=True)
class SimilarRows:
    """Other rows with a name of the input: a hint at duplicates."""

    type: type
    name: str = "similar"

    @property
    def annotation(self) -> Any:
        """The Python type of the member."""
        return list[self.type]  # type: ignore[name-defined]

    @property
    def description(self) -> str:
        """The description in the schema."""
        return (
            f"Other {words(self.type.__name__)}s with one of the names in the input (ignoring case and invisible"
            " characters), at most 20: possible duplicates. They do not prevent the mutation."
        )

    def keys(self, outcome: Outcome) -> Sequence[UUID]:
        """Return the keys of the rows."""
        return outcome.similar


@dataclass(frozen=True)
class DeletedId:
    """The global ID of the row that the mutation deleted. Null if it deleted none."""

    type: type

    @property
    def name(self) -> str:
        """The Python name of the member: `project_member_id`."""
        return f"{words(self.type.__name__).replace(' ', '_')}_id"

    @property
    def annotation(self) -> Any:
        """The Python type of the member."""
        return strawberry.ID | None

    @property
    def description(self) -> str:
        """The description in the schema."""
        return f"The ID of the deleted {words(self.type.__name__)}. Null if nothing was deleted."


@dataclass(frozen=True)
class Value:
    """A value of the outcome."""

    name: str
    annotation: Any
    description: str
    read: Callable[[Outcome], object]


Member: TypeAlias = ReturnedRow | SimilarRows | DeletedId | Value


def payload_type(mutation: str, members: Mapping[str, Member]) -> type:
    """Return the payload type of the mutation that is called `mutation` in GraphQL."""
    fields = {member.name: (member.annotation, member.description) for member in members.values()}
    return _payload(
        mutation, {**fields, "errors": (list[UserError], "Errors that the caller can correct. Empty on success.")}
    )


def batch_payload_type(mutation: str, result: type) -> type:
    """Return the payload type of a mutation that takes a list of inputs, each with a `result`."""
    description = "The result of each input, in the order of the inputs. An error in one does not affect the others."
    return _payload(mutation, {"results": (list[result], description)})  # type: ignore[valid-type]


def _payload(mutation: str, fields: Mapping[str, tuple[Any, str]]) -> type:
    fields = {**fields, "client_mutation_id": (str | None, "The `clientMutationId` of the input.")}
    cls = type(
        f"{mutation[0].upper()}{mutation[1:]}Payload",
        (),
        {
            "__annotations__": {name: annotation for name, (annotation, _) in fields.items()},
            "__module__": __name__,
            **{name: strawberry.field(description=description) for name, (_, description) in fields.items()},
        },
    )
    return strawberry.type(cls, description=f"Payload of `{mutation}`.")


def words(name: str) -> str:
    """`ProjectMember` or `project_member` → `project member`."""
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name).replace("_", " ").strip()
