"""Network of stances: which actor supports or opposes which, and its measures. ADR 0016, 0017."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

import strawberry

from api import limits
from api.analysis.arrays import Booleans, Integers, Keys, RowKeys
from api.analysis.networks.signed_network import SignRule, TieSign
from api.dataset.networks import ActorNetwork, TieRows
from api.dataset.redirects import resolve_redirects
from api.dataset.request import ComputeRequest
from api.dataset.stance_events import EventColumns, StanceEvents, read_stance_events
from api.dataset.stance_filters import consensus_labels, is_within
from api.dataset.stance_units import LABELS
from api.graphql.fields import argument, computed, object_type, paged, resolver
from api.graphql.nodes import Connection
from api.graphql.parts import NOWHERE, Ref
from api.numeric import np
from api.schema.measures.arguments import (
    PERIOD_ARGUMENT,
    PROJECT_ARGUMENT,
    check_range,
    days_of,
    parse_refs,
    project_key,
)
from api.schema.measures.balance import Balance, compute_balance
from api.schema.measures.blocs import BLOCS_ARGUMENTS, Blocs, compute_blocs
from api.schema.measures.centrality import Centrality, compute_centrality
from api.schema.measures.consensus import ConsensusMethod, ConsensusTable, consensus_table
from api.schema.measures.directed_triads import DirectedTriads, compute_directed_triads
from api.schema.measures.network_measure import TIME_LIMIT, measured
from api.schema.measures.tied_pair import TiedPair, ambivalent_pairs, check_listed
from api.schema.references import ActorRef, StatementRef
from models import StanceLabel

MAX_WEIGHT = limits.WEIGHT.maximum
_SUPPORT, _OPPOSE = LABELS.index(StanceLabel.SUPPORT), LABELS.index(StanceLabel.OPPOSE)


@object_type
class StanceTie:
    """All stances of one actor towards another that count."""

    source: ActorRef
    """The actor that holds the stances."""
    target: ActorRef
    """The actor that the stances are towards."""
    sign: TieSign
    """The more frequent side; AMBIVALENT if support and opposition are equally frequent."""
    weight: int
    """Difference between the numbers of stances in support and in opposition, without its sign."""
    positive: int
    """Number of stances in support."""
    negative: int
    """Number of stances in opposition."""
    rows: strawberry.Private[TieRows]

    @paged
    def statements(self, first: int | None = None, after: str | None = None) -> Connection[StatementRef]:
        """Lists the statements that the stances belong to, by ID."""
        return self.rows.statements(first, after)


# ---------------------------------------------------------------- computation


@dataclass(frozen=True, slots=True)
class StanceNetworkOptions:
    """Which stances to select, and how to make a network of them; days as in `date.toordinal`."""

    consensus: ConsensusMethod | None
    first_day: int | None
    last_day: int | None
    actors: tuple[Ref, ...] | None
    minimum_weight: int

    @classmethod
    def parse(cls, arguments: Mapping[str, Any]) -> "StanceNetworkOptions":
        """Return the options of a request.

        :raises BadArgument: if an argument is invalid.
        """
        consensus = arguments.get("consensus")
        method = None if consensus is None else ConsensusMethod(str(consensus))
        actors = parse_refs(arguments.get("actors"), "actors", "Actor")
        check_range("minimumWeight", arguments["minimum_weight"], 0, MAX_WEIGHT)
        return cls(method, *days_of(arguments.get("period")), actors, arguments["minimum_weight"])


async def _of_stances(request: ComputeRequest, arguments: Mapping[str, Any]) -> ActorNetwork:
    """Return the network of stances of actors towards actors.

    With a consensus, each unit with a stance that the viewer may see counts once, with the label of the consensus; else
    each stance counts.
    """
    datasets, viewer = request.datasets, request.viewer
    project = project_key(arguments) or await datasets.default_project(viewer)
    if project is None:
        return _empty()
    options = StanceNetworkOptions.parse(arguments)
    events = await read_stance_events(datasets, project, viewer, EventColumns(units=options.consensus is not None))
    if options.actors is not None:
        options = replace(options, actors=tuple(await resolve_redirects(datasets, viewer, options.actors)))
    consensus = None
    if options.consensus is not None:
        consensus = await consensus_table(datasets, project, viewer, options.consensus)
    work = partial(_computed, events, consensus, options)
    return await events.derived.run(options, lambda: datasets.compute(work))


async def _above(request: ComputeRequest) -> ActorNetwork:
    """Return the network with the arguments of the field above."""
    return await _of_stances(request, request.above)


def _empty() -> ActorNetwork:
    none = np.empty(0, dtype=np.int64)
    return _network(np.empty(0, dtype="S36"), none, none, none, np.empty((0, 2), dtype=np.uint64), 0)


def _computed(events: StanceEvents, consensus: ConsensusTable | None, options: StanceNetworkOptions) -> ActorNetwork:
    label = events.label if consensus is None else consensus_labels(events, consensus.keys, consensus.label)
    towards_actor = np.array([ref.type_name == "Actor" for ref in events.targets.refs], dtype=np.bool_)[events.target]
    sided = np.isin(label, (_SUPPORT, _OPPOSE))
    within = is_within(events, options.first_day, options.last_day)
    selected = np.flatnonzero(sided & towards_actor & within & _is_among(events, options))
    actors = sorted({ref.key for categories in (events.holders, events.targets) for ref in categories.refs})
    place = {key: at for at, key in enumerate(actors)}
    source, target = (
        np.array([place[ref.key] for ref in categories.refs], dtype=np.int64)[places[selected]]
        for categories, places in ((events.holders, events.holder), (events.targets, events.target))
    )
    keys = np.array([str(key) for key in actors], dtype="S36")
    sign = np.where(label[selected] == _SUPPORT, 1, -1)
    return _network(keys, source, target, sign, events.statement[selected], options.minimum_weight)


def _is_among(events: StanceEvents, options: StanceNetworkOptions) -> Booleans:
    """Return for each stance whether both its ends are among the selected actors."""
    among = np.ones(len(events.day), dtype=np.bool_)
    for categories, places in ((events.holders, events.holder), (events.targets, events.target)):
        if options.actors is not None:
            among &= np.isin(places, categories.places_of(options.actors))
    return among


def _network(
    keys: Keys, source: Integers, target: Integers, sign: Integers, statement: RowKeys, minimum_weight: int
) -> ActorNetwork:
    """Return the network of stances, one element of each array for each. Those on the holder itself do not count."""
    ties_two = source != target
    size = len(keys) or 1
    pairs, tie = np.unique(source[ties_two] * size + target[ties_two], return_inverse=True)
    tie = tie.reshape(-1)
    positive, negative = (
        np.bincount(tie[sign[ties_two] == side], minlength=len(pairs)).astype(np.int64) for side in (1, -1)
    )
    heavy = np.abs(positive - negative) >= minimum_weight
    ends = pairs[heavy] // size, pairs[heavy] % size
    nodes, places = np.unique(np.concatenate(ends), return_inverse=True)
    first, second = places.reshape(2, -1).astype(np.int64)
    number = np.full(len(pairs), -1, dtype=np.int64)
    number[heavy] = np.arange(int(heavy.sum()))
    rows, row_ends = _tie_rows(number[tie], statement[ties_two], len(first))
    return ActorNetwork(
        actors=keys[nodes],
        source=first,
        target=second,
        directed=np.ones(len(first), dtype=np.bool_),
        positive=positive[heavy],
        negative=negative[heavy],
        rows=rows,
        ends=row_ends,
        row_type="Statement",
        sign_rule=SignRule.MAJORITY,
    )


def _tie_rows(tie: Integers, statement: RowKeys, ties: int) -> tuple[RowKeys, Integers]:
    """Return the statements of each tie, each once, tie by tie, and the end of each tie's statements."""
    order = np.lexsort((statement[:, 1], statement[:, 0], tie))
    order = order[tie[order] >= 0]
    tie, statement = tie[order], statement[order]
    new = np.ones(len(tie), dtype=np.bool_)
    new[1:] = (tie[1:] != tie[:-1]) | (statement[1:] != statement[:-1]).any(axis=1)
    return statement[new], np.cumsum(np.bincount(tie[new], minlength=ties))


