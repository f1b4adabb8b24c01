"""Consensus: one label for each unit, made from the labels that its annotators chose. ADR 0010."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from uuid import UUID

from api.analysis.agreement.consensus import NO_LABEL, Annotations, majority
from api.analysis.agreement.dawid_skene import dawid_skene
from api.analysis.arrays import Booleans, Floats, Integers, Keys
from api.dataset.datasets import Datasets
from api.dataset.decisions import Decisions, cached_decisions, read_decisions
from api.dataset.pager import Pager
from api.dataset.request import ComputeRequest
from api.dataset.stance_units import LABELS, StanceSelection, StanceUnits
from api.dataset.units import Unit, places_of_statement, unit_keys
from api.graphql.fields import argument, computed, enum_type, object_type, paging
from api.graphql.nodes import Connection
from api.numeric import np
from api.schema.measures.arguments import PROJECT_ARGUMENT, project_key
from api.schema.references import ActorRef, AdjudicationRef, StatementRef
from api.schema.stances import StanceTarget
from api.security.viewer import Viewer
from models import StanceLabel

_MIN_POSTERIOR = 1e-6
"""A label that no annotator chose is listed from this probability on."""


class ConsensusMethod(StrEnum):
    """How one label is made from the labels that annotators chose."""

    MAJORITY = "MAJORITY"
    DAWID_SKENE = "DAWID_SKENE"
    ADJUDICATED = "ADJUDICATED"


enum_type(
    ConsensusMethod,
    MAJORITY="The most frequent label; none if several labels are equally frequent.",
    DAWID_SKENE="The most probable label by Dawid and Skene's model (1979), in which each annotator has error rates of"
    " their own. The model is estimated from all stances of the project that the caller may see.",
    ADJUDICATED="The label that a curator decided on, or that all annotators chose; none if annotators differ and no"
    " curator has decided.",
)


@object_type
class ConsensusVote:
    """Number of annotators that chose a label for a unit, and the probability of the label."""

    label: StanceLabel
    """The label."""
    count: int
    """Number of annotators that chose it."""
    posterior: float | None
    """Probability of the label by DAWID_SKENE, from 0 to 1; null with other methods."""


@object_type
class Consensus:
    """The consensus of annotators on a unit: a holder's stance towards a target in a statement.

    It is computed from the stances that the caller may see, and does not change them.
    """

    statement: StatementRef
    """The statement."""
    holder: ActorRef
    """The actor that holds the stance."""
    target: StanceTarget
    """The actor or topic that the stance is towards."""
    method: ConsensusMethod
    """The method."""
    label: StanceLabel | None
    """The label; null on a tie, and if a decision is pending."""
    support: float | None
    """Share of the stances that have the label, from 0 to 1; on a tie, that have one of the most frequent labels. With
    DAWID_SKENE, the probability of the label. Null if there is no label yet, or no stance any more.
    """
    tie: bool
    """True if several labels are equally frequent, or equally probable."""
    votes: list[ConsensusVote]
    """The labels that annotators chose, or that are probable: most probable first, then most frequent first."""
    adjudication: AdjudicationRef | None
    """The decision on the unit, whatever the method; null if there is none."""


# ---------------------------------------------------------------- computation


@dataclass(frozen=True, eq=False, slots=True)
class ConsensusTable:
    """The consensus on units: one element, or row, of each array for each unit."""

    method: ConsensusMethod
    keys: Keys
    label: Integers
    support: Floats
    """nan if there is none."""
    tie: Booleans
    votes: Integers
    posterior: Floats | None
    decisions: Decisions

    def at(self, place: int) -> Consensus:
        """Return the consensus on one unit."""
        key = bytes(self.keys[place])
        unit, decision = Unit.of(key), self.decisions.get(key)
        label, support = int(self.label[place]), float(self.support[place])
        return Consensus(
            statement=unit.statement,
            holder=unit.holder,
            target=unit.target,
            method=self.method,
            label=None if label == NO_LABEL else LABELS[label],
            support=None if np.isnan(support) else support,
            tie=bool(self.tie[place]),
            votes=self._votes(place),
            adjudication=None if decision is None else decision.adjudication,
        )

    def _votes(self, place: int) -> list[ConsensusVote]:
        counts: list[int] = self.votes[place].tolist()
        posteriors = [None] * len(LABELS) if self.posterior is None else self.posterior[place].tolist()
        votes = [
            ConsensusVote(label=label, count=count, posterior=posterior)
            for label, count, posterior in zip(LABELS, counts, posteriors, strict=True)
            if count or (posterior or 0) >= _MIN_POSTERIOR
        ]
        return sorted(votes, key=lambda vote: (-(vote.posterior or 0), -vote.count))


async def consensus_table(datasets: Datasets, project: UUID, viewer: Viewer, method: ConsensusMethod) -> ConsensusTable:
    """Return the consensus on all units of a project, of the stances that the viewer may see."""
    stances = await datasets.stance_units(project, viewer)
    decisions = await cached_decisions(datasets, project, viewer, stances)
    work = partial(_METHODS[method], stances, decisions)
    return await stances.derived.run(("consensus", method), lambda: datasets.compute(work))


async def _of_project(request: ComputeRequest) -> Mapping[UUID, Connection[Consensus]]:
    first, after = request.arguments.get("first"), request.arguments.get("after")
    found = {}
    for project in request.keys:
        table = await consensus_table(request.datasets, project, request.viewer, _method(request))
        pager = Pager("UNIT", (table.keys,))
        found[project] = pager.page(pager.span(first, after), table.at)
    return found


async def _of_statement(request: ComputeRequest) -> Mapping[UUID, list[Consensus]]:
    project = project_key(request.arguments) or await request.datasets.default_project(request.viewer)
    if project is None:
        return {statement: [] for statement in request.keys}
    table = await _table_of_statements(request, project, _method(request))
    return {
        statement: [table.at(place) for place in places_of_statement(table.keys, statement)]
        for statement in request.keys
    }


async def _table_of_statements(request: ComputeRequest, project: UUID, method: ConsensusMethod) -> ConsensusTable:
    datasets, viewer = request.datasets, request.viewer
    if method is ConsensusMethod.DAWID_SKENE:
        # The model depends on all stances of the project.
        return await consensus_table(datasets, project, viewer, method)
    selection = StanceSelection(statement_keys=request.keys)
    stances = await datasets.load_stance_units(project, viewer, selection)
    decisions = await read_decisions(datasets, project, viewer, request.keys)
    return await datasets.compute(partial(_METHODS[method], stances, decisions))


def _method(request: ComputeRequest) -> ConsensusMethod:
    return ConsensusMethod(str(request.arguments["method"]))


def _annotations(stances: StanceUnits) -> Annotations:
    return Annotations.of(stances.unit, stances.annotator, stances.label, len(LABELS))


def _by_majority(stances: StanceUnits, decisions: Decisions) -> ConsensusTable:
    found = majority(_annotations(stances))
    return ConsensusTable(
        ConsensusMethod.MAJORITY, stances.keys, found.label, found.support, found.tie, stances.votes, None, decisions
    )


def _by_model(stances: StanceUnits, decisions: Decisions) -> ConsensusTable:
    if not len(stances.unit):
        return _by_majority(stances, decisions)
    model = dawid_skene(_annotations(stances))
    support = model.posterior.max(axis=1)
    tie: Booleans = model.label == NO_LABEL
    return ConsensusTable(
        ConsensusMethod.DAWID_SKENE, stances.keys, model.label, support, tie, stances.votes, model.posterior, decisions
    )


def _by_decision(stances: StanceUnits, decisions: Decisions) -> ConsensusTable:
    """Return the labels that were decided, or that all annotators chose; other units have no label yet."""
    known = set(stances.keys.tolist())
    without_stances = [key for key in decisions if key not in known]
    keys = np.concatenate([stances.keys, unit_keys(without_stances)])
    votes = np.concatenate([stances.votes, np.zeros((len(without_stances), len(LABELS)), dtype=np.int64)])
    order = np.argsort(keys)
    keys, votes = keys[order], votes[order]
    unanimous = (votes > 0).sum(axis=1) == 1
    label = np.where(unanimous, votes.argmax(axis=1), NO_LABEL)
    places = np.searchsorted(keys, unit_keys(list(decisions)))
    label[places] = [LABELS.index(decision.label) for decision in decisions.values()]
    supporting = votes[np.arange(len(keys)), np.maximum(label, 0)]
    with np.errstate(invalid="ignore"):
        support = np.where(label == NO_LABEL, np.nan, supporting / votes.sum(axis=1))
    tie = np.zeros(len(keys), dtype=np.bool_)
    return ConsensusTable(ConsensusMethod.ADJUDICATED, keys, label, support, tie, votes, None, decisions)


_METHODS: Mapping[ConsensusMethod, Callable[[StanceUnits, Decisions], ConsensusTable]] = {
    ConsensusMethod.MAJORITY: _by_majority,
    ConsensusMethod.DAWID_SKENE: _by_model,
    ConsensusMethod.ADJUDICATED: _by_decision,
}

_METHOD = argument("method", ConsensusMethod, "How the label is made.", ConsensusMethod.MAJORITY)
OF_PROJECT = computed(_of_project, [_METHOD, *paging(backward=False)])
"""The consensus on all units of a project, page by page."""
OF_STATEMENT = computed(_of_statement, [PROJECT_ARGUMENT, _METHOD], check=project_key)
"""The consensus on the units of a statement."""
