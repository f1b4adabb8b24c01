"""Writes a whole: all rows of a model that a filter lets through, and all that they lead to, each once."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from sqlalchemy import case, func, literal, select

from api.graphql.graph import Entity
from api.graphql.parts import Computed, Part, UnpagedRoot, mark
from api.graphql.selection import Field
from api.graphql.sql.arguments import slot_name
from api.graphql.sql.dialects import Expression
from api.graphql.sql.json_text import Columns, Scope, constant
from api.graphql.sql.page import Writer, columns_behind
from api.graphql.sql.predicates import Condition, Predicate

TOO_MANY = "!"
"""Stands in place of JSON text where a root would hold more rows than it may."""


class WholeWriter(Writer, Protocol):
    """What a whole needs of whoever writes its rows: see `emit.Emitter`."""

    def conditions(self, known: Mapping[str, Predicate], name: str, row: Columns) -> list[Condition]:
        """Return what the bound arguments ask of `row`."""

    def joined(
        self, entity: Entity, fields: Sequence[Field], key: Expression, scope: Scope, *, always: bool
    ) -> tuple[Expression, Expression]:
        """Join the row that `key` leads to; return its key and its object."""


def write_whole(emitter: WholeWriter, part: UnpagedRoot, field: Field) -> Expression:
    """The JSON object of all rows that a filter lets through, and of the rows at their ends."""
    table, seen = emitter.rows(part.model)
    asked = emitter.conditions(part.filter, f"{slot_name(field)}_filter", table.c)
    dialect, own = emitter.write.dialect, emitter.graph.of(part.model)
    needed = {"id", *(end.key for end in part.ends)}
    (type_name,) = field.selections
    beside = emitter.graph.parts(type_name)
    for f in (f for side in field.only if side.name not in beside for f in side.under(own.name)):
        needed |= columns_behind(own.parts.get(f.name), f, emitter.bound)
    # One row more than allowed tells that there are too many, without counting them all.
    most = literal(part.limit, literal_execute=True)
    some = select(*(table.c[name] for name in sorted(needed))).where(seen, *asked)
    some = some.limit(literal(part.limit + 1, literal_execute=True))
    matched = dialect.ordered(some, table.c.id).cte()
    first, *others = [select(matched.c[end.key].label("id")) for end in part.ends]
    either = first.union(*others).subquery()
    connected = dialect.ordered(select(either.c.id), either.c.id).subquery()

    def side(f: Field) -> Expression:
        if isinstance(beside.get(f.name), Computed):
            return emitter.write.text(mark(f.slot))
        (type_name,) = f.selections
        entity = emitter.graph.named(type_name)
        if entity is own:
            scope = Scope(matched)
            return emitter.write.array(emitter.entity(own, f.only, matched.c, scope), [matched.c.id], scope)
        scope = Scope(connected)
        key, written = emitter.joined(entity, f.only, connected.c.id, scope, always=True)
        return emitter.write.array(written, [key], scope)

    written = emitter.write.members(type_name, field.only, side)
    if any(isinstance(beside.get(f.name), Computed) for f in field.only) and not _any_rows(field, beside):
        return written
    count = select(func.count()).select_from(matched).scalar_subquery()
    return case((count > most, constant(TOO_MANY)), else_=written)


def _any_rows(field: Field, beside: Mapping[str, Part]) -> bool:
    """Whether any rows of a whole are shown, beside what is computed of them."""
    return any(f.selections and not isinstance(beside.get(f.name), Computed) for f in field.only)
