"""What the mutation of adjudications gives back."""

from api.schema.adjudications import Adjudication
from api.schema.fields import plain
from api.schema.mutations.declare import UserError


@plain
class AdjudicatePayload:
    """What became of a decision."""

    adjudication: Adjudication | None
    """The decision that now stands; null where it was refused."""
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""
