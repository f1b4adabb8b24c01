"""Contradictions: relations in force that stances contradict, or that have no evidence."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import strawberry

from api.dataset.columns import KEY
from api.dataset.contradictions import CheckedRelation, RelationCheck, read_checked_relations, read_statements_between
from api.dataset.pager import Pager
from api.dataset.references import reference
from api.dataset.request import ComputeRequest
from api.dataset.tallies import NO_STATEMENTS, LabelCounts, StatementGroups, StatementList
from api.graphql.fields import argument, computed, enum_type, object_type, paged, paging
from api.graphql.nodes import Connection
from api.numeric import np
from api.schema.measures.arguments import PROJECT_ARGUMENT, check_range, project_key, required_project
from api.schema.measures.stance_tally import StanceTally
from api.schema.references import RelationRef, StatementRef
from models import StanceLabel

_MAX_DAYS, _MAX_STANCES = 36_525, 1_000_000


class ContradictionKind(StrEnum):
    """How a relation and stances contradict each other."""

    ALLIES_OPPOSE = "ALLIES_OPPOSE"
    OPPONENTS_SUPPORT = "OPPONENTS_SUPPORT"
    NO_EVIDENCE = "NO_EVIDENCE"


enum_type(
    ContradictionKind,
    ALLIES_OPPOSE="An alliance is in force, and more stances between its ends oppose than support.",
    OPPONENTS_SUPPORT="An opposition is in force, and more stances between its ends support than oppose.",
    NO_EVIDENCE="A relation is in force that has no statement as evidence.",
)
_KINDS = tuple(ContradictionKind)


@object_type
class Contradiction:
    """A relation that stances contradict, or that has no evidence."""

    kind: ContradictionKind
    """The kind of contradiction."""
    relation: RelationRef
    """The relation in force."""
    tally: StanceTally
    """The stances between its ends, in both directions; if the relation is directed, from source to target only."""
    listed: strawberry.Private[StatementList]

    @paged
    def statements(self, first: int | None = None, after: str | None = None) -> Connection[StatementRef]:
        """Lists the statements that these stances belong to, earliest first."""
        return self.listed.page(first, after)


# ---------------------------------------------------------------- computation


@dataclass(frozen=True, slots=True)
class _Found:
    kind: ContradictionKind
    key: bytes
    counts: LabelCounts

    @property
    def contrary(self) -> int:
        """Number of stances that contradict the relation."""
        contrary = {
            ContradictionKind.ALLIES_OPPOSE: StanceLabel.OPPOSE,
            ContradictionKind.OPPONENTS_SUPPORT: StanceLabel.SUPPORT,
        }
        return self.counts[contrary[self.kind]] if self.kind in contrary else 0


def _kinds(arguments: Mapping[str, Any]) -> Sequence[ContradictionKind]:
    """Return the requested kinds.

    :raises BadArgument: if an argument is invalid.
    """
    project_key(arguments)
    check_range("windowDays", arguments["window_days"], 1, _MAX_DAYS)
    check_range("minimumStances", arguments["minimum_stances"], 1, _MAX_STANCES)
    kinds = arguments.get("kinds")
    return _KINDS if kinds is None else [ContradictionKind(str(kind)) for kind in kinds]


async def _contradictions(request: ComputeRequest) -> Mapping[UUID, Connection[Contradiction]]:
    arguments, project = request.arguments, await required_project(request)
    kinds = _kinds(arguments)
    check = RelationCheck(project, arguments["as_of"], arguments["window_days"], arguments["minimum_stances"])
    checked = await read_checked_relations(request.datasets, request.viewer, check)
    found = [each for relation in checked for each in _found(relation) if each.kind in kinds]
    found = [found[at] for at in np.lexsort(_columns(found)[::-1])]
    pager = Pager("CONTRADICTION", _columns(found))
    span = pager.span(arguments.get("first"), arguments.get("after"))
    statements: StatementGroups = {}
    if request.wants("edges", "node", "statements"):
        keys = [found[at].key for at in span]
        statements = await read_statements_between(request.datasets, request.viewer, check, keys)
    page = pager.page(span, lambda at: _contradiction(found[at], statements))
    return dict.fromkeys(request.keys, page)


def _found(relation: CheckedRelation) -> list[_Found]:
    kinds = []
    if relation.contradicted:
        allied = relation.is_alliance
        kinds.append(ContradictionKind.ALLIES_OPPOSE if allied else ContradictionKind.OPPONENTS_SUPPORT)
    if not relation.has_evidence:
        kinds.append(ContradictionKind.NO_EVIDENCE)
    return [_Found(kind, relation.key, relation.counts) for kind in kinds]


def _columns(found: Sequence[_Found]) -> tuple[Any, ...]:
    """Return the columns of the order: by kind, then most contrary stances first, then by the relation's key."""
    return (
        np.array([_KINDS.index(each.kind) for each in found], dtype=np.int64),
        np.array([-each.contrary for each in found], dtype=np.int64),
        np.array([each.key for each in found], dtype=f"S{KEY}"),
    )


def _contradiction(found: _Found, statements: StatementGroups) -> Contradiction:
    return Contradiction(
        kind=found.kind,
        relation=reference("Relation", UUID(found.key.decode())),
        tally=StanceTally.of(found.counts),
        listed=statements.get(found.key, NO_STATEMENTS),
    )


CONTRADICTIONS = computed(
    _contradictions,
    [
        argument("asOf", dt.date, "The day on which relations are in force."),
        argument("windowDays", int, "The number of days up to and including that day whose stances count.", 365),
        argument("minimumStances", int, "The minimum number of contrary stances: 1 to 1,000,000.", 1),
        argument("kinds", list[ContradictionKind] | None, "Only contradictions of these kinds."),
        PROJECT_ARGUMENT,
        *paging(backward=False),
    ],
    check=_kinds,
)
"""Where relations in force and stances contradict each other."""
