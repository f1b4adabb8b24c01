"""The noun topic: its GraphQL type."""

import models
from api.graphql.fields import Listing, entity, items
from api.graphql.nodes import Connection, Node
from api.graphql.parts import Ordering
from api.schema.attributes import Attribute
from api.schema.references import RevisionRef
from api.schema.revisions import history

TOPICS = Listing(Ordering({"NAME": "sort_name"}, default="NAME"))


@entity(models.Topic)
class Topic(Node):
    """A target of stances that is not an actor: a policy, a claim, an event."""

    slug: str
    """A short name for URLs, unique among topics."""
    name: str
    """The name."""
    description: str | None
    """What the topic covers, and what support and opposition towards it mean."""
    attributes: list[Attribute] = items(models.TopicAttribute.topic, models.TopicAttribute.position)
    """Custom attributes as name–value pairs, for example fields imported from other tools."""
    version: int
    """Version of the topic: starts at 1 and increases by 1 with each change."""
    history: Connection[RevisionRef] = history()
    """The changes of the topic, newest first."""
