"""Stance matrix: the stances of several holders towards several targets."""

from collections import Counter
from collections.abc import Mapping
from itertools import product
from typing import Any
from uuid import UUID

import strawberry

from api import limits
from api.dataset.redirects import resolve_redirects
from api.dataset.request import ComputeRequest
from api.dataset.tallies import (
    NO_STATEMENTS,
    MatrixSelection,
    StatementGroups,
    StatementList,
    cell_key,
    counts_by_cell,
    statements_by_cell,
)
from api.errors import BadArgument
from api.graphql.fields import argument, computed, object_type, paged
from api.graphql.nodes import Connection
from api.graphql.parts import Ref
from api.schema.measures.arguments import (
    PERIOD_ARGUMENT,
    PROJECT_ARGUMENT,
    day_span,
    parse_refs,
    project_key,
    required_project,
)
from api.schema.measures.stance_tally import StanceTally
from api.schema.references import ActorRef, StatementRef
from api.schema.stances import StanceTarget

MAX_CELLS = limits.MATRIX_CELLS.maximum
"""Cells of a matrix: 50 holders by 50 targets."""


@object_type
class StanceCell:
    """The stances of one holder towards one target."""

    holder: ActorRef | None
    """The actor that holds the stances; null if no actor has the ID."""
    target: StanceTarget | None
    """The actor or topic that the stances are towards; null if nothing has the ID."""
    tally: StanceTally
    """The stances."""
    listed: strawberry.Private[StatementList]

    @paged
    def statements(self, first: int | None = None, after: str | None = None) -> Connection[StatementRef]:
        """Lists the statements that the stances belong to: undated ones first, then the earliest first."""
        return self.listed.page(first, after)


def _sides(arguments: Mapping[str, Any]) -> tuple[tuple[Ref, ...], tuple[Ref, ...]]:
    project_key(arguments)
    holders = parse_refs(arguments["holders"], "holders", "Actor") or ()
    targets = parse_refs(arguments["targets"], "targets", "Actor", "Topic") or ()
    cells = len(holders) * len(targets)
    if cells > MAX_CELLS:
        raise BadArgument("targets", f"the matrix has {cells:,} cells, the maximum is {MAX_CELLS:,}: name fewer")
    return holders, targets


async def _matrix(request: ComputeRequest) -> Mapping[UUID, list[StanceCell]]:
    datasets, viewer = request.datasets, request.viewer
    sides, project = _sides(request.arguments), await required_project(request)
    holders, targets = [list(dict.fromkeys(await resolve_redirects(datasets, viewer, side))) for side in sides]
    selection = MatrixSelection(project, holders, targets, day_span(request.arguments))
    counts = await counts_by_cell(datasets, viewer, selection)
    statements: StatementGroups = {}
    if request.wants("statements"):
        statements = await statements_by_cell(datasets, viewer, selection)

    def cell(holder: Any, target: Any) -> StanceCell:
        key = cell_key(holder, target)
        tally = StanceTally.of(counts.get(key, Counter()))
        return StanceCell(holder=holder, target=target, tally=tally, listed=statements.get(key, NO_STATEMENTS))

    cells = [cell(*ends) for ends in product(holders, targets)]
    return dict.fromkeys(request.keys, cells)


STANCE_MATRIX = computed(
    _matrix,
    [
        argument("holders", list[strawberry.ID], "The actors that hold the stances."),
        argument("targets", list[strawberry.ID], "The actors and topics that the stances are towards."),
        PERIOD_ARGUMENT,
        PROJECT_ARGUMENT,
    ],
    check=_sides,
)
"""The stances of each holder towards each target."""
