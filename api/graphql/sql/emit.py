"""Writes a bound selection as one statement, in which the database makes the JSON text of the answer.

Knows SQLAlchemy and the declared graph, and nothing of GraphQL documents. Each root field is one column of text.
An object is a concatenation over one row; an edge to one row is a join beside it; a page of many is a subquery in
it. Every table is taken through `rows`, which asks `visible`.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Text,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    or_,
    select,
    true,
)

from api.graphql.graph import Entity, Graph
from api.graphql.parts import (
    MARK,
    Aggregates,
    AnyId,
    Anything,
    AnyType,
    ById,
    ByIds,
    BySlug,
    Caller,
    Column,
    Computed,
    Counts,
    Differences,
    Embed,
    ForeignKey,
    HasMany,
    Items,
    LiveField,
    Model,
    Page,
    Parent,
    Part,
    RevisionPart,
    RowAt,
    Stream,
    UnionKey,
    UnpagedRoot,
)
from api.graphql.selection import Field
from api.graphql.sql.aggregates import write_figures
from api.graphql.sql.arguments import Bound, slot_name
from api.graphql.sql.dialects import Expression, placeholder
from api.graphql.sql.expiring import Expiring
from api.graphql.sql.fragments import Fragment, Fragments
from api.graphql.sql.history import holds_value, parent_key, told, value_then
from api.graphql.sql.json_text import Columns, Scope, TextWriter, constant, froms
from api.graphql.sql.page import columns_behind, select_edges, write_page
from api.graphql.sql.predicates import Binds, Condition, Elsewhere, Predicate, Refers, has_slug, survivor
from api.graphql.sql.query import Named, Query, TableRows
from api.graphql.sql.sql_elements import Nested, Outer
from api.graphql.sql.unpaged import write_whole
from api.ids import PREFIXES
from api.security.visibility import VIEWER, Rule, Visibility, visible
from models import Revision
from models.base import Instant, Uid

OfRows: TypeAlias = Items | Counts | Aggregates | Page
_FIRST = literal(1, literal_execute=True)


@cache
def _rows(model: Model, _number: int, rule: Rule, sight: Visibility) -> tuple[FromClause, ColumnElement[bool]]:
    """The alias of that number of a table, with its condition: made once, and shared by statements."""
    alias = TableRows(model.__table__)
    condition = rule(model, alias.c, sight)
    return alias, true() if condition is None else condition


@dataclass(frozen=True, slots=True)
class Emitter:
    """Writes statements for one dialect, one shape of arguments and one sight."""

    graph: Graph
    write: TextWriter
    bound: Bound
    sight: Visibility
    fragments: Fragments = field(default_factory=Fragments)
    shapes: Mapping[int, Hashable] = field(default_factory=dict)
    """What is bound, slot by slot."""
    taken: dict[Model, int] = field(default_factory=dict)
    """How many aliases of a table the statement has."""

    def afresh(self) -> "Emitter":
        """One that writes a statement of its own."""
        return replace(self, taken={})

    # ------------------------------------------------------------------ rows

    def rows(self, model: Model, rule: Rule | None = None) -> tuple[FromClause, ColumnElement[bool]]:
        """A fresh alias of a model's table, and the condition under which the caller may see a row of it."""
        number = self.taken[model] = self.taken.get(model, 0) + 1
        return _rows(model, number, rule or visible, self.sight)

    def alternatives(self, known: Mapping[str, Predicate], name: str, row: Columns) -> list[list[Condition]]:
        """What the bound arguments ask of `row`: one condition of each list, of which no row meets two.

        What several arguments ask of one row elsewhere goes into one EXISTS.
        """
        present = frozenset(self.bound.values)
        given = {key: predicate for key, predicate in known.items() if f"{name}_{key}" in self.bound.choices}
        here: list[list[Condition]] = []
        elsewhere: dict[Any, list[tuple[Elsewhere, Binds]]] = {}
        for key, predicate in given.items():
            binds = Binds(self.write.dialect, f"{name}_{key}", present)
            if isinstance(predicate, Elsewhere):
                elsewhere.setdefault(predicate.edge, []).append((predicate, binds))
            else:
                here.append(
                    predicate.ways(row, binds) if isinstance(predicate, Refers) else [predicate.where(row, binds)]
                )
        return here + [[self._exists(edge, predicates, row)] for edge, predicates in elsewhere.items()]

    def conditions(self, known: Mapping[str, Predicate], name: str, row: Columns) -> list[Condition]:
        """The same as conditions that all must hold."""
        return [or_(*ways) for ways in self.alternatives(known, name, row)]

    def _exists(self, edge: Any, predicates: list[tuple[Elsewhere, Binds]], row: Columns) -> ColumnElement[bool]:
        there = HasMany.by(edge)
        other, seen = self.rows(there.model)
        asked = [predicate.where(other.c, binds) for predicate, binds in predicates]
        points_here = other.c[there.key] == row["id"]
        return select(literal(1)).select_from(other).where(points_here, seen, *asked).correlate(*froms(row)).exists()

    # ------------------------------------------------------------------ objects

    def entity(self, entity: Entity, fields: Sequence[Field], row: Columns, scope: Scope) -> Expression:
        """The object of one row of `entity`; what it leads to is joined to `scope`."""

        def value(field: Field) -> Expression:
            if field.name == "id":
                return self.write.id(entity.name, row["id"])
            return self.part(entity.parts[field.name], field, row, scope)

        return self.write.members(entity.name, fields, value)

    def part(self, part: Part, field: Field, row: Columns, scope: Scope) -> Expression:
        """What stands behind a field of a row."""
        match part:
            case Column(name):
                return self.write.scalar(row[name])
            case Embed():
                columns = part.chosen(self.bound.choices.get(slot_name(field)))
                (type_name,) = field.selections
                return self.write.members(type_name, field.only, lambda f: self.write.scalar(row[columns[f.name]]))
            case ForeignKey():
                return self._one(part, field, row, scope, nullable=part.nullable, always=not part.nullable)
            case UnionKey(edges):
                *others, last = [
                    (row[e.key].is_not(None), self._one(e, field, row, scope, nullable=False, always=False))
                    for e in edges
                ]
                return case(*others, else_=last[1])
            case Items() | Counts() | Aggregates() | Page():
                return self._of_rows(part, field, row)
            case AnyId() | AnyType() | Anything() | Differences() | Parent() | RowAt():
                return self._told(part, field, row)
            case Expiring():
                return self.write.text('"', part.value(row), '"')
            case Computed():
                return self.write.text(f"{MARK}{field.slot}:", self.write.dialect.plain(row["id"]), MARK)
        raise AssertionError(part)

    def _of_rows(self, part: OfRows, field: Field, row: Columns) -> Expression:
        """What rows below `row` come to: a fragment."""
        fragment = self.fragments.get(part, field, self, lambda inner: inner._below(part, field, Outer(row)))
        return Nested(fragment, field.slot, {name: row[name] for name in fragment.columns})

    def _below(self, part: OfRows, field: Field, row: Columns) -> Expression:
        match part:
            case Items():
                return self._items(part, field, row)
            case Counts():
                return self._counts(part, field, row)
            case Aggregates():
                return write_figures(self, part, field, row)
            case Page():
                return write_page(self, part, field, row)

    def _told(self, part: RevisionPart, field: Field, row: Columns) -> Expression:
        match part:
            case Anything(kind, key):
                return self._anything(row[kind], row[key], field, row)
            case Parent():
                parent = parent_key(self.write, part, row)
                return self._by_key(self.graph.of(part.model).name, field, parent)
            case RowAt():
                return self._past(part, field, row)
        return told(self.write, self.graph, part, field, row)

    def _anything(self, kind: Expression, key: Expression, field: Field, row: Columns) -> Expression:
        """The row of one of the types that there are, each looked for where it can be."""
        types = [entity.name for entity in self.graph.entities if entity.name in field.selections]
        found = [(kind == constant(name), self._by_key(name, field, key)) for name in types]
        return case(*found, else_=constant("null"))

    def _past(self, part: RowAt, field: Field, row: Columns) -> Expression:
        table, seen = self.rows(Revision)
        at = placeholder(f"{slot_name(field)}_at", Instant())
        written = value_then(self.write, part, field, table.c)
        found = select(written).where(table.c.entity_id == row["id"], table.c.created_at <= at, seen)
        latest = found.where(holds_value(self.write, part, table.c)).order_by(table.c.id.desc()).limit(_FIRST)
        return func.coalesce(latest.correlate(*froms(row)).scalar_subquery(), constant("null"))

    def _one(
        self, part: ForeignKey, field: Field, row: Columns, scope: Scope, *, nullable: bool, always: bool
    ) -> Expression:
        target = self.graph.of(part.model)
        fields = field.under(target.name)
        found: Expression = row[part.key]
        hidden = visible(part.model, target.table.c, self.sight) is not None
        if not hidden and all(f.name in ("id", "__typename") for f in fields):
            # The key itself tells all that is asked for.
            written = self.entity(target, fields, {"id": found}, scope)
        else:
            found, written = self.joined(target, fields, found, scope, always=always and not hidden)
        return case((found.is_(None), constant("null")), else_=written) if nullable or hidden else written

    def joined(
        self, entity: Entity, fields: Sequence[Field], key: Expression, scope: Scope, *, always: bool
    ) -> tuple[Expression, Expression]:
        """The row that `key` leads to, joined to `scope`: its key, NULL where there is none, and its object.

        `always`: there is one wherever there is a row that holds `key`.
        """
        other = scope.joined.get((entity.model, key))
        if other is None:
            other, seen = self.rows(entity.model)
            certain = always and self.write.dialect.joins_inner and getattr(key, "table", None) not in scope.uncertain
            scope.join(other, and_(other.c.id == key, seen), certain=certain)
            scope.joined[entity.model, key] = other
        # The key is at hand in the row that leads here, if this row is there at all.
        row = {**other.c, "id": key} if always else other.c
        return row["id"], self.entity(entity, fields, row, scope)

    def _items(self, part: Items, field: Field, row: Columns) -> Expression:
        table, seen = self.rows(part.rows.model)
        (type_name,) = field.selections
        behind = {f.name: part.parts.get(f.name, Column(f.name)) for f in field.only if f.name != "__typename"}
        asked = (f for f in field.only if f.name in behind)
        needed = {name for f in asked for name in columns_behind(behind[f.name], f, self.bound)}
        columns = [Named(table.c[name], name) for name in sorted(needed)]
        source = Query((*columns, Named(table.c[part.order], "place")), table)
        source = source.where(table.c[part.rows.key] == row["id"], seen)
        inner = self.write.dialect.ordered(source, column("place")).subquery()
        scope = Scope(inner)
        item = self.write.members(type_name, field.only, lambda f: self.part(behind[f.name], f, inner.c, scope))
        return self.write.array(item, [inner.c["place"]], scope)

    def _counts(self, part: Counts, field: Field, row: Columns) -> Expression:
        stance, seen = self.rows(part.rows.model)
        keys = [stance.c[e.key] for e in part.targets.edges]
        label, number = stance.c[part.label], func.count().label("count")
        asked = self.conditions(part.arguments, slot_name(field), stance.c)
        inner = self.write.dialect.ordered(
            select(*keys, label, number)
            .where(stance.c[part.rows.key] == row["id"], seen, *asked)
            .group_by(*keys, label)
            .correlate(*froms(row)),
            number.desc(),
            func.coalesce(*keys),
            label,
        ).subquery()
        scope = Scope(inner)
        behind: Mapping[str, Part] = {"target": part.targets, "label": Column(part.label), "count": Column("count")}
        (type_name,) = field.selections
        item = self.write.members(type_name, field.only, lambda f: self.part(behind[f.name], f, inner.c, scope))
        target = func.coalesce(*(inner.c[e.key] for e in part.targets.edges))
        return self.write.array(item, [inner.c["count"].desc(), target, inner.c[part.label]], scope)

    # ------------------------------------------------------------------ roots

    def root(self, field: Field) -> Fragment:
        """The text of one root field of the query."""
        return self.fragments.get(self.graph.roots[field.name], field, self, lambda inner: inner._root(field))

    def _root(self, field: Field) -> Expression:
        part, name = self.graph.roots[field.name], slot_name(field)
        match part:
            case Page():
                return write_page(self, part, field, None)
            case UnpagedRoot():
                # Common table expressions stand before a select.
                return select(write_whole(self, part, field)).scalar_subquery()
            case ById() if self.bound.choices[name] is None:
                return constant("null")
            case ById():
                return self._by_key(str(self.bound.choices[name]), field, placeholder(f"{name}_id", Uid()))
            case ByIds():
                return self._by_ids(field)
            case BySlug(model):
                slug = placeholder(f"{name}_slug", Text())
                return self._single(self.graph.of(model), field, lambda row: has_slug(model, row, slug))
            case Caller(model):
                caller = placeholder(VIEWER, Uid())
                return self._single(self.graph.of(model), field, lambda row: row["id"] == caller)
        raise AssertionError(part)

    def _single(self, entity: Entity, field: Field, chosen: Callable[[Columns], ColumnElement[bool]]) -> Expression:
        row, seen = self.rows(entity.model)
        scope = Scope(row)
        written = self.entity(entity, field.under(entity.name), row.c, scope)
        one = scope.select(written).where(chosen(row.c), seen).scalar_subquery()
        return func.coalesce(one, constant("null"))

    def _by_key(self, type_name: str, field: Field, key: Expression) -> Expression:
        wanted = survivor(key) if type_name == "Actor" else key
        return self._single(self.graph.named(type_name), field, lambda row: row["id"] == wanted)

    def _by_ids(self, field: Field) -> Expression:
        name, dialect = slot_name(field), self.write.dialect
        types: Any = self.bound.choices[name]
        asked = dialect.unnested(f"{name}_ids", Text())
        # Each id but once, with its type: a join of two lists takes their product in steps on SQLite.
        prefix, key = func.substr(asked.c.value, 1, 3), cast(func.substr(asked.c.value, 5), Uid())
        nodes = [(prefix == constant(PREFIXES[name]), self._by_key(name, field, key)) for name in types]
        node = case(*nodes, else_=constant("null")) if nodes else constant("null")
        rows = dialect.ordered(select(node.label("node"), asked.c.place), asked.c.place).subquery()
        return self.write.array(rows.c.node, [rows.c.place], Scope(rows))

    def edges(self, field: Field) -> Query:
        """A row for each edge of the stream behind a root field of the subscription: its place, its key, its text."""
        part = self.graph.streams[field.name]
        assert isinstance(part, Stream)
        return select_edges(self, part.page, field)

    def watched(self, field: Field) -> Select[Any]:
        """The text behind a root field of the subscription that watches part of one row; no row where there is none."""
        part = self.graph.streams[field.name]
        assert isinstance(part, LiveField)
        row, seen = self.rows(part.model)
        scope = Scope(row)
        written = self.part(part.part, field, row.c, scope)
        key = placeholder(f"{slot_name(field)}_id", Uid())
        return select(written).select_from(scope.source).where(row.c.id == key, seen)

    def by_keys(self, entity: Entity, fields: Sequence[Field], keys: str, *, several: bool) -> Select[Any]:
        """Key and object of the row whose key is bound as `keys`, or of each row whose key is in that list."""
        row, seen = self.rows(entity.model)
        scope = Scope(row)
        written = self.entity(entity, fields, row.c, scope)
        mine = self.write.dialect.member(row.c.id, keys, Uid()) if several else row.c.id == placeholder(keys, Uid())
        return select(self.write.dialect.plain(row.c.id), written).select_from(scope.source).where(mine, seen)
