"""Writes an unpaged root: all rows of a model that match a filter, and the rows that they refer to, each once."""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import case, func, literal, select

from api.graphql.graph import Entity
from api.graphql.parts import Computed, UnpagedRoot, mark
from api.graphql.plan import PlanNode
from api.graphql.sql.bound import BoundArguments, BoundFilter
from api.graphql.sql.dialects import Expression
from api.graphql.sql.json_text import Columns, Scope, constant
from api.graphql.sql.page import RowWriter, columns_of
from api.graphql.sql.predicates import Condition

TOO_MANY = "!"
"""Written in place of the JSON text of a root that would hold more rows than its limit."""


class UnpagedWriter(RowWriter, Protocol):
    """Protocol: the methods of `emit.Emitter` that an unpaged root uses."""

    def conditions(self, bound: BoundFilter, row: Columns) -> list[Condition]:
        """Return the conditions of a filter on `row`."""

    def joined(
        self, entity: Entity, nodes: Sequence[PlanNode], key: Expression, scope: Scope, *, always: bool
    ) -> tuple[Expression, Expression]:
        """Join the row that `key` refers to; return its key and its object."""


def write_unpaged(emitter: UnpagedWriter, part: UnpagedRoot, node: PlanNode) -> Expression:
    """Return the JSON object of all rows that match a filter, and of the rows at their ends."""
    table, seen = emitter.rows(part.model)
    conditions = emitter.conditions(emitter.bound.of(node, BoundArguments).filters["filter"], table.c)
    dialect, own = emitter.write.dialect, emitter.graph.of(part.model)
    needed = {"id", *(end.key for end in part.ends)}
    for f in (f for side in node.only for f in side.under(own.name) if not isinstance(side.part, Computed)):
        needed |= columns_of(f, emitter.bound)
    # One row more than the limit shows that there are too many, without counting all of them.
    maximum = literal(part.limit, literal_execute=True)
    some = select(*(table.c[name] for name in sorted(needed))).where(seen, *conditions)
    some = some.limit(literal(part.limit + 1, literal_execute=True))
    matched = dialect.ordered(some, table.c.id).cte()
    first, *others = [select(matched.c[end.key].label("id")) for end in part.ends]
    either = first.union(*others).subquery()
    connected = dialect.ordered(select(either.c.id), either.c.id).subquery()

    def side(f: PlanNode) -> Expression:
        if isinstance(f.part, Computed):
            return emitter.write.text(mark(f.slot))
        entity = emitter.graph.named(f.type_name)
        if entity is own:
            scope = Scope(matched)
            return emitter.write.array(emitter.entity(own, f.only, matched.c, scope), [matched.c.id], scope)
        scope = Scope(connected)
        key, written = emitter.joined(entity, f.only, connected.c.id, scope, always=True)
        return emitter.write.array(written, [key], scope)

    written = emitter.write.members(node.type_name, node.only, side)
    with_rows = any(f.children and not isinstance(f.part, Computed) for f in node.only)
    if not with_rows and any(isinstance(f.part, Computed) for f in node.only):
        return written
    count = select(func.count()).select_from(matched).scalar_subquery()
    return case((count > maximum, constant(TOO_MANY)), else_=written)
