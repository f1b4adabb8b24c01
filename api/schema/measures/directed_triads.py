"""Directed triads: the census of triples of actors by the directions and signs of their ties. ADR 0016."""

from collections.abc import Mapping
from functools import partial

from api.analysis.networks.balance import NetworkUndefined
from api.analysis.networks.directed_triads import directed_census
from api.dataset.networks import ActorNetwork
from api.dataset.request import ComputeRequest
from api.graphql.fields import object_type
from api.numeric import np


@object_type
class TriadKindCount:
    """Number of triads of one kind."""

    kind: str
    """The number of mutual, asymmetric and null pairs, as in Davis and Leinhardt's census, with a letter if several
    triads have these numbers, and the signs of the arcs: `030T-PPN`.
    """
    count: int
    """Number of triads."""


@object_type
class DirectedTriads:
    """All triples of actors by the directions and signs of their ties. An undirected tie points both ways.

    Ambivalent ties do not count.
    """

    kinds: list[TriadKindCount]
    """The kinds that occur."""
    undefined_reason: NetworkUndefined | None
    """Why there are no kinds: triads are counted for up to 500 actors. Null if they are counted."""


async def compute_directed_triads(request: ComputeRequest, network: ActorNetwork) -> DirectedTriads:
    """Return the triad census of a network."""
    work = partial(_census, network)
    census = await network.derived.run("directed triads", lambda: request.datasets.compute(work))
    if census is None:
        return DirectedTriads(kinds=[], undefined_reason=NetworkUndefined.TOO_LARGE)
    kinds = [TriadKindCount(kind=kind, count=count) for kind, count in sorted(census.items())]
    return DirectedTriads(kinds=kinds, undefined_reason=None)


def _census(network: ActorNetwork) -> Mapping[str, int] | None:
    both = np.flatnonzero(~network.directed)
    source = np.concatenate([network.source, network.target[both]])
    target = np.concatenate([network.target, network.source[both]])
    counts = [np.concatenate([count, count[both]]) for count in (network.positive, network.negative)]
    size = len(network.actors) or 1
    arcs, place = np.unique(source * size + target, return_inverse=True)
    positive, negative = (
        np.bincount(place.reshape(-1), weights=count, minlength=len(arcs)).astype(np.int64) for count in counts
    )
    sign = network.sign_rule.signs(positive, negative)
    clear = sign != 0
    return directed_census(len(network.actors), arcs[clear] // size, arcs[clear] % size, sign[clear])
