"""What the annotators of a project say together, as the graph shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from uuid import UUID

from api.analysis.agreement.consensus import NO_LABEL, Annotations, majority
from api.analysis.agreement.dawid_skene import dawid_skene
from api.analysis.arrays import Booleans, Floats, Integers, Keys
from api.dataset.datasets import Datasets
from api.dataset.decisions import Decision, Decisions, decisions
from api.dataset.stance_units import EVERYTHING, LABELS, StanceSelection, StanceUnits
from api.dataset.units import Connection, Ordered, Unit, as_keys, of_statement
from api.graphql.parts import Ref
from api.numeric import np
from api.security.viewer import Viewer
from models import StanceLabel

_LEAST_POSTERIOR = 1e-6
"""A label that nobody gave is told only where it is this likely."""


class ConsensusMethod(StrEnum):
    """How a label is made of those that annotators gave."""

    MAJORITY = "MAJORITY"
    DAWID_SKENE = "DAWID_SKENE"
    ADJUDICATED = "ADJUDICATED"


@dataclass(frozen=True, slots=True)
class Vote:
    """How many annotators gave a label, and how likely it is by the model."""

    label: StanceLabel
    count: int
    posterior: float | None


@dataclass(frozen=True, slots=True)
class Consensus:
    """What annotators say together of a unit."""

    statement: Ref
    holder: Ref
    target: Ref
    method: ConsensusMethod
    label: StanceLabel | None
    support: float | None
    tie: bool
    votes: Sequence[Vote]
    adjudication: Ref | None


@dataclass(frozen=True, eq=False, slots=True)
class Together:
    """The consensus of all units of some stances; one element, or row, of each array for each unit."""

    method: ConsensusMethod
    keys: Keys
    label: Integers
    support: Floats
    """nan where there is none."""
    tie: Booleans
    votes: Integers
    posterior: Floats | None
    decided: Decisions

    def at(self, place: int) -> Consensus:
        """The consensus of one unit."""
        key = bytes(self.keys[place])
        unit, decision = Unit.of(key), self.decided.get(key)
        label, support = int(self.label[place]), float(self.support[place])
        return Consensus(
            unit.statement,
            unit.holder,
            unit.target,
            self.method,
            None if label == NO_LABEL else LABELS[label],
            None if np.isnan(support) else support,
            bool(self.tie[place]),
            self._votes(place),
            None if decision is None else decision.adjudication,
        )

    def _votes(self, place: int) -> list[Vote]:
        counts: list[int] = self.votes[place].tolist()
        likely: list[float | None] = [None] * len(LABELS) if self.posterior is None else self.posterior[place].tolist()
        found = [
            Vote(label, count, posterior)
            for label, count, posterior in zip(LABELS, counts, likely, strict=True)
            if count or (posterior or 0) >= _LEAST_POSTERIOR
        ]
        return sorted(found, key=lambda vote: (-(vote.posterior or 0), -vote.count))


async def consensus_in(
    measures: Datasets, project: UUID, viewer: Viewer, method: ConsensusMethod, first: int | None, after: str | None
) -> Connection[Consensus]:
    """A page of the consensus on the units of a project, as far as `viewer` sees its stances."""
    together = await together_in(measures, project, viewer, method)
    ordered = Ordered("UNIT", (together.keys,))
    return ordered.page(ordered.span(first, after), together.at)


async def consensus_on(
    measures: Datasets, statements: Sequence[UUID], project: UUID, viewer: Viewer, method: ConsensusMethod
) -> Mapping[UUID, Sequence[Consensus]]:
    """The consensus on the units of each statement. The model is made of the whole project all the same."""
    if method is ConsensusMethod.DAWID_SKENE:
        together = await together_in(measures, project, viewer, method)
    else:
        stances = await measures.read(project, viewer, StanceSelection(statement_keys=statements))
        decided = await decisions(measures, project, viewer, statements)
        together = await measures.compute(partial(_together, stances, decided, method))
    return {
        statement: [together.at(place) for place in of_statement(together.keys, statement)] for statement in statements
    }


async def together_in(measures: Datasets, project: UUID, viewer: Viewer, method: ConsensusMethod) -> Together:
    """The consensus on all units of a project, as far as `viewer` sees its stances."""
    stances = await measures.stances(project, viewer, EVERYTHING)
    decided = await stances.derived.run("decisions", lambda: decisions(measures, project, viewer))
    work = partial(_together, stances, decided, method)
    return await stances.derived.run(("consensus", method), lambda: measures.compute(work))


def _together(stances: StanceUnits, decided: Decisions, method: ConsensusMethod) -> Together:
    makers = {
        ConsensusMethod.MAJORITY: _by_majority,
        ConsensusMethod.DAWID_SKENE: _by_model,
        ConsensusMethod.ADJUDICATED: _as_decided,
    }
    return makers[method](stances, decided)


def _annotations(stances: StanceUnits) -> Annotations:
    return Annotations.of(stances.unit, stances.annotator, stances.label, len(LABELS))


def _by_majority(stances: StanceUnits, decided: Decisions) -> Together:
    most = majority(_annotations(stances))
    return Together(
        ConsensusMethod.MAJORITY, stances.keys, most.label, most.support, most.tie, stances.votes, None, decided
    )


def _by_model(stances: StanceUnits, decided: Decisions) -> Together:
    if not len(stances.unit):
        return _by_majority(stances, decided)
    model = dawid_skene(_annotations(stances))
    support = model.posterior.max(axis=1)
    tie: Booleans = model.label == NO_LABEL
    return Together(
        ConsensusMethod.DAWID_SKENE, stances.keys, model.label, support, tie, stances.votes, model.posterior, decided
    )


def _as_decided(stances: StanceUnits, decided: Decisions) -> Together:
    """Decisions, and what is decided already since all say the same; other units have no label yet."""
    known = set(stances.keys.tolist())
    alone = [key for key in decided if key not in known]
    keys = np.concatenate([stances.keys, as_keys(alone)])
    votes = np.concatenate([stances.votes, np.zeros((len(alone), len(LABELS)), dtype=np.int64)])
    order = np.argsort(keys)
    keys, votes = keys[order], votes[order]
    unanimous = (votes > 0).sum(axis=1) == 1
    label = np.where(unanimous, votes.argmax(axis=1), NO_LABEL)
    places = np.searchsorted(keys, as_keys(list(decided)))
    label[places] = [_place(decision) for decision in decided.values()]
    given = votes[np.arange(len(keys)), np.maximum(label, 0)]
    with np.errstate(invalid="ignore"):
        support = np.where(label == NO_LABEL, np.nan, given / votes.sum(axis=1))
    tie = np.zeros(len(keys), dtype=np.bool_)
    return Together(ConsensusMethod.ADJUDICATED, keys, label, support, tie, votes, None, decided)


def _place(decision: Decision) -> int:
    return LABELS.index(decision.label)
