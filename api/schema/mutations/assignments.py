"""What mutations of assignments give back."""

from api.graphql.fields import object_type
from api.graphql.mutation import UserError
from api.schema.assignments import Assignment


@object_type
class NextAssignmentPayload:
    """What the caller is to annotate next."""

    assignment: Assignment | None
    """The assignment, leased from now on; null where there is none."""
    exhausted: bool
    """Whether nothing is left for the caller at present: what others have may come back."""
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""


@object_type
class ExtendAssignmentPayload:
    """What became of an assignment that was to be extended."""

    assignment: Assignment | None
    """The assignment as it now stands; null where there is none."""
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""


@object_type
class FinishAssignmentPayload:
    """What became of an assignment that was to be finished."""

    assignment: Assignment | None
    """The assignment as it now stands; null where there is none."""
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""


@object_type
class SkipAssignmentPayload:
    """What became of an assignment that was to be skipped."""

    assignment: Assignment | None
    """The assignment as it now stands; null where there is none."""
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""
