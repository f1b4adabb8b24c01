"""Balance: whether a network falls into two camps, by triangles, closed walks, and frustration. ADR 0016."""

from functools import partial
from typing import Any

import strawberry

from api.analysis.networks.balance import NetworkUndefined, triangle_index, walk_index
from api.analysis.networks.frustration import FrustrationBounds, frustration
from api.analysis.networks.triangles import TriadCounts, triad_counts, triangle_census
from api.dataset.datasets import Datasets
from api.dataset.networks import ActorNetwork
from api.dataset.request import ComputeRequest
from api.graphql.fields import object_type, resolver
from api.numeric import np
from api.schema.measures.network_measure import NetworkMeasure, check_time_limit
from api.schema.measures.tied_pair import TiedPair, unambiguous_pairs
from api.schema.references import ActorRef


@object_type
class Triads:
    """Number of triangles by the number of positive ties. Triangles with ambivalent ties do not count."""

    ppp: int
    """All three ties are positive: balanced (all are friends)."""
    ppn: int
    """Two ties are positive: unbalanced (my friends are enemies of each other)."""
    pnn: int
    """One tie is positive: balanced (my friend's enemy is my enemy)."""
    nnn: int
    """No tie is positive: unbalanced (all are enemies)."""

    @classmethod
    def of(cls, counts: TriadCounts) -> "Triads":
        """Return the object of counts."""
        return cls(ppp=counts.ppp, ppn=counts.ppn, pnn=counts.pnn, nnn=counts.nnn)


@object_type
class TriangleCount:
    """Number of triangles of one kind, including those with ambivalent ties."""

    kind: str
    """Three letters, one for each tie: P for positive, N for negative, A for ambivalent."""
    count: int
    """Number of triangles."""


@object_type
class Frustration:
    """Number of ties that prevent a partition into two camps, with positive ties inside and negative ties between."""

    count: int
    """Number of ties that contradict the best partition that was found."""
    exact: bool
    """True if `count` is proved to be the minimum; else `count` is an upper bound."""
    lower_bound: int
    """Lower bound of the number of ties, whatever the partition; equal to `count` if `exact` is true."""
    index: NetworkMeasure
    """The line index of balance, 1 - count / (m / 2) for m ties: 1 if no tie contradicts the partition."""
    network: strawberry.Private[ActorNetwork]
    bounds: strawberry.Private[FrustrationBounds]

    @resolver
    def partition(self) -> list[list[ActorRef]]:
        """The two camps. Between actors that are not connected, the assignment to camps has no meaning.

        An actor whose ties are all ambivalent is in no camp.
        """
        return [self.network.actors_at(np.flatnonzero(self.bounds.camps == camp)) for camp in (0, 1)]

    @resolver
    def ties(self) -> list[TiedPair]:
        """The ties that contradict the partition."""
        return unambiguous_pairs(self.network, self.bounds.frustrated)


@object_type
class Balance:
    """How balanced a network is. Directions are ignored: all ties between two actors are combined.

    Ambivalent ties do not count in the measures.
    """

    actors: int
    """Number of actors, including those that have ambivalent ties alone."""
    ties: int
    """Number of pairs whose tie is positive or negative."""
    ambivalent: int
    """Number of pairs whose tie is ambivalent."""
    triads: Triads
    """Number of triangles by their signs."""
    triangles: list[TriangleCount]
    """Number of triangles of each possible kind, including those with ambivalent ties."""
    triangle_index: NetworkMeasure
    """The share of triangles that are balanced."""
    walk_index: NetworkMeasure
    """trace(exp(A)) / trace(exp(|A|)) of the matrix A of signs: closed walks of all lengths, weighted by length."""
    frustration: Frustration
    """Number of ties that prevent a partition into two camps."""


async def compute_balance(request: ComputeRequest, network: ActorNetwork) -> Balance:
    """Return the balance of a network; fields that the request does not select are None.

    :raises BadArgument: if the time limit is out of range.
    """
    seconds = request.arguments["time_limit_seconds"]
    check_time_limit(seconds)
    datasets, undirected = request.datasets, network.undirected
    selected: dict[str, Any] = dict.fromkeys(("triads", "triangles", "triangle_index", "walk_index", "frustration"))
    if request.wants("triads") or request.wants("triangleIndex"):
        work = partial(triad_counts, undirected)
        counts = await network.derived.run("triads", lambda: datasets.compute(work))
        selected["triads"] = Triads.of(counts)
        selected["triangle_index"] = NetworkMeasure.of(triangle_index(counts))
    if request.wants("triangles"):
        count_kinds = partial(triangle_census, undirected)
        census = await network.derived.run("triangles", lambda: datasets.compute(count_kinds))
        selected["triangles"] = [TriangleCount(kind=kind, count=count) for kind, count in census.items()]
    if request.wants("walkIndex"):
        walk = partial(walk_index, undirected)
        selected["walk_index"] = NetworkMeasure.of(
            await network.derived.run("walks", lambda: datasets.compute_slow(walk))
        )
    if request.wants("frustration"):
        selected["frustration"] = await _frustration(datasets, network, seconds)
    return Balance(
        actors=len(network.actors),
        ties=undirected.unambiguous.ties,
        ambivalent=undirected.ties - undirected.unambiguous.ties,
        **selected,
    )


async def _frustration(datasets: Datasets, network: ActorNetwork, seconds: int) -> Frustration:
    work = partial(frustration, network.undirected, seconds)
    bounds = await network.derived.run(("frustration", seconds), lambda: datasets.compute_slow(work))
    return Frustration(
        count=bounds.count,
        exact=bounds.exact,
        lower_bound=bounds.lower_bound,
        index=line_index(bounds, network.undirected.unambiguous.ties),
        network=network,
        bounds=bounds,
    )


def line_index(bounds: FrustrationBounds, ties: int) -> NetworkMeasure:
    """Return the line index of balance for that number of ties."""
    value = bounds.index(ties)
    return NetworkMeasure(value=value, undefined_reason=NetworkUndefined.NO_TIES if value is None else None)
