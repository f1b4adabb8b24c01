"""Reads the relations that the stances between their ends contradict, and those without evidence."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Date,
    Integer,
    Select,
    Text,
    and_,
    case,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    type_coerce,
    union_all,
)

from api.dataset.datasets import Datasets
from api.dataset.project_rows import PROJECT, project_conditions
from api.dataset.tallies import (
    DaySpan,
    LabelCounts,
    StatementGroups,
    count_label,
    parse_statement_groups,
    statement_entry,
)
from api.graphql.sql.dialects import DialectText, placeholder
from api.security.viewer import Viewer
from api.security.visibility import Visibility, visibility_of, visible
from models import Relation, RelationEvidence, RelationKind, Stance, StanceLabel
from models.base import Uid, table_of


@dataclass(frozen=True, slots=True)
class RelationCheck:
    """Which relations to check, and against which stances: those of the `days` days up to `as_of`."""

    project: UUID
    as_of: dt.date
    days: int
    minimum: int
    """The number of contrary stances from which on a relation is contradicted."""

    @property
    def span(self) -> DaySpan:
        """The days whose stances count."""
        return DaySpan(dt.date.fromordinal(max(1, self.as_of.toordinal() - self.days + 1)), self.as_of)

    @property
    def values(self) -> Mapping[str, object]:
        """The parameters of the query."""
        return {PROJECT: self.project, "as_of": self.as_of, "minimum": self.minimum, **self.span.values}


@dataclass(frozen=True, slots=True)
class CheckedRelation:
    """A relation that stances contradict, or that has no evidence, or both."""

    key: bytes
    contradicted: bool
    is_alliance: bool
    has_evidence: bool
    counts: LabelCounts
    """The stances between its ends."""


async def read_checked_relations(datasets: Datasets, viewer: Viewer, check: RelationCheck) -> list[CheckedRelation]:
    """Return the relations in force that stances contradict, or that have no evidence."""
    rows = await datasets.fetch(
        "contradictions",
        viewer,
        check.values,
        lambda: _query(datasets.dialect, check.span, visibility_of(viewer)),
    )
    return [
        CheckedRelation(bytes(key), bool(contrary), bool(allies), bool(evidence), _counts(numbers))
        for key, contrary, allies, evidence, *numbers in rows
    ]


def _counts(numbers: Sequence[Any]) -> LabelCounts:
    return Counter({label: int(number) for label, number in zip(StanceLabel, numbers, strict=True)})


async def read_statements_between(
    datasets: Datasets, viewer: Viewer, check: RelationCheck, relations: Sequence[bytes]
) -> StatementGroups:
    """Return the statements of the stances between the ends of some relations, by the relation's key."""
    if not relations:
        return {}
    ((text,),) = await datasets.fetch(
        "statements of contradictions",
        viewer,
        {**check.values, "keys": [UUID(key.decode()) for key in relations]},
        lambda: _entries_query(datasets.dialect, check.span, visibility_of(viewer)),
    )
    return await datasets.compute(lambda: parse_statement_groups(text, keys=1))


# ---------------------------------------------------------------- SQL


def _query(dialect: DialectText, span: DaySpan, visibility: Visibility) -> Select[Any]:
    """Return the query of the relations.

    Its columns are the key, whether stances contradict the relation, whether it is an alliance, whether it has
    evidence, and the number of stances with each label.
    """
    relation, tallies = _in_force(visibility), _tallies(span, visibility)
    there, back = tallies.alias(), tallies.alias()
    both_ways = not_(relation.c.directed)
    joined = relation.outerjoin(there, _is_between(there.c, relation.c.source_id, relation.c.target_id))
    joined = joined.outerjoin(back, and_(both_ways, _is_between(back.c, relation.c.target_id, relation.c.source_id)))
    counts = {
        label: func.coalesce(there.c[label.value], 0) + func.coalesce(back.c[label.value], 0) for label in StanceLabel
    }
    support, opposition = counts[StanceLabel.SUPPORT], counts[StanceLabel.OPPOSE]
    allies = type_coerce(relation.c.kind, Text) == literal(RelationKind.ALLIANCE.value, Text())
    minimum = placeholder("minimum", Integer())
    contrary = or_(
        and_(allies, opposition >= minimum, opposition > support),
        and_(not_(allies), support >= minimum, support > opposition),
    )
    proof = table_of(RelationEvidence).alias()
    evidence = select(literal(1)).where(proof.c.relation_id == relation.c.id).exists()
    flags = (case((condition, 1), else_=0) for condition in (contrary, allies, evidence))
    found = select(dialect.plain(relation.c.id), *flags, *counts.values()).select_from(joined)
    return found.where(or_(contrary, not_(evidence)))


def _in_force(visibility: Visibility) -> Any:
    row, day = table_of(Relation).alias(), placeholder("as_of", Date())
    seen = visible(Relation, row.c, visibility)
    in_force = and_(row.c.valid_from_sort <= day, or_(row.c.valid_to.is_(None), row.c.valid_to >= day))
    return select(row).where(in_force, true() if seen is None else seen).subquery()


def _tallies(span: DaySpan, visibility: Visibility) -> Any:
    """Return the number of stances with each label, from each actor towards each other actor."""
    stance = table_of(Stance).alias()
    ends = (stance.c.holder_id, stance.c.target_actor_id)
    counts = (count_label(stance.c.label, label).label(label.value) for label in StanceLabel)
    return (
        select(*ends, *counts)
        .where(*project_conditions(Stance, stance.c, visibility), stance.c.target_actor_id.is_not(None))
        .where(*span.conditions(stance.c.stated_on_sort))
        .group_by(*ends)
        .cte("tally")
    )


def _is_between(row: Any, holder: Any, target: Any) -> Any:
    return and_(row.holder_id == holder, row.target_actor_id == target)


def _entries_query(dialect: DialectText, span: DaySpan, visibility: Visibility) -> Select[Any]:
    entries = union_all(*(_one_way(dialect, span, visibility, back=back) for back in (False, True))).subquery()
    return select(dialect.joined(entries.c.entry, []))


def _one_way(dialect: DialectText, span: DaySpan, visibility: Visibility, *, back: bool) -> Select[Any]:
    relation, stance = table_of(Relation).alias(), table_of(Stance).alias()
    ends = (relation.c.target_id, relation.c.source_id) if back else (relation.c.source_id, relation.c.target_id)
    entry = statement_entry([relation.c.id], stance.c.stated_on_sort, stance.c.statement_id)
    found = select(entry.label("entry")).select_from(relation.join(stance, _is_between(stance.c, *ends)))
    found = found.where(
        dialect.member(relation.c.id, "keys", Uid()),
        *project_conditions(Stance, stance.c, visibility),
        *span.conditions(stance.c.stated_on_sort),
    )
    return found.where(not_(relation.c.directed)) if back else found
