"""Who is in the network of what is exported, and how its ties are counted."""

from collections.abc import AsyncIterator

from api.exchange.format import Option, Options, RecordSource
from api.exchange.records import Actor, Relation
from models import RelationKind

ISOLATES = Option("isolates", "Whether actors come along who have no relation.", ("no", "yes"), "no")


async def network_actors(source: RecordSource, options: Options) -> AsyncIterator[Actor]:
    """The actors of the network, by slug."""
    everybody = options.get("isolates", "no") == "yes"
    tied = set() if everybody else {end async for relation in source.relations() for end in ends(relation)}
    async for actor in source.actors():
        if everybody or actor.key in tied:
            yield actor


def ends(relation: Relation) -> tuple[str, str]:
    """The keys of both ends."""
    return relation.source, relation.target


def sign(relation: Relation) -> int:
    """1 for an alliance, -1 for an opposition."""
    return 1 if relation.kind is RelationKind.ALLIANCE else -1
