"""The census of directed triads of a network, as the graph shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from api.analysis.networks.balance import NetworkUndefined
from api.analysis.networks.directed_triads import directed_census
from api.dataset.datasets import Datasets
from api.dataset.networks import Network
from api.numeric import np
from api.schema.measures.signed_figures import TriangleCount


@dataclass(frozen=True, slots=True)
class DirectedTriads:
    """How many triads there are of each kind."""

    kinds: Sequence[TriangleCount]
    undefined_reason: NetworkUndefined | None


async def directed_triads_of(measures: Datasets, network: Network) -> DirectedTriads:
    """The census of a network; ties without a direction run both ways."""
    work = partial(_census, network)
    found = await network.derived.run("directed triads", lambda: measures.compute(work))
    if found is None:
        return DirectedTriads([], NetworkUndefined.TOO_LARGE)
    return DirectedTriads([TriangleCount(kind, count) for kind, count in sorted(found.items())], None)


def _census(network: Network) -> Mapping[str, int] | None:
    both = np.flatnonzero(~network.directed)
    source = np.concatenate([network.source, network.target[both]])
    target = np.concatenate([network.target, network.source[both]])
    counts = [np.concatenate([count, count[both]]) for count in (network.positive, network.negative)]
    size = len(network.actors) or 1
    arcs, place = np.unique(source * size + target, return_inverse=True)
    positive, negative = (
        np.bincount(place.reshape(-1), weights=count, minlength=len(arcs)).astype(np.int64) for count in counts
    )
    sign = network.folding.signs(positive, negative)
    clear = sign != 0
    return directed_census(len(network.actors), arcs[clear] // size, arcs[clear] % size, sign[clear])
