"""What the mutation of adjudications gives back."""

from api.graphql.fields import object_type
from api.graphql.mutation import UserError
from api.schema.adjudications import Adjudication


@object_type
class AdjudicatePayload:
    """What became of a decision."""

    adjudication: Adjudication | None
    """The decision that now stands; null where it was refused."""
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""
