"""What undoing gives back."""

from api.graphql.fields import object_type
from api.graphql.mutation import UserError
from api.schema.revisions import Revision


@object_type
class UndoPayload:
    """What became of a change to be undone."""

    revision: Revision | None
    """The change that took it back, with the entity as it now stands; null where it was refused."""
    errors: list[UserError]
    """What stands in the way; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""