async def _ties(request: ComputeRequest, network: ActorNetwork) -> list[StanceTie]:
    check_listed(network.ties)
    return await request.datasets.compute(lambda: [_tie(network, tie) for tie in range(network.ties)])


def _tie(network: ActorNetwork, tie: int) -> StanceTie:
    positive, negative = int(network.positive[tie]), int(network.negative[tie])
    return StanceTie(
        source=network.actor(int(network.source[tie])),
        target=network.actor(int(network.target[tie])),
        sign=TieSign.of(int(network.sign[tie])),
        weight=abs(positive - negative),
        positive=positive,
        negative=negative,
        rows=network.rows_of(tie),
    )


# ---------------------------------------------------------------- the type and its field


@object_type
class StanceNetwork:
    """Which actor supports or opposes which, by all stances of actors towards actors that the caller may see.

    Stances of an actor towards itself make no tie. Measures combine both directions between two actors: the sign is
    that of the more frequent side, and AMBIVALENT if both are equally frequent.
    """

    network: strawberry.Private[ActorNetwork]

    @resolver
    def actors(self) -> list[ActorRef]:
        """The actors at an end of a tie, by ID. At most 10,000."""
        check_listed(len(self.network.actors))
        return self.network.actors_at(np.arange(len(self.network.actors)))

    ties: list[StanceTie] = computed(measured(_above, _ties))
    """The ties, by their ends. At most 10,000: narrow the network by `minimumWeight`, `period` or `actors`."""
    ambivalent: list[TiedPair] = computed(measured(_above, ambivalent_pairs))
    """The pairs with as much support as opposition. They do not count in measures."""
    balance: Balance = computed(measured(_above, compute_balance), [TIME_LIMIT])
    """How balanced the network is."""
    blocs: Blocs = computed(measured(_above, compute_blocs), BLOCS_ARGUMENTS)
    """A partition of the actors into blocs."""
    centrality: Centrality = computed(measured(_above, compute_centrality))
    """How central the actors are."""
    directed_triads: DirectedTriads = computed(measured(_above, compute_directed_triads))
    """The census of triads, with directions."""


async def _stance_network(request: ComputeRequest) -> Mapping[UUID, StanceNetwork]:
    return {NOWHERE: StanceNetwork(network=await _of_stances(request, request.arguments))}


STANCE_NETWORK = computed(
    _stance_network,
    [
        PERIOD_ARGUMENT,
        PROJECT_ARGUMENT,
        argument(
            "consensus",
            ConsensusMethod | None,
            "Counts each unit once, with the consensus of annotators as its label (default: each stance counts).",
        ),
        argument("actors", list[strawberry.ID] | None, "Only stances of these actors towards these actors."),
        argument(
            "minimumWeight",
            int,
            "Minimum difference between the numbers of stances in support and in opposition: 0 to 1,000,000.",
            0,
        ),
    ],
)
"""The network of a project's stances."""
