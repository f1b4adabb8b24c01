"""Attributes of actors, topics and documents."""

from api.graphql.fields import object_type


@object_type
class Attribute:
    """Something kept of an actor, a topic or a document that has no field of its own: a colour, a type, a note."""

    name: str
    """What it is; each name once."""
    value: str
    """Its value, a text."""
