"""Where relations and stances say different things: allies who oppose each other, opponents who support each other."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
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
from api.dataset.stance_units import PROJECT
from api.dataset.tallies import NO_STATEMENTS, Span, Statements, Tally, grouped, seen_in_project, statement_entry, times
from api.dataset.units import Connection, Ordered
from api.graphql.parts import Ref
from api.graphql.sql.dialects import DialectText, placeholder
from api.numeric import np
from api.security.viewer import Viewer
from api.security.visibility import Visibility, visibility_of, visible
from models import Relation, RelationEvidence, RelationKind, Stance, StanceLabel
from models.base import Uid, table_of

_ID = 36


class ContradictionKind(StrEnum):
    """What does not fit together."""

    ALLIES_OPPOSE = "ALLIES_OPPOSE"
    OPPONENTS_SUPPORT = "OPPONENTS_SUPPORT"
    NO_EVIDENCE = "NO_EVIDENCE"


_KINDS = tuple(ContradictionKind)


@dataclass(frozen=True, slots=True)
class ContradictionsAsked:
    """Relations in force on a day, and stances of so many days up to it."""

    as_of: dt.date
    days: int
    minimum: int
    kinds: Sequence[ContradictionKind]

    @property
    def span(self) -> Span:
        """The days whose stances count."""
        return Span(dt.date.fromordinal(max(1, self.as_of.toordinal() - self.days + 1)), self.as_of)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A relation, and what is said between its ends."""

    kind: ContradictionKind
    relation: Ref
    tally: Tally
    behind: Statements

    def statements(self, first: int | None = None, after: str | None = None) -> Connection[Ref]:
        """A page of the statements that the stances were read in."""
        return self.behind.page(first, after)


async def contradictions_in(
    measures: Datasets,
    project: UUID,
    viewer: Viewer,
    asked: ContradictionsAsked,
    page: tuple[int | None, str | None],
    *,
    with_statements: bool,
) -> Connection[Contradiction]:
    """A page of them: by kind, most contrary stances first."""
    values = {PROJECT: project, "as_of": asked.as_of, "minimum": asked.minimum, **asked.span.values}
    rows = await measures.fetch(
        "contradictions", viewer, values, lambda: _statement(measures.dialect, asked.span, visibility_of(viewer))
    )
    found = [each for row in rows for each in _told(row) if each[0] in asked.kinds]
    ordered = Ordered("CONTRADICTION", _columns(found))
    found = [found[at] for at in np.lexsort(ordered.columns[::-1])]
    ordered = Ordered("CONTRADICTION", _columns(found))
    span = ordered.span(*page)
    behind = await _behind(measures, viewer, values, asked, [found[at][1] for at in span]) if with_statements else {}

    def node(at: int) -> Contradiction:
        kind, key, tally = found[at]
        return Contradiction(kind, Ref("Relation", UUID(key.decode())), tally, behind.get(key, NO_STATEMENTS))

    return ordered.page(span, node)


_Told = tuple[ContradictionKind, bytes, Tally]


def _told(row: Sequence[Any]) -> list[_Told]:
    key, contrary, allies, evidence, *counts = row
    tally = Tally(*map(int, counts))
    kinds = []
    if contrary:
        kinds.append(ContradictionKind.ALLIES_OPPOSE if allies else ContradictionKind.OPPONENTS_SUPPORT)
    if not evidence:
        kinds.append(ContradictionKind.NO_EVIDENCE)
    return [(kind, bytes(key), tally) for kind in kinds]


def _columns(found: Sequence[_Told]) -> tuple[Any, ...]:
    return (
        np.array([_KINDS.index(kind) for kind, _, _ in found], dtype=np.int64),
        np.array([-_contrary(kind, tally) for kind, _, tally in found], dtype=np.int64),
        np.array([key for _, key, _ in found], dtype=f"S{_ID}"),
    )


def _contrary(kind: ContradictionKind, tally: Tally) -> int:
    if kind is ContradictionKind.NO_EVIDENCE:
        return 0
    return tally.opposition if kind is ContradictionKind.ALLIES_OPPOSE else tally.support


# ---------------------------------------------------------------- statements


