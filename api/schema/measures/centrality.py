"""Centrality: how central actors are, with positive and negative ties counted separately. ADR 0016."""

from functools import partial

from api.analysis.networks.balance import NetworkUndefined
from api.analysis.networks.centrality import degrees, eigenvector, pn_index
from api.dataset.networks import ActorNetwork
from api.dataset.request import ComputeRequest
from api.graphql.fields import object_type
from api.schema.measures.tied_pair import check_listed
from api.schema.references import ActorRef


@object_type
class ActorCentrality:
    """How central an actor is."""

    actor: ActorRef
    """The actor."""
    positive_degree: int
    """Number of actors to which it has a positive tie."""
    negative_degree: int
    """Number of actors to which it has a negative tie."""
    ambivalent_degree: int
    """Number of actors to which it has an ambivalent tie."""
    pn_index: float | None
    """Everett and Borgatti's PN index; null if it is undefined, or if all ties of the actor are ambivalent."""
    eigenvector: float | None
    """The actor's entry in the signed eigenvector of unit length; null in the same cases as `pnIndex`."""


@object_type
class Centrality:
    """How central the actors of a network are, with positive and negative ties counted separately.

    Directions are ignored.
    """

    actors: list[ActorCentrality]
    """The actors, by ID."""
    pn_undefined_reason: NetworkUndefined | None
    """Why the PN index is undefined; null if it is defined."""
    eigenvector_undefined_reason: NetworkUndefined | None
    """Why the eigenvector is undefined; null if it is defined."""


async def compute_centrality(request: ComputeRequest, network: ActorNetwork) -> Centrality:
    """Return the centrality of the actors of a network.

    :raises TooCostly: if there are too many to list.
    """
    check_listed(len(network.actors))
    work = partial(_computed, network)
    return await network.derived.run("centrality", lambda: request.datasets.compute(work))


def _computed(network: ActorNetwork) -> Centrality:
    undirected = network.undirected
    degree, pn, eigen = degrees(undirected), pn_index(undirected), eigenvector(undirected)
    actors = [
        ActorCentrality(
            actor=network.actor(node),
            positive_degree=int(degree.positive[node]),
            negative_degree=int(degree.negative[node]),
            ambivalent_degree=int(degree.ambivalent[node]),
            pn_index=pn.of(node),
            eigenvector=eigen.of(node),
        )
        for node in range(len(network.actors))
    ]
    return Centrality(
        actors=actors, pn_undefined_reason=pn.undefined_reason, eigenvector_undefined_reason=eigen.undefined_reason
    )
