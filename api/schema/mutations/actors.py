"""What mutations of actors, memberships and topics give back."""

from api.graphql.fields import object_type
from api.graphql.mutation import UserError
from api.schema.actors import Actor
from api.schema.memberships import Membership
from api.schema.topics import Topic


@object_type
class CreateActorPayload:
    """What became of a new actor."""

    actor: Actor | None
    """The actor; null where it was refused."""
    similar: list[Actor]
    """Other actors that go by one of the names given, upper and lower case and unseen characters aside: perhaps the
    same, entered twice.

    At most 20. It is a hint: nothing was refused for it.
    """
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""


@object_type
class UpdateActorPayload:
    """What became of an edited actor."""

    actor: Actor | None
    """The actor as it now stands; null where there is none."""
    similar: list[Actor]
    """Other actors that go by one of the names given, upper and lower case and unseen characters aside: perhaps the
    same, entered twice.

    At most 20. It is a hint: nothing was refused for it.
    """
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""


@object_type
class MergeActorsPayload:
    """What became of two actors made one."""

    actor: Actor | None
    """The actor that stays; null where nothing was merged."""
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""


@object_type
class CreateMembershipPayload:
    """What became of a new membership."""

    membership: Membership | None
    """The membership, or the one that is there already; null where it was refused."""
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""


@object_type
class CreateTopicPayload:
    """What became of a new topic."""

    topic: Topic | None
    """The topic; null where it was refused."""
    similar: list[Topic]
    """Other topics that go by the name given, upper and lower case and unseen characters aside: perhaps the
    same, entered twice.

    At most 20. It is a hint: nothing was refused for it.
    """
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""


@object_type
class UpdateTopicPayload:
    """What became of an edited topic."""

    topic: Topic | None
    """The topic as it now stands; null where there is none."""
    similar: list[Topic]
    """Other topics that go by the name given, upper and lower case and unseen characters aside: perhaps the
    same, entered twice.

    At most 20. It is a hint: nothing was refused for it.
    """
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""
