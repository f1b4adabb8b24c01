"""What mutations of stances give back."""

import strawberry

from api.graphql.fields import object_type
from api.graphql.mutation import UserError
from api.schema.stances import Stance
from api.schema.statements import Statement


@object_type
class RecordStancePayload:
    """What became of a stance.

    `created` is false where the annotator had recorded this stance before and it was revised, or nothing changed.
    """

    stance: Stance | None
    """The stance as it now stands; null where it was refused and none stands."""
    created: bool
    """Whether it is new."""
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""


@object_type
class RecordStancesPayload:
    """One result for each input, in the order given. Bad ones are reported, good ones are kept."""

    results: list[RecordStancePayload]
    """What became of each."""
    client_mutation_id: str | None
    """As the input had it."""


@object_type
class WithdrawStancePayload:
    """What became of a stance to be withdrawn."""

    stance_id: strawberry.ID | None
    """The id of the stance that is gone; null where it was refused."""
    statement: Statement | None
    """The statement that it was about, as it now stands; null where it was refused."""
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""
