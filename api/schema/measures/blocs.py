"""Blocs: a partition of actors, with positive ties inside blocs and negative ties between them. ADR 0016."""

from functools import partial

import strawberry

from api.analysis.networks.blocs import MAX_BLOCS, BlocPartition, find_blocs
from api.dataset.networks import ActorNetwork
from api.dataset.request import ComputeRequest
from api.graphql.fields import argument, object_type, resolver
from api.numeric import np
from api.schema.measures.arguments import MAX_SEED, check_range
from api.schema.measures.tied_pair import TiedPair, unambiguous_pairs
from api.schema.references import ActorRef


@object_type
class Bloc:
    """A group of actors."""

    actors: list[ActorRef]
    """The members, by ID."""


@object_type
class Blocs:
    """A partition of actors into blocs, with positive ties inside and negative ties between them."""

    k: int
    """The maximum number of blocs."""
    alpha: float
    """The weight of a negative tie inside a bloc; a positive tie between blocs has the weight 1 - alpha."""
    seed: int
    """The seed of the search: the same seed finds the same blocs."""
    criterion: float
    """2 (alpha n + (1 - alpha) p) for n negative ties inside blocs and p positive ties between them.

    With alpha 0.5 it is the number of inconsistent ties. The search is heuristic and proves no optimum.
    """
    network: strawberry.Private[ActorNetwork]
    found: strawberry.Private[BlocPartition]

    @resolver
    def blocs(self) -> list[Bloc]:
        """The blocs: fewer than `k` if more are no better. An actor whose ties are all ambivalent is in no bloc."""
        members = (np.flatnonzero(self.found.bloc == bloc) for bloc in range(self.found.number))
        return [Bloc(actors=self.network.actors_at(nodes)) for nodes in members]

    @resolver
    def inconsistencies(self) -> list[TiedPair]:
        """The negative ties inside blocs and the positive ties between them."""
        return unambiguous_pairs(self.network, self.found.inconsistent)


BLOCS_ARGUMENTS = [
    argument("k", int, "The maximum number of blocs: 1 to 50."),
    argument("alpha", float, "The weight of a negative tie inside a bloc: 0 to 1.", 0.5),
    argument("seed", int, "The seed of the search: 0 to 2,147,483,647.", 0),
]


async def compute_blocs(request: ComputeRequest, network: ActorNetwork) -> Blocs:
    """Return the best partition into blocs that is found.

    :raises BadArgument: if an argument is out of range.
    """
    k, alpha, seed = (request.arguments[name] for name in ("k", "alpha", "seed"))
    check_range("k", k, 1, MAX_BLOCS)
    check_range("alpha", alpha, 0, 1)
    check_range("seed", seed, 0, MAX_SEED)
    work = partial(find_blocs, network.undirected, k, alpha, seed)
    found = await network.derived.run(("blocs", k, alpha, seed), lambda: request.datasets.compute_slow(work))
    return Blocs(k=k, alpha=alpha, seed=seed, criterion=found.criterion, network=network, found=found)
