"""What mutations of relations give back."""

import strawberry

from api.graphql.fields import object_type
from api.graphql.mutation import UserError
from api.schema.actors import Actor
from api.schema.relations import Relation


@object_type
class CreateRelationPayload:
    """What became of a new relation."""

    relation: Relation | None
    """The relation; null where it was refused."""
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""


@object_type
class UpdateRelationPayload:
    """What became of an edited relation."""

    relation: Relation | None
    """The relation as it now stands; null where there is none."""
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""


@object_type
class DeleteRelationPayload:
    """What became of a relation to be deleted."""

    relation_id: strawberry.ID | None
    """The id of the relation that is gone; null where it was refused."""
    source: Actor | None
    """One end, as it now stands; null where it was refused."""
    target: Actor | None
    """The other end, as it now stands; null where it was refused."""
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""
