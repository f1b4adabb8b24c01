"""What is measured of networks: types that those of relations and of stances share."""

from api.analysis.networks.balance import NetworkUndefined
from api.analysis.networks.signed_network import TieSign
from api.graphql.fields import enum_type, object_type, paged
from api.graphql.nodes import Connection
from api.schema.references import ActorRef, RelationRef, StatementRef

enum_type(
    TieSign,
    POSITIVE="With one another.",
    NEGATIVE="Against one another.",
    AMBIVALENT="Both at once.",
)
enum_type(
    NetworkUndefined,
    name="NetworkUndefinedReason",
    NO_TIES="There is no tie that is not ambivalent.",
    NO_TRIANGLES="No three actors are all tied to one another by ties that are not ambivalent.",
    SINGULAR="The system of equations behind it has no single solution.",
    NO_DOMINANT="No eigenvalue is the largest by its size alone.",
    TOO_LARGE="More than 2,500 actors hang together: more than it is reckoned for; 500, of directed triads.",
)


@object_type
class TiedPair:
    """Two actors, with all there is between them, whichever way it runs."""

    first: ActorRef
    """The one with the lesser id."""
    second: ActorRef
    """The other."""
    sign: TieSign
    """What all of it comes to."""
    positive: int
    """How many alliances there are; in a network of stances, how often one supports the other."""
    negative: int
    """How many oppositions there are; in a network of stances, how often one opposes the other."""
    relations: list[RelationRef]
    """The relations between them, by id; none in a network of stances."""
    statements: Connection[StatementRef] = paged()
    """The statements that their stances were read in, by id; none in a network of relations."""


@object_type
class Triads:
    """Triangles, by how many of their ties are positive. Ambivalent ties make none."""

    ppp: int
    """All three: friends all round. Balanced."""
    ppn: int
    """Two: my friends are enemies. Unbalanced."""
    pnn: int
    """One: my friend's enemy is mine. Balanced."""
    nnn: int
    """None: enemies all round. Unbalanced."""


@object_type
class TriangleCount:
    """How many triangles there are of one kind, those with ambivalent ties too."""

    kind: str
    """Three letters: P for a positive, N for a negative, A for an ambivalent tie."""
    count: int
    """How many."""


@object_type
class NetworkFigure:
    """A figure, or why there is none."""

    value: float | None
    """The figure; null where it is undefined."""
    undefined_reason: NetworkUndefined | None
    """Why there is no value; null where there is one."""


@object_type
class Frustration:
    """How many ties are in the way of two camps, with positive ties inside and negative ones between them."""

    count: int
    """How many run against the best camps that were found."""
    exact: bool
    """Whether it is proved that no camps do better; else `count` is an upper bound."""
    least: int
    """Fewer there cannot be: as many as `count`, where it is exact."""
    index: NetworkFigure
    """The line index of balance, 1 - count / (m / 2) for m ties: 1 where nothing is in the way."""
    partition: list[list[ActorRef]]
    """The two camps. Of actors that do not hang together, which are in which camp says nothing.

    An actor whose ties are all ambivalent is in none.
    """
    ties: list[TiedPair]
    """What runs against the camps."""


@object_type
class Balance:
    """How balanced a network is. Directions do not count: all relations between two actors are taken together.

    Ambivalent ties have no part in the figures.
    """

    actors: int
    """How many actors there are, those with ambivalent ties alone too."""
    ties: int
    """How many pairs have a tie that is positive or negative."""
    ambivalent: int
    """How many pairs have one that is both."""
    triads: Triads
    """Triangles by their signs."""
    triangles: list[TriangleCount]
    """Triangles by their signs, those with ambivalent ties too: each kind there may be."""
    triangle_index: NetworkFigure
    """The share of triangles that are balanced."""
    walk_index: NetworkFigure
    """trace(exp(A)) / trace(exp(|A|)) of the matrix A of signs: closed walks of all lengths, short ones before all."""
    frustration: Frustration
    """How many ties are in the way of two camps."""


@object_type
class Bloc:
    """A group of actors."""

    actors: list[ActorRef]
    """Its members, by id."""


@object_type
class Blocs:
    """A partition of actors into blocs, with positive ties inside and negative ones between them."""

    k: int
    """How many blocs there might be."""
    alpha: float
    """How much a negative tie inside a bloc weighs, against 1 - alpha for a positive one between blocs."""
    seed: int
    """What the search began with: the same seed finds the same."""
    criterion: float
    """2 (alpha n + (1 - alpha) p) for n negative ties inside blocs and p positive ones between them.

    With alpha 0.5 it is the number of ties out of place. The search is thorough, but proves nothing.
    """
    blocs: list[Bloc]
    """The blocs: fewer than `k`, where more are no better. An actor whose ties are all ambivalent is in none."""
    inconsistencies: list[TiedPair]
    """The ties that are out of place."""


@object_type
class ActorCentrality:
    """How central an actor is."""

    actor: ActorRef
    """Who."""
    positive_degree: int
    """How many actors it has a positive tie to."""
    negative_degree: int
    """How many it has a negative tie to."""
    ambivalent_degree: int
    """How many it has an ambivalent tie to."""
    pn_index: float | None
    """Everett and Borgatti's PN index; null where it is undefined, and where all ties of the actor are ambivalent."""
    eigenvector: float | None
    """Its entry in the signed eigenvector, of unit length; null as for `pnIndex`."""


@object_type
class Centrality:
    """How central actors are, friends and enemies counted apart. Directions do not count."""

    actors: list[ActorCentrality]
    """The actors, by id."""
    pn_undefined_reason: NetworkUndefined | None
    """Why nobody has a PN index; null where it is defined."""
    eigenvector_undefined_reason: NetworkUndefined | None
    """Why nobody has an entry in the eigenvector; null where it is defined."""


@object_type
class TriadKindCount:
    """How many triads there are of one kind."""

    kind: str
    """By how many of its pairs are mutual, asymmetric and null, as in Davis and Leinhardt's census, with a letter where
    that leaves several, and the signs of its arcs: `030T-PPN`.
    """
    count: int
    """How many."""


@object_type
class DirectedTriads:
    """All threes of actors, by which of them point where and with which sign. A tie without direction points both ways.

    Arcs that are ambivalent count as none.
    """

    kinds: list[TriadKindCount]
    """The kinds that occur."""
    undefined_reason: NetworkUndefined | None
    """Why none are told: they are counted for up to 500 actors. Null where they are."""
