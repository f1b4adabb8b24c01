"""Disagreements: the units of a project to which annotators gave different labels."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from api.analysis.arrays import Integers
from api.dataset.decisions import Decisions, cached_decisions, read_stances_of
from api.dataset.pager import Pager
from api.dataset.request import ComputeRequest
from api.dataset.stance_units import StanceUnits
from api.dataset.units import Unit
from api.graphql.fields import argument, computed, object_type, paging
from api.graphql.nodes import Connection
from api.numeric import np
from api.schema.measures.label_count import LabelCount, label_counts
from api.schema.references import ActorRef, AdjudicationRef, StanceRef, StatementRef
from api.schema.stances import StanceTarget


@object_type
class Disagreement:
    """A unit, that is a holder's stance towards a target in a statement, to which annotators gave different labels."""

    statement: StatementRef
    """The statement."""
    holder: ActorRef
    """The actor that holds the stance."""
    target: StanceTarget
    """The actor or topic that the stance is towards."""
    votes: list[LabelCount]
    """The labels that annotators chose, most frequent first."""
    stances: list[StanceRef]
    """The stances of the annotators, in the order in which they were recorded."""
    adjudication: AdjudicationRef | None
    """The decision on the unit; null if there is none yet."""


async def _disagreements(request: ComputeRequest) -> Mapping[UUID, Connection[Disagreement]]:
    return {project: await _of_project(request, project) for project in request.keys}


async def _of_project(request: ComputeRequest, project: UUID) -> Connection[Disagreement]:
    datasets, viewer, only_decided = request.datasets, request.viewer, request.arguments.get("decided")
    stances = await datasets.stance_units(project, viewer)
    decisions = await cached_decisions(datasets, project, viewer, stances)
    work = partial(_places, stances, decisions, only_decided)
    units = await stances.derived.run(("disagreements", only_decided), lambda: datasets.compute(work))
    pager = Pager("UNIT", (stances.keys[units],))
    span = pager.span(request.arguments.get("first"), request.arguments.get("after"))
    keys = [bytes(stances.keys[units[at]]) for at in span]
    selected = keys if request.wants("edges", "node", "stances") else []
    recorded: Mapping[bytes, Any] = await read_stances_of(datasets, project, viewer, selected) if selected else {}

    def disagreement(at: int) -> Disagreement:
        place = int(units[at])
        key = bytes(stances.keys[place])
        unit, decision = Unit.of(key), decisions.get(key)
        return Disagreement(
            statement=unit.statement,
            holder=unit.holder,
            target=unit.target,
            votes=label_counts(stances, place),
            stances=recorded.get(key, []),
            adjudication=None if decision is None else decision.adjudication,
        )

    return pager.page(span, disagreement)


def _places(stances: StanceUnits, decisions: Decisions, only_decided: bool | None) -> Integers:
    """Return the indexes of the units with several labels: of all, of decided ones, or of undecided ones."""
    units = np.flatnonzero((stances.votes > 0).sum(axis=1) > 1)
    if only_decided is None or not len(units):
        return units
    keys: list[bytes] = stances.keys[units].tolist()
    return units[[(key in decisions) is only_decided for key in keys]]


DISAGREEMENTS = computed(
    _disagreements,
    [
        argument("decided", bool | None, "Only units on which a curator has decided (true), or has not (false)."),
        *paging(backward=False),
    ],
)
"""The units of a project to which annotators gave different labels."""
