"""Measures of signed networks, as the graph shows them: of relations and of stances alike."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial

from api import limits
from api.analysis.arrays import Integers
from api.analysis.networks.balance import NetworkFigure, NetworkUndefined, triangle_index, walk_index
from api.analysis.networks.blocs import MOST_BLOCS, Blocs, blocs
from api.analysis.networks.centrality import Degrees, Scores, degrees, eigenvector, pn_index
from api.analysis.networks.frustration import Frustration, frustration
from api.analysis.networks.signed_network import TieSign
from api.analysis.networks.triangles import Triads, triads, triangle_census
from api.dataset.datasets import Datasets
from api.dataset.networks import Behind, Network
from api.dataset.relations import refs
from api.dataset.units import Connection
from api.errors import BadArgument, TooCostly
from api.graphql.parts import Ref
from api.numeric import np

MOST_TIES = limits.LISTED_TIES.maximum
"""How many ties, or actors, a network may have to be listed."""
MOST_SECONDS = 30
"""How long a proof may be sought that frustration cannot be less."""
MOST_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class TiedPair:
    """Two actors, with all there is between them."""

    first: Ref
    second: Ref
    sign: TieSign
    positive: int
    negative: int
    behind: Behind

    @property
    def relations(self) -> list[Ref]:
        """The relations between them."""
        return self.behind.relations

    def statements(self, first: int | None = None, after: str | None = None) -> Connection[Ref]:
        """A page of the statements behind it."""
        return self.behind.statements(first, after)


def listed(number: int) -> None:
    """Let pass so many ties.

    :raises TooCostly: where they are too many to list.
    """
    if number > MOST_TIES:
        raise TooCostly(
            f"these are {number:,} ties, the most that are listed is {MOST_TIES:,}: narrow the network",
            ties=number,
            limit=MOST_TIES,
        )


def pairs(network: Network, places: Integers) -> list[TiedPair]:
    """The pairs at these places of the folded network.

    :raises TooCostly: where they are too many to list.
    """
    listed(len(places))
    return [_pair(network, int(place)) for place in places]


def _pair(network: Network, place: int) -> TiedPair:
    folded = network.folded
    ends = int(folded.first[place]), int(folded.second[place])
    keys = np.unique(np.concatenate([network.rows_of(tie) for tie in network.between[ends]]), axis=0)
    return TiedPair(
        first=Ref("Actor", network.actor(ends[0])),
        second=Ref("Actor", network.actor(ends[1])),
        sign=TieSign.of(int(folded.sign[place])),
        positive=int(folded.positive[place]),
        negative=int(folded.negative[place]),
        behind=Behind(network.behind, keys),
    )


def ambivalent_pairs(network: Network) -> list[TiedPair]:
    """The pairs between whom there are both signs."""
    return pairs(network, np.flatnonzero(network.folded.sign == 0))


def _unambiguous(network: Network, places: Integers) -> Integers:
    """Places among unambiguous ties as places among all."""
    found: Integers = np.flatnonzero(network.folded.sign != 0)[places]
    return found


# ---------------------------------------------------------------- balance


@dataclass(frozen=True, slots=True)
class TriangleCount:
    """How many triangles there are of a kind."""

    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class ShownFrustration:
    """How frustrated a network is."""

    network: Network
    found: Frustration

    @property
    def count(self) -> int:
        """How many ties run against the camps."""
        return self.found.count

    @property
    def exact(self) -> bool:
        """Whether no camps do better."""
        return self.found.exact

    @property
    def least(self) -> int:
        """Fewer there cannot be."""
        return self.found.least

    @property
    def index(self) -> NetworkFigure:
        """The line index of balance, or why there is none."""
        return line_index(self.found, self.network.folded.unambiguous.ties)

    @property
    def partition(self) -> list[list[Ref]]:
        """The camps."""
        return [actors(self.network, np.flatnonzero(self.found.camps == camp)) for camp in (0, 1)]

    @property
    def ties(self) -> list[TiedPair]:
        """What runs against them."""
        return pairs(self.network, _unambiguous(self.network, self.found.frustrated))


@dataclass(frozen=True, slots=True)
class ShownBalance:
    """How balanced a network is; what was not asked for is None."""

    actors: int
    ties: int
    ambivalent: int
    triads: Triads | None = None
    triangles: Sequence[TriangleCount] | None = None
    triangle_index: NetworkFigure | None = None
    walk_index: NetworkFigure | None = None
    frustration: ShownFrustration | None = None


TRIANGLES = frozenset({"triads", "triangleIndex"})


async def balance_of(measures: Datasets, network: Network, wanted: Collection[str], seconds: int) -> ShownBalance:
    """How balanced a network is: of the figures those alone that are `wanted`, by their GraphQL names.

    :param seconds: how long a proof may be sought that frustration cannot be less.
    :raises BadArgument: where that is out of range.
    """
    if not 0 <= seconds <= MOST_SECONDS:
        raise BadArgument("seconds", f"must be from 0 to {MOST_SECONDS}, not {seconds}")
    folded = network.folded
    found, kinds, walks, tension = None, None, None, None
    if TRIANGLES & set(wanted):
        found = await network.derived.run("triads", lambda: measures.compute(partial(triads, folded)))
    if "triangles" in wanted:
        kinds = await network.derived.run("triangles", lambda: measures.compute(partial(triangle_census, folded)))
    if "walkIndex" in wanted:
        walks = await network.derived.run("walk", lambda: measures.compute_slow(partial(walk_index, folded)))
    if "frustration" in wanted:
        tension = await frustration_of(measures, network, seconds)
    return ShownBalance(
        len(network.actors),
        folded.unambiguous.ties,
        folded.ties - folded.unambiguous.ties,
        triads=found,
        triangles=None if kinds is None else [TriangleCount(kind, count) for kind, count in kinds.items()],
        triangle_index=None if found is None else triangle_index(found),
        walk_index=walks,
        frustration=None if tension is None else ShownFrustration(network, tension),
    )


async def frustration_of(measures: Datasets, network: Network, seconds: int) -> Frustration:
    """How frustrated a network is, by a search that nobody else waits for."""
    work = partial(frustration, network.folded, seconds)
    return await network.derived.run(("frustration", seconds), lambda: measures.compute_slow(work))


def line_index(found: Frustration, ties: int) -> NetworkFigure:
    """The line index of balance of so many ties, or why there is none."""
    index = found.index(ties)
    return NetworkFigure(index, NetworkUndefined.NO_TIES if index is None else None)


def actors(network: Network, nodes: Integers) -> list[Ref]:
    """The actors at these nodes."""
    return refs("Actor", network.actors[nodes])


# ---------------------------------------------------------------- blocs


@dataclass(frozen=True, slots=True)
class Bloc:
    """A group of actors."""

    actors: Sequence[Ref]


@dataclass(frozen=True, slots=True)
class BlocsAsked:
    """How blocs are sought."""

    k: int
    alpha: float
    seed: int

    def __post_init__(self) -> None:
        """Refuse what cannot be done.

        :raises BadArgument: naming the argument.
        """
        for name, value, least, most in (
            ("k", self.k, 1, MOST_BLOCS),
            ("alpha", self.alpha, 0, 1),
            ("seed", self.seed, 0, MOST_SEED),
        ):
            if not least <= value <= most:
                raise BadArgument(name, f"must be from {least} to {most:,}, not {value:,}")


@dataclass(frozen=True, slots=True)
class ShownBlocs:
    """A partition into blocs, and what speaks against it."""

    k: int
    alpha: float
    seed: int
    network: Network
    found: Blocs

    @property
    def criterion(self) -> float:
        """How much speaks against it."""
        return self.found.criterion

    @property
    def blocs(self) -> list[Bloc]:
        """The blocs."""
        return [
            Bloc(actors(self.network, np.flatnonzero(self.found.bloc == bloc))) for bloc in range(self.found.number)
        ]

    @property
    def inconsistencies(self) -> list[TiedPair]:
        """The ties that are out of place."""
        return pairs(self.network, _unambiguous(self.network, self.found.misplaced))


async def blocs_of(measures: Datasets, network: Network, asked: BlocsAsked) -> ShownBlocs:
    """The best partition into blocs that is found."""
    work = partial(blocs, network.folded, asked.k, asked.alpha, asked.seed)
    found = await network.derived.run(asked, lambda: measures.compute_slow(work))
    return ShownBlocs(asked.k, asked.alpha, asked.seed, network, found)


# ---------------------------------------------------------------- centrality


@dataclass(frozen=True, slots=True)
class ActorCentrality:
    """How central an actor is."""

    actor: Ref
    positive_degree: int
    negative_degree: int
    ambivalent_degree: int
    pn_index: float | None
    eigenvector: float | None


@dataclass(frozen=True, slots=True)
class Centrality:
    """How central the actors of a network are."""

    actors: Sequence[ActorCentrality]
    pn_undefined_reason: NetworkUndefined | None
    eigenvector_undefined_reason: NetworkUndefined | None


async def centrality_of(measures: Datasets, network: Network) -> Centrality:
    """How central the actors of a network are, by their keys.

    :raises TooCostly: where they are too many to list.
    """
    listed(len(network.actors))
    return await network.derived.run("centrality", lambda: measures.compute(partial(_centrality, network)))


def _centrality(network: Network) -> Centrality:
    folded = network.folded
    degree, pn, eigen = degrees(folded), pn_index(folded), eigenvector(folded)
    scored = [_central(network, node, degree, pn, eigen) for node in range(len(network.actors))]
    return Centrality(scored, pn.undefined_reason, eigen.undefined_reason)


def _central(network: Network, node: int, degree: Degrees, pn: Scores, eigen: Scores) -> ActorCentrality:
    return ActorCentrality(
        actor=Ref("Actor", network.actor(node)),
        positive_degree=int(degree.positive[node]),
        negative_degree=int(degree.negative[node]),
        ambivalent_degree=int(degree.ambivalent[node]),
        pn_index=pn.of(node),
        eigenvector=eigen.of(node),
    )
