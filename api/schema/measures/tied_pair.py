"""Pairs of actors that are tied, as networks of relations and of stances list them."""

import strawberry

from api import limits
from api.analysis.arrays import Integers
from api.analysis.networks.signed_network import TieSign
from api.dataset.networks import ActorNetwork, TieRows
from api.dataset.request import ComputeRequest
from api.errors import TooCostly
from api.graphql.fields import enum_type, object_type, paged, resolver
from api.graphql.nodes import Connection
from api.numeric import np
from api.schema.references import ActorRef, RelationRef, StatementRef

MAX_LISTED = limits.LISTED_TIES.maximum
"""Ties, or actors, of a network that is listed."""

enum_type(
    TieSign,
    POSITIVE="With one another.",
    NEGATIVE="Against one another.",
    AMBIVALENT="Both with and against one another.",
)


@object_type
class TiedPair:
    """Two actors, with everything between them in either direction."""

    first: ActorRef
    """The actor with the lower ID."""
    second: ActorRef
    """The other actor."""
    sign: TieSign
    """The sign of the tie."""
    positive: int
    """Number of alliances between them; in a network of stances, number of times that one supports the other."""
    negative: int
    """Number of oppositions between them; in a network of stances, number of times that one opposes the other."""
    rows: strawberry.Private[TieRows]

    @resolver
    def relations(self) -> list[RelationRef]:
        """The relations between them, by ID; empty in a network of stances."""
        return self.rows.relations

    @paged
    def statements(self, first: int | None = None, after: str | None = None) -> Connection[StatementRef]:
        """Lists the statements that their stances belong to, by ID; empty in a network of relations."""
        return self.rows.statements(first, after)


def check_listed(number: int) -> None:
    """Check the number of ties, or actors, to list.

    :raises TooCostly: if there are too many.
    """
    if number > MAX_LISTED:
        raise TooCostly(
            f"there are {number:,} ties, the maximum is {MAX_LISTED:,}: narrow the network",
            ties=number,
            limit=MAX_LISTED,
        )


def tied_pairs(network: ActorNetwork, places: Integers) -> list[TiedPair]:
    """Return the pairs at some indexes of the undirected network.

    :raises TooCostly: if there are too many.
    """
    check_listed(len(places))
    return [_tied_pair(network, int(place)) for place in places]


def unambiguous_pairs(network: ActorNetwork, places: Integers) -> list[TiedPair]:
    """Return the pairs at some indexes among the unambiguous ties of the undirected network.

    :raises TooCostly: if there are too many.
    """
    return tied_pairs(network, np.flatnonzero(network.undirected.sign != 0)[places])


async def ambivalent_pairs(_request: ComputeRequest, network: ActorNetwork) -> list[TiedPair]:
    """Return the pairs whose tie is ambivalent."""
    return tied_pairs(network, np.flatnonzero(network.undirected.sign == 0))


def _tied_pair(network: ActorNetwork, place: int) -> TiedPair:
    undirected = network.undirected
    first, second = int(undirected.first[place]), int(undirected.second[place])
    rows = network.rows_of(*network.ties_between[first, second])
    return TiedPair(
        first=network.actor(first),
        second=network.actor(second),
        sign=TieSign.of(int(undirected.sign[place])),
        positive=int(undirected.positive[place]),
        negative=int(undirected.negative[place]),
        rows=rows,
    )
