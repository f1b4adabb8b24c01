"""What curators decided in a project, and where annotators differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, not_, select, type_coerce

from api.analysis.arrays import Integers, Keys
from api.dataset.datasets import Datasets
from api.dataset.stance_units import LABELS, PROJECT, StanceUnits
from api.dataset.units import Connection, Ordered, Unit, key_of
from api.graphql.parts import Ref
from api.graphql.sql.dialects import DialectText, placeholder
from api.numeric import np
from api.security.viewer import Viewer
from api.security.visibility import Visibility, visibility_of, visible
from models import Adjudication, Base, Stance, StanceLabel
from models.base import Uid, table_of


@dataclass(frozen=True, slots=True)
class LabelCount:
    """How many annotators gave a label."""

    label: StanceLabel
    count: int


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision that stands."""

    adjudication: Ref
    label: StanceLabel


Decisions = Mapping[bytes, Decision]
"""Unit → what was decided of it last."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A unit in which annotators differ."""

    statement: Ref
    holder: Ref
    target: Ref
    votes: Sequence[LabelCount]
    stances: Sequence[Ref]
    adjudication: Ref | None


async def decisions(
    measures: Datasets, project: UUID, viewer: Viewer, statements: Sequence[UUID] | None = None
) -> Decisions:
    """The decisions that stand in a project, or of some of its statements, as far as `viewer` sees them."""
    values = {PROJECT: project} if statements is None else {PROJECT: project, "keys": list(statements)}
    rows = await measures.fetch(
        ("decisions", statements is None),
        viewer,
        values,
        lambda: _decisions_statement(measures.dialect, visibility_of(viewer), some=statements is not None),
    )
    return {
        bytes(unit): Decision(Ref("Adjudication", UUID(key.decode())), StanceLabel(label.decode()))
        for unit, key, label in rows
    }


def _decisions_statement(dialect: DialectText, seen_with: Visibility, *, some: bool) -> Select[Any]:
    row = table_of(Adjudication).alias()
    found = select(key_of(row.c), dialect.plain(row.c.id), dialect.plain(type_coerce(row.c.label, Text)))
    return _within(dialect, found, Adjudication, row, seen_with, some=some).where(not_(row.c.superseded))


def _within(
    dialect: DialectText, found: Select[Any], model: type[Base], row: Any, seen_with: Visibility, *, some: bool
) -> Select[Any]:
    seen = visible(model, row.c, seen_with)
    conditions = [row.c.project_id == placeholder(PROJECT, Uid()), *([] if seen is None else [seen])]
    conditions += [dialect.member(row.c.statement_id, "keys", Uid())] if some else []
    return found.where(*conditions)


# ---------------------------------------------------------------- where annotators differ


@dataclass(frozen=True, slots=True)
class DisagreementsAsked:
    """Which page of them."""

    first: int | None = None
    after: str | None = None
    decided: bool | None = None
    with_stances: bool = True


async def disagreements_in(
    measures: Datasets, project: UUID, viewer: Viewer, asked: DisagreementsAsked
) -> Connection[Disagreement]:
    """A page of the units of a project in which annotators differ, as far as `viewer` sees their stances."""
    stances = await measures.stances(project, viewer)
    decided = await stances.derived.run("decisions", lambda: decisions(measures, project, viewer))
    units = await stances.derived.run(
        ("differing", asked.decided), lambda: measures.compute(lambda: _differing(stances, decided, asked.decided))
    )
    ordered = Ordered("UNIT", (stances.keys[units],))
    span = ordered.span(asked.first, asked.after)
    keys = [bytes(stances.keys[units[at]]) for at in span]
    given = await _stances_of(measures, project, viewer, keys) if asked.with_stances and keys else {}

    def node(at: int) -> Disagreement:
        key = bytes(stances.keys[units[at]])
        unit, decision = Unit.of(key), decided.get(key)
        votes = label_counts(stances, int(units[at]))
        adjudication = None if decision is None else decision.adjudication
        return Disagreement(unit.statement, unit.holder, unit.target, votes, given.get(key, ()), adjudication)

    return ordered.page(span, node)


def _differing(stances: StanceUnits, decided: Decisions, only: bool | None) -> Integers:
    """The places of the units that were given several labels; of decided ones, or others, alone where that is asked."""
    units = np.flatnonzero((stances.votes > 0).sum(axis=1) > 1)
    if only is None:
        return units
    return units[[(bytes(key) in decided) is only for key in _texts(stances.keys[units])]] if len(units) else units


def _texts(keys: Keys) -> list[bytes]:
    texts: list[bytes] = keys.tolist()
    return texts


async def _stances_of(
    measures: Datasets, project: UUID, viewer: Viewer, units: Sequence[bytes]
) -> Mapping[bytes, Sequence[Ref]]:
    """The stances of some units, in the order they were recorded."""
    statements = sorted({Unit.of(key).statement.key for key in units})
    rows = await measures.fetch(
        "stances of units",
        viewer,
        {PROJECT: project, "keys": statements},
        lambda: _stances_statement(measures.dialect, visibility_of(viewer)),
    )
    found: dict[bytes, list[Ref]] = {}
    for unit, key in rows:
        found.setdefault(bytes(unit), []).append(Ref("Stance", UUID(key.decode())))
    return found


def _stances_statement(dialect: DialectText, seen_with: Visibility) -> Select[Any]:
    row = table_of(Stance).alias()
    found = select(key_of(row.c), dialect.plain(row.c.id))
    return _within(dialect, found, Stance, row, seen_with, some=True).order_by(row.c.created_at, row.c.id)


def label_counts(stances: StanceUnits, place: int) -> list[LabelCount]:
    """The labels that a unit was given, most often first."""
    votes = zip(LABELS, stances.votes[place].tolist(), strict=True)
    return sorted((LabelCount(label, count) for label, count in votes if count), key=lambda vote: -vote.count)
