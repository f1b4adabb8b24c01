"""Custom attributes of actors, topics and documents."""

from api.graphql.fields import object_type


@object_type
class Attribute:
    """A custom attribute of an actor, a topic or a document: a name–value pair, such as a colour or a type."""

    name: str
    """The name, unique among the attributes of the object."""
    value: str
    """The value."""
