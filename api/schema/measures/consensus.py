"""What annotators say together."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import strawberry

from api.dataset.request import ComputeRequest
from api.graphql.fields import argument, computed, enum_type, object_type, paging
from api.graphql.sql.predicates import read_id
from api.schema.measures.consensus_figures import ConsensusMethod, consensus_in, consensus_on
from api.schema.references import ActorRef, AdjudicationRef, StatementRef
from api.schema.stances import StanceTarget
from models import StanceLabel

enum_type(
    ConsensusMethod,
    MAJORITY="The label that was given most often; none where several are first.",
    DAWID_SKENE="The label that Dawid and Skene's model (1979) finds likeliest, each annotator erring in a way of their"
    " own. It is made of all stances of the project that the caller sees.",
    ADJUDICATED="What curators decided, and what needs no decision since all say the same; no label where annotators"
    " differ and nobody has decided.",
)


@object_type
class ConsensusVote:
    """How many annotators gave a label to a unit, and how likely it is."""

    label: StanceLabel
    """Which label."""
    count: int
    """How many annotators gave it."""
    posterior: float | None
    """How likely it is by DAWID_SKENE, from 0 to 1; null with other methods."""


@object_type
class Consensus:
    """What annotators say together of a holder's stance towards a target in a statement.

    A view over the stances that the caller sees: these stay as they are.
    """

    statement: StatementRef
    """What was read."""
    holder: ActorRef
    """Whose stance it is."""
    target: StanceTarget
    """What it is towards."""
    method: ConsensusMethod
    """How the label was made."""
    label: StanceLabel | None
    """The label; null on a tie, and where it is yet to be decided."""
    support: float | None
    """From 0 to 1: the share of stances that bear the label, or the most frequent ones on a tie; with DAWID_SKENE how
    likely it is. Null where nothing is decided, or no stance is left.
    """
    tie: bool
    """Whether several labels are first."""
    votes: list[ConsensusVote]
    """The labels that were given, or are likely: likeliest first, then most often given."""
    adjudication: AdjudicationRef | None
    """What was decided of it, whatever the method; null where nothing was."""


def _method(asked: ComputeRequest) -> ConsensusMethod:
    return ConsensusMethod(str(asked.arguments["method"]))


async def _of_project(asked: ComputeRequest) -> Mapping[UUID, Any]:
    page = asked.arguments.get("first"), asked.arguments.get("after")
    return {key: await consensus_in(asked.measures, key, asked.viewer, _method(asked), *page) for key in asked.keys}


async def _of_statement(asked: ComputeRequest) -> Mapping[UUID, Any]:
    project = _named(asked.arguments) or await asked.measures.default_project(asked.viewer)
    if project is None:
        return {key: [] for key in asked.keys}
    return await consensus_on(asked.measures, asked.keys, project, asked.viewer, _method(asked))


def _named(given: Mapping[str, Any]) -> UUID | None:
    named = given.get("project_id")
    return None if named is None else read_id(named, "projectId", "Project")[1]


_METHOD = argument("method", ConsensusMethod, "How a label is made of those given.", ConsensusMethod.MAJORITY)
OF_PROJECT = computed(_of_project, [_METHOD, *paging(backward=False)])
"""The consensus on all units of a project, page by page."""
OF_STATEMENT = computed(
    _of_statement,
    [
        argument("projectId", strawberry.ID | None, "In which project's stances: the default one's where left out."),
        _METHOD,
    ],
    check=_named,
)
"""The consensus on the units of a statement."""