def _statement(dialect: DialectText, span: Span, seen_with: Visibility) -> Select[Any]:
    """Relations in force that stances contradict, or that have no evidence.

    Of each the key, whether stances contradict it, whether it is an alliance, whether there is evidence, and how many
    stances bear which label.
    """
    relation, tallies = _in_force(seen_with), _tallies(span, seen_with)
    there, back = tallies.alias(), tallies.alias()
    both_ways = not_(relation.c.directed)
    joined = relation.outerjoin(there, _leads(there.c, relation.c.source_id, relation.c.target_id))
    joined = joined.outerjoin(back, and_(both_ways, _leads(back.c, relation.c.target_id, relation.c.source_id)))
    counts = [func.coalesce(there.c[name], 0) + func.coalesce(back.c[name], 0) for name in _COUNTS]
    support, opposition, *_ = counts
    allies = type_coerce(relation.c.kind, Text) == literal(RelationKind.ALLIANCE.value, Text())
    minimum = placeholder("minimum", Integer())
    contrary = or_(
        and_(allies, opposition >= minimum, opposition > support),
        and_(not_(allies), support >= minimum, support > opposition),
    )
    proof = table_of(RelationEvidence).alias()
    evidence = select(literal(1)).where(proof.c.relation_id == relation.c.id).exists()
    return (
        select(
            dialect.plain(relation.c.id), *(case((told, 1), else_=0) for told in (contrary, allies, evidence)), *counts
        )
        .select_from(joined)
        .where(or_(contrary, not_(evidence)))
    )


_COUNTS = {
    "support": StanceLabel.SUPPORT,
    "opposition": StanceLabel.OPPOSE,
    "neutral": StanceLabel.NEUTRAL,
    "mixed": StanceLabel.MIXED,
    "unclear": StanceLabel.UNCLEAR,
}


def _in_force(seen_with: Visibility) -> Any:
    row, day = table_of(Relation).alias(), placeholder("as_of", Date())
    seen = visible(Relation, row.c, seen_with)
    in_force = and_(row.c.valid_from_sort <= day, or_(row.c.valid_to.is_(None), row.c.valid_to >= day))
    return select(row).where(in_force, true() if seen is None else seen).subquery()


def _tallies(span: Span, seen_with: Visibility) -> Any:
    """How many stances of the span bear which label, from each actor towards each other."""
    stance = table_of(Stance).alias()
    ends = (stance.c.holder_id, stance.c.target_actor_id)
    counts = (times(stance.c.label, label).label(name) for name, label in _COUNTS.items())
    return (
        select(*ends, *counts)
        .where(*seen_in_project(stance.c, seen_with), stance.c.target_actor_id.is_not(None))
        .where(*span.conditions(stance.c.stated_on_sort))
        .group_by(*ends)
        .cte("tally")
    )


def _leads(tally: Any, holder: Any, target: Any) -> Any:
    return and_(tally.holder_id == holder, tally.target_actor_id == target)


async def _behind(
    measures: Datasets,
    viewer: Viewer,
    values: dict[str, object],
    asked: ContradictionsAsked,
    relations: Sequence[bytes],
) -> dict[bytes, Statements]:
    if not relations:
        return {}
    keys = [UUID(key.decode()) for key in relations]
    ((text,),) = await measures.fetch(
        "statements of contradictions",
        viewer,
        {**values, "keys": keys},
        lambda: _behind_statement(measures.dialect, asked.span, visibility_of(viewer)),
    )
    return dict(await measures.compute(lambda: grouped(text, keys=1)))


def _behind_statement(dialect: DialectText, span: Span, seen_with: Visibility) -> Select[Any]:
    entries = union_all(*(_one_way(dialect, span, seen_with, back=back) for back in (False, True))).subquery()
    return select(dialect.joined(entries.c.entry, []))


def _one_way(dialect: DialectText, span: Span, seen_with: Visibility, *, back: bool) -> Select[Any]:
    relation, stance = table_of(Relation).alias(), table_of(Stance).alias()
    ends = (relation.c.target_id, relation.c.source_id) if back else (relation.c.source_id, relation.c.target_id)
    entry = statement_entry([relation.c.id], stance.c.stated_on_sort, stance.c.statement_id)
    found = select(entry.label("entry")).select_from(relation.join(stance, _leads(stance.c, *ends)))
    found = found.where(dialect.member(relation.c.id, "keys", Uid()), *seen_in_project(stance.c, seen_with))
    found = found.where(*span.conditions(stance.c.stated_on_sort))
    return found.where(not_(relation.c.directed)) if back else found
