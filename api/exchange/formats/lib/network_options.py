"""The actors and the signs of ties in exported networks."""

from collections.abc import AsyncIterator

from api.exchange.format import Option, Options, RecordSource
from api.exchange.records import Actor, Relation
from models import RelationKind

ISOLATES = Option("isolates", "Whether to export actors without relations.", ("no", "yes"), "no")


async def network_actors(source: RecordSource, options: Options) -> AsyncIterator[Actor]:
    """Return the actors of the network, ordered by slug: all actors, or those with relations."""
    with_isolates = options.get("isolates", "no") == "yes"
    tied = set() if with_isolates else {end async for relation in source.relations() for end in ends(relation)}
    async for actor in source.actors():
        if with_isolates or actor.key in tied:
            yield actor


def ends(relation: Relation) -> tuple[str, str]:
    """Return the keys of both ends of a relation."""
    return relation.source, relation.target


def sign(relation: Relation) -> int:
    """Return 1 for an alliance, -1 for an opposition."""
    return 1 if relation.kind is RelationKind.ALLIANCE else -1
