"""Network of relations: its actors, relations and ties, and its measures. ADR 0016."""

from collections.abc import Mapping
from typing import Any

import models
from api import limits
from api.analysis.networks.signed_network import TieSign
from api.dataset.networks import ActorNetwork, relation_network
from api.dataset.request import ComputeRequest
from api.graphql.fields import argument, computed, field, object_type
from api.graphql.parts import ForeignKey, UnpagedRoot
from api.schema.measures.balance import Balance, compute_balance
from api.schema.measures.blocs import BLOCS_ARGUMENTS, Blocs, compute_blocs
from api.schema.measures.centrality import Centrality, compute_centrality
from api.schema.measures.directed_triads import DirectedTriads, compute_directed_triads
from api.schema.measures.layout import Position, layout
from api.schema.measures.network_measure import TIME_LIMIT, measured
from api.schema.measures.tied_pair import TiedPair, ambivalent_pairs, check_listed
from api.schema.references import ActorRef, RelationRef
from api.schema.relations import RELATIONS, Relation
from models.relation import Relation as Row

MAX_RELATIONS = limits.NETWORK.maximum


@object_type
class NetworkTie:
    """All relations between two actors in one direction. All undirected relations between them are one tie."""

    source: ActorRef
    """One end; if the tie is directed, the actor that it comes from."""
    target: ActorRef
    """The other end."""
    directed: bool
    """True if the tie runs from the source to the target only."""
    sign: TieSign
    """POSITIVE for alliances alone, NEGATIVE for oppositions alone, AMBIVALENT for both."""
    positive: int
    """Number of alliances."""
    negative: int
    """Number of oppositions."""
    relations: list[RelationRef]
    """The relations, by ID."""


@object_type
class CollapsedMembers:
    """What changes when members act as their groups."""

    relations_within_groups: int
    """Number of relations that were left out: both ends act as the same group."""
    ambiguous_members: int
    """Number of members that act as themselves, since they belong to several outermost groups."""


async def of_relations(request: ComputeRequest) -> ActorNetwork:
    """Return the network of the relations that match the filter of the field above."""
    return await _of_relations(request, request.above.get("filter") or {})


async def _of_relations(request: ComputeRequest, filter_: Mapping[str, Any]) -> ActorNetwork:
    collapse = request.above["collapse_members"]
    return await relation_network(
        request.datasets, request.viewer, filter_, RELATIONS.predicates, collapse_members=collapse
    )


async def _ties(request: ComputeRequest, network: ActorNetwork) -> list[NetworkTie]:
    check_listed(network.ties)
    return await request.datasets.compute(lambda: [_tie(network, tie) for tie in range(network.ties)])


def _tie(network: ActorNetwork, tie: int) -> NetworkTie:
    return NetworkTie(
        source=network.actor(int(network.source[tie])),
        target=network.actor(int(network.target[tie])),
        directed=bool(network.directed[tie]),
        sign=TieSign.of(int(network.sign[tie])),
        positive=int(network.positive[tie]),
        negative=int(network.negative[tie]),
        relations=network.rows_of(tie).relations,
    )


async def _collapsed(_request: ComputeRequest, network: ActorNetwork) -> CollapsedMembers:
    return CollapsedMembers(
        relations_within_groups=network.relations_within_groups, ambiguous_members=network.ambiguous_members
    )


@object_type
class Network:
    """The network for drawing: every relation that matches the filter, and every actor in one of them.

    It is not paged: more than 10,000 relations are an error. Measures have no such limit.
    """

    actors: list[ActorRef]
    """The actors in one of the relations, by ID."""
    relations: list[Relation]
    """The relations, by ID."""
    ties: list[NetworkTie] = computed(measured(of_relations, _ties))
    """The relations as ties: one tie for all relations of one direction between two actors. At most 10,000."""
    ambivalent: list[TiedPair] = computed(measured(of_relations, ambivalent_pairs))
    """The pairs with both an alliance and an opposition. They do not count in measures."""
    balance: Balance = computed(measured(of_relations, compute_balance), [TIME_LIMIT])
    """How balanced the network is."""
    blocs: Blocs = computed(measured(of_relations, compute_blocs), BLOCS_ARGUMENTS)
    """A partition of the actors into blocs."""
    centrality: Centrality = computed(measured(of_relations, compute_centrality))
    """How central the actors are."""
    layout: list[Position] = layout(_of_relations)
    """Where to draw the actors, by ID: allies near each other, opponents apart; the same in each request.

    Actors have similar positions from one date to the next, since each layout follows that of all dates. At most 5,000
    actors and 50,000 ties.
    """
    directed_triads: DirectedTriads = computed(measured(of_relations, compute_directed_triads))
    """The census of triads, with directions."""
    collapsed: CollapsedMembers = computed(measured(of_relations, _collapsed))
    """What `collapseMembers` changed; 0 if it is false."""


NETWORK = field(
    UnpagedRoot(
        models.Relation, (ForeignKey.of(Row.source), ForeignKey.of(Row.target)), RELATIONS.predicates, MAX_RELATIONS
    ),
    [
        *RELATIONS.arguments()[:1],
        argument(
            "collapseMembers",
            bool,
            "Whether members act as their outermost groups in ties and measures: by memberships in force on the day"
            " that the filter names, or else while the relation is valid. An actor that belongs to several outermost"
            " groups acts as itself. `actors` and `relations` do not change.",
            False,
        ),
    ],
)
