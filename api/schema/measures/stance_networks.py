"""Networks of stances, in the shape of those of relations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import strawberry

from api.analysis.networks.signed_network import TieSign
from api.dataset.networks import Network as Ties
from api.dataset.relations import refs
from api.dataset.request import ComputeRequest
from api.dataset.units import Connection as Page
from api.graphql.fields import argument, computed, object_type, paged
from api.graphql.nodes import Connection
from api.graphql.parts import NOWHERE, Ref
from api.graphql.sql.predicates import read_id
from api.schema.measures.consensus_figures import ConsensusMethod
from api.schema.measures.discourse import PERIOD_ARGUMENT, PROJECT_ARGUMENT, days_within, project_named
from api.schema.measures.network_measures import Balance, Blocs, Centrality, DirectedTriads, TiedPair
from api.schema.measures.networks import (
    BLOCS_ARGUMENTS,
    SECONDS,
    measured,
    shown_ambivalent,
    shown_balance,
    shown_blocs,
    shown_centrality,
    shown_triads,
)
from api.schema.measures.signed_figures import listed
from api.schema.measures.stance_networks_figures import StanceNetworkAsked, no_stances, stance_network
from api.schema.references import ActorRef, StatementRef


@object_type
class StanceTie:
    """What one actor says of another, in all stances that count."""

    source: ActorRef
    """Who holds the stances."""
    target: ActorRef
    """Whom they are towards."""
    sign: TieSign
    """What there is more of; ambivalent where support and opposition come equally often."""
    weight: int
    """By how much the one outweighs the other."""
    positive: int
    """How often there is support."""
    negative: int
    """How often there is opposition."""
    statements: Connection[StatementRef] = paged()
    """The statements that they were read in, by id."""


@dataclass(frozen=True, slots=True)
class _Tie:
    network: Ties
    tie: int
    source: Ref
    target: Ref
    sign: TieSign
    weight: int
    positive: int
    negative: int

    def statements(self, first: int | None = None, after: str | None = None) -> Page[Ref]:
        return self.network.behind_tie(self.tie).statements(first, after)


async def _of_stances(asked: ComputeRequest, given: Mapping[str, Any]) -> Ties:
    project = project_named(given) or await asked.measures.default_project(asked.viewer)
    if project is None:
        return no_stances()
    return await stance_network(asked.measures, project, asked.viewer, _wanted(given))


def _wanted(given: Mapping[str, Any]) -> StanceNetworkAsked:
    consensus, actors = given.get("consensus"), given.get("actors")
    first, last = days_within(given.get("period"))
    return StanceNetworkAsked(
        None if consensus is None else ConsensusMethod(str(consensus)),
        first,
        last,
        None if actors is None else tuple(_actor(text, place) for place, text in enumerate(actors)),
        given["minimum_weight"],
    )


def _actor(text: str, place: int) -> Ref:
    return Ref(*read_id(text, f"actors[{place}]", "Actor"))


async def _above(asked: ComputeRequest) -> Ties:
    """The network that a computed field of it stands in."""
    return await _of_stances(asked, asked.above)


async def _ties(asked: ComputeRequest, found: Ties) -> list[_Tie]:
    listed(found.ties)
    return await asked.measures.compute(lambda: [_tie(found, tie) for tie in range(found.ties)])


def _tie(found: Ties, tie: int) -> _Tie:
    positive, negative = int(found.positive[tie]), int(found.negative[tie])
    return _Tie(
        found,
        tie,
        source=Ref("Actor", found.actor(int(found.source[tie]))),
        target=Ref("Actor", found.actor(int(found.target[tie]))),
        sign=TieSign.of(int(found.sign[tie])),
        weight=abs(positive - negative),
        positive=positive,
        negative=negative,
    )


@object_type
class StanceNetwork:
    """Who supports and who opposes whom: all stances of actors towards actors that count, of those the caller sees.

    What actors say of themselves makes no tie. For what is measured, both directions between two actors are taken
    together: their sign is that of which there is more, and they are ambivalent where there is as much of either.
    """

    actors: list[ActorRef]
    """The actors at an end of a tie, by id. At most 10,000."""
    ties: list[StanceTie] = computed(measured(_above, _ties))
    """The ties, by their ends. At most 10,000: narrow it by `minimumWeight`, `period` or `actors`."""
    ambivalent: list[TiedPair] = computed(measured(_above, shown_ambivalent))
    """The pairs between whom there is as much of either. They have no part in what is measured."""
    balance: Balance = computed(measured(_above, shown_balance), [SECONDS])
    """How balanced it is."""
    blocs: Blocs = computed(measured(_above, shown_blocs), BLOCS_ARGUMENTS)
    """Who makes a bloc with whom."""
    centrality: Centrality = computed(measured(_above, shown_centrality))
    """How central its actors are."""
    directed_triads: DirectedTriads = computed(measured(_above, shown_triads))
    """Its triads with their directions."""


@dataclass(frozen=True, slots=True)
class _Shown:
    network: Ties

    @property
    def actors(self) -> list[Ref]:
        listed(len(self.network.actors))
        return refs("Actor", self.network.actors)


async def _stance_network(asked: ComputeRequest) -> Mapping[UUID, _Shown]:
    return {NOWHERE: _Shown(await _of_stances(asked, asked.arguments))}


STANCE_NETWORK = computed(
    _stance_network,
    [
        PERIOD_ARGUMENT,
        PROJECT_ARGUMENT,
        argument(
            "consensus",
            ConsensusMethod | None,
            "Count each reading of a statement once, by the label that annotators gave it together; each stance counts"
            " where this is left out.",
        ),
        argument("actors", list[strawberry.ID] | None, "Only stances of these actors towards these actors."),
        argument(
            "minimumWeight",
            int,
            "Only ties in which support outweighs opposition, or the reverse, by at least this: 0 to 1,000,000.",
            0,
        ),
    ],
)
"""The network of a project's stances."""
