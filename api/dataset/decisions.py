"""Reads what the curators of a project decided, and the stances of the units that annotators disagree on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, not_, select, type_coerce

from api.dataset.datasets import Datasets
from api.dataset.project_rows import PROJECT, project_conditions
from api.dataset.references import reference
from api.dataset.stance_units import StanceUnits
from api.dataset.units import Unit, unit_key
from api.graphql.sql.dialects import DialectText
from api.security.viewer import Viewer
from api.security.visibility import Visibility, visibility_of
from models import Adjudication, Stance, StanceLabel
from models.base import Uid, table_of


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision that no later one supersedes."""

    adjudication: Any
    """A reference to the adjudication."""
    label: StanceLabel


Decisions = Mapping[bytes, Decision]
"""Key of a unit → the decision on it."""


async def read_decisions(
    datasets: Datasets, project: UUID, viewer: Viewer, statements: Sequence[UUID] | None = None
) -> Decisions:
    """Return the decisions of a project that the viewer may see, or those on some of its statements."""
    values = {PROJECT: project} if statements is None else {PROJECT: project, "keys": list(statements)}
    rows = await datasets.fetch(
        ("decisions", statements is None),
        viewer,
        values,
        lambda: _decisions_query(datasets.dialect, visibility_of(viewer), by_statement=statements is not None),
    )
    return {
        bytes(unit): Decision(reference("Adjudication", UUID(key.decode())), StanceLabel(label.decode()))
        for unit, key, label in rows
    }


async def cached_decisions(datasets: Datasets, project: UUID, viewer: Viewer, stances: StanceUnits) -> Decisions:
    """Return the decisions of the project that `stances` are all stances of, cached as long as these."""
    return await stances.derived.run("decisions", lambda: read_decisions(datasets, project, viewer))


async def read_stances_of(
    datasets: Datasets, project: UUID, viewer: Viewer, units: Sequence[bytes]
) -> Mapping[bytes, Sequence[Any]]:
    """Return references to the stances of some units, in the order in which they were recorded."""
    statements = sorted({Unit.of(key).statement.key for key in units})
    rows = await datasets.fetch(
        "stances of units",
        viewer,
        {PROJECT: project, "keys": statements},
        lambda: _stances_query(datasets.dialect, visibility_of(viewer)),
    )
    found: dict[bytes, list[Any]] = {}
    for unit, key in rows:
        found.setdefault(bytes(unit), []).append(reference("Stance", UUID(key.decode())))
    return found


def _decisions_query(dialect: DialectText, visibility: Visibility, *, by_statement: bool) -> Select[Any]:
    row = table_of(Adjudication).alias()
    found = select(unit_key(row.c), dialect.plain(row.c.id), dialect.plain(type_coerce(row.c.label, Text)))
    found = found.where(*project_conditions(Adjudication, row.c, visibility), not_(row.c.superseded))
    return found.where(dialect.member(row.c.statement_id, "keys", Uid())) if by_statement else found


def _stances_query(dialect: DialectText, visibility: Visibility) -> Select[Any]:
    row = table_of(Stance).alias()
    found = select(unit_key(row.c), dialect.plain(row.c.id))
    found = found.where(*project_conditions(Stance, row.c, visibility))
    return found.where(dialect.member(row.c.statement_id, "keys", Uid())).order_by(row.c.created_at, row.c.id)
