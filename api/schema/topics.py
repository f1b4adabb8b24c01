"""Topics: targets that are not actors."""

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
    """What a stance is about that is not an actor: a policy, a claim, an event."""

    slug: str
    """A short name for URLs, unique among topics."""
    name: str
    """What it is called."""
    description: str | None
    """What is meant by it, and what support and opposition mean towards it."""
    attributes: list[Attribute] = items(models.TopicAttribute.topic, models.TopicAttribute.position)
    """What else is kept of it, such as what other tools knew that it came from."""
    version: int
    """How often it changed, counted from 1."""
    history: Connection[RevisionRef] = history()
    """What became of it, the latest change first."""
