"""Networks: who stands with whom and who against, with what is measured of it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

import models
from api import limits
from api.analysis.networks.signed_network import TieSign
from api.dataset.networks import Network as Ties
from api.dataset.networks import network
from api.dataset.request import ComputeRequest
from api.graphql.fields import argument, computed, field, object_type
from api.graphql.parts import NOWHERE, ForeignKey, Ref, UnpagedRoot
from api.schema.measures.directed_triads_figures import directed_triads_of
from api.schema.measures.layouts import Position, layout
from api.schema.measures.network_measures import Balance, Blocs, Centrality, DirectedTriads, TiedPair
from api.schema.measures.signed_figures import (
    MOST_SECONDS,
    BlocsAsked,
    ambivalent_pairs,
    balance_of,
    blocs_of,
    centrality_of,
    listed,
)
from api.schema.references import ActorRef, RelationRef
from api.schema.relations import RELATIONS, Relation
from models.relation import Relation as Row


@object_type
class NetworkTie:
    """All relations between two actors in one direction: those with none from either to the other are one tie."""

    source: ActorRef
    """One end: where it is directed, whom it comes from."""
    target: ActorRef
    """The other end."""
    directed: bool
    """Whether it runs from the source to the target only."""
    sign: TieSign
    """Alliances alone are positive, oppositions negative, both at once ambivalent."""
    positive: int
    """How many alliances there are."""
    negative: int
    """How many oppositions there are."""
    relations: list[RelationRef]
    """The relations, by id."""


# ---------------------------------------------------------------- what computes them

Networks: TypeAlias = Callable[[ComputeRequest], Awaitable[Ties]]
"""Finds the network that a computed field stands in."""

SECONDS = argument("seconds", int, f"How long it may be sought to prove `frustration`: 0 to {MOST_SECONDS} seconds.", 5)
BLOCS_ARGUMENTS = [
    argument("k", int, "How many blocs there may be: 1 to 50."),
    argument("alpha", float, "How much a negative tie inside a bloc weighs: 0 to 1.", 0.5),
    argument("seed", int, "What the search begins with: 0 to 2,147,483,647.", 0),
]


def asked_blocs(given: Mapping[str, Any]) -> BlocsAsked:
    """How blocs are to be sought.

    :raises BadArgument: where an argument is out of range.
    """
    return BlocsAsked(given["k"], given["alpha"], given["seed"])


def measured(
    find: Networks, shown: Callable[[ComputeRequest, Ties], Awaitable[Any]]
) -> Callable[[ComputeRequest], Awaitable[Any]]:
    """What `shown` makes of the network that `find` finds."""

    async def compute(asked: ComputeRequest) -> Mapping[UUID, Any]:
        return {NOWHERE: await shown(asked, await find(asked))}

    return compute


async def shown_balance(asked: ComputeRequest, found: Ties) -> Any:
    """How balanced a network is, as far as that is asked."""
    wanted = [f.name for f in asked.fields]
    return await balance_of(asked.measures, found, wanted, asked.arguments["seconds"])


async def shown_blocs(asked: ComputeRequest, found: Ties) -> Any:
    """Its blocs."""
    return await blocs_of(asked.measures, found, asked_blocs(asked.arguments))


async def shown_centrality(asked: ComputeRequest, found: Ties) -> Any:
    """How central its actors are."""
    return await centrality_of(asked.measures, found)


async def shown_triads(asked: ComputeRequest, found: Ties) -> Any:
    """Its directed triads."""
    return await directed_triads_of(asked.measures, found)


async def shown_ambivalent(_asked: ComputeRequest, found: Ties) -> Any:
    """Between whom there are both signs."""
    return ambivalent_pairs(found)


async def of_relations(asked: ComputeRequest) -> Ties:
    """The network of the relations that the field above lets through."""
    return await _of_relations(asked, asked.above.get("filter") or {})


async def _of_relations(asked: ComputeRequest, given: Mapping[str, Any]) -> Ties:
    collapse = asked.above["collapse_members"]
    return await network(asked.measures, asked.viewer, given, RELATIONS.predicates, collapse_members=collapse)


@dataclass(frozen=True, slots=True)
class _Tie:
    source: Ref
    target: Ref
    directed: bool
    sign: TieSign
    positive: int
    negative: int
    relations: Sequence[Ref]


async def _ties(asked: ComputeRequest, found: Ties) -> list[_Tie]:
    listed(found.ties)
    return await asked.measures.compute(lambda: [_tie(found, tie) for tie in range(found.ties)])


def _tie(found: Ties, tie: int) -> _Tie:
    return _Tie(
        source=Ref("Actor", found.actor(int(found.source[tie]))),
        target=Ref("Actor", found.actor(int(found.target[tie]))),
        directed=bool(found.directed[tie]),
        sign=TieSign.of(int(found.sign[tie])),
        positive=int(found.positive[tie]),
        negative=int(found.negative[tie]),
        relations=found.behind_tie(tie).relations,
    )


@dataclass(frozen=True, slots=True)
class _Collapsed:
    relations_within: int
    members_of_several: int


async def _collapsed(_asked: ComputeRequest, found: Ties) -> _Collapsed:
    return _Collapsed(found.within_groups, found.several_groups)


# ---------------------------------------------------------------- the network of relations


@object_type
class CollapsedMembers:
    """What came of letting members act as their groups."""

    relations_within: int
    """How many relations fell away: both ends act as the same group."""
    members_of_several: int
    """How many members act as themselves, since they belong to several groups that are not one."""


@object_type
class Network:
    """The whole picture at once, for drawing: every relation that the filter lets through and every actor in one.

    Not paged; over 10,000 relations it is an error that says to narrow it. What is measured may be measured of more.
    """

    actors: list[ActorRef]
    """The actors in one of the relations, by id."""
    relations: list[Relation]
    """The relations, by id."""
    ties: list[NetworkTie] = computed(measured(of_relations, _ties))
    """The relations put together: one tie for all of one direction between two actors. At most 10,000."""
    ambivalent: list[TiedPair] = computed(measured(of_relations, shown_ambivalent))
    """The pairs between whom there is an alliance and an opposition at once. They have no part in what is measured."""
    balance: Balance = computed(measured(of_relations, shown_balance), [SECONDS])
    """How balanced it is."""
    blocs: Blocs = computed(measured(of_relations, shown_blocs), BLOCS_ARGUMENTS)
    """Who makes a bloc with whom."""
    centrality: Centrality = computed(measured(of_relations, shown_centrality))
    """How central its actors are."""
    layout: list[Position] = layout(_of_relations)
    """Where to draw its actors, by id: allies near, opponents apart, the same each time.

    An actor stays about where it is from one date to the next: each picture follows the one of all dates together.
    At most 5,000 actors and 50,000 ties.
    """
    directed_triads: DirectedTriads = computed(measured(of_relations, shown_triads))
    """Its triads with their directions."""
    collapsed: CollapsedMembers = computed(measured(of_relations, _collapsed))
    """What fell away since members act as their groups; nothing where they act as themselves."""


MOST_RELATIONS = limits.NETWORK.maximum
NETWORK = field(
    UnpagedRoot(
        models.Relation, (ForeignKey.of(Row.source), ForeignKey.of(Row.target)), RELATIONS.predicates, MOST_RELATIONS
    ),
    [
        *RELATIONS.arguments()[:1],
        argument(
            "collapseMembers",
            bool,
            "Whether members act as their groups in ties and in what is measured, up to the outermost one: by"
            " memberships in force on the day that the filter names, or else while the relation holds. Who belongs to"
            " several groups that do not meet in one acts as itself. `actors` and `relations` stay as they are.",
            False,
        ),
    ],
)
