"""Writes a plan tree, with its bound arguments, as one statement: the database makes the JSON text of the answer.

Each root field is one column of text. An object is a concatenation over one row, an edge to one row is a join, a page
of many rows is a subquery. Every table is selected from through `rows`, which applies `visible`. ADR 0001.
"""

from collections.abc import Callable, Sequence
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
    ById,
    ByIds,
    BySlug,
    Caller,
    Column,
    Computed,
    Counts,
    Embed,
    ForeignKey,
    HasMany,
    Items,
    LiveField,
    Model,
    Page,
    Stream,
    UnionKey,
    UnpagedRoot,
)
from api.graphql.plan import PlanNode
from api.graphql.revision_parts import AnyId, Anything, AnyType, Differences, Parent, RevisionPart, RowAt
from api.graphql.sql.aggregates import write_aggregates
from api.graphql.sql.bound import Bound, BoundArguments, BoundFilter, BoundIds, BoundValue
from api.graphql.sql.dialects import Expression, placeholder
from api.graphql.sql.expiring import Expiring
from api.graphql.sql.fragments import Fragment, Fragments
from api.graphql.sql.history import holds_value, parent_key, revision_member, value_then
from api.graphql.sql.json_text import Columns, Scope, TextWriter, constant, froms
from api.graphql.sql.page import columns_of, embedded_columns, select_edges, write_page
from api.graphql.sql.predicates import Binds, Condition, Elsewhere, Refers, has_slug, survivor
from api.graphql.sql.query import Named, SelectQuery, TableRows
from api.graphql.sql.sql_elements import Nested, Outer
from api.graphql.sql.unpaged import write_unpaged
from api.ids import PREFIXES
from api.security.visibility import VIEWER, Rule, Visibility, visible
from models import Revision
from models.base import Instant, Uid

OfRows: TypeAlias = Items | Counts | Aggregates | Page
_FIRST = literal(1, literal_execute=True)


@cache
def _rows(model: Model, _number: int, rule: Rule, visibility: Visibility) -> tuple[FromClause, ColumnElement[bool]]:
    """Return the alias `number` of a table, with its condition; cached, and shared by statements."""
    alias = TableRows(model.__table__)
    condition = rule(model, alias.c, visibility)
    return alias, true() if condition is None else condition


@dataclass(frozen=True, slots=True)
class Emitter:
    """Writes statements for one dialect, one shape of arguments and one visibility."""

    graph: Graph
    write: TextWriter
    visibility: Visibility
    bound: Bound = field(default_factory=Bound)
    fragments: Fragments = field(default_factory=Fragments)
    aliases: dict[Model, int] = field(default_factory=dict)
    """The number of aliases of each table in the statement."""

    def afresh(self) -> "Emitter":
        """Return an emitter for another statement."""
        return replace(self, aliases={})

    # ------------------------------------------------------------------ rows

    def rows(self, model: Model, rule: Rule | None = None) -> tuple[FromClause, ColumnElement[bool]]:
        """Return a new alias of a model's table, and the condition under which the caller may see a row of it."""
        number = self.aliases[model] = self.aliases.get(model, 0) + 1
        return _rows(model, number, rule or visible, self.visibility)

    def alternatives(self, bound: BoundFilter, row: Columns) -> list[list[Condition]]:
        """Return the conditions of a filter on `row`: one of each list must hold, and no row meets two of one list.

        Predicates on one other table share an EXISTS.
        """
        here: list[list[Condition]] = []
        elsewhere: dict[Any, list[tuple[Elsewhere, Binds]]] = {}
        for key, predicate in bound.predicates.items():
            binds = bound.binds(self.write.dialect, key)
            if isinstance(predicate, Elsewhere):
                elsewhere.setdefault(predicate.edge, []).append((predicate, binds))
            else:
                here.append(
                    predicate.ways(row, binds) if isinstance(predicate, Refers) else [predicate.where(row, binds)]
                )
        return here + [[self._exists(edge, predicates, row)] for edge, predicates in elsewhere.items()]

    def conditions(self, bound: BoundFilter, row: Columns) -> list[Condition]:
        """Return the conditions of a filter on `row`, all of which must hold."""
        return [or_(*ways) for ways in self.alternatives(bound, row)]

    def _exists(self, edge: Any, predicates: list[tuple[Elsewhere, Binds]], row: Columns) -> ColumnElement[bool]:
        there = HasMany.by(edge)
        other, seen = self.rows(there.model)
        conditions = [predicate.where(other.c, binds) for predicate, binds in predicates]
        refers = other.c[there.key] == row["id"]
        return select(literal(1)).select_from(other).where(refers, seen, *conditions).correlate(*froms(row)).exists()

    # ------------------------------------------------------------------ objects

    def entity(self, entity: Entity, nodes: Sequence[PlanNode], row: Columns, scope: Scope) -> Expression:
        """Return the object of one row of `entity`. The rows that it refers to are joined to `scope`."""

        def value(node: PlanNode) -> Expression:
            return self.write.id(entity.name, row["id"]) if node.name == "id" else self.value(node, row, scope)

        return self.write.members(entity.name, nodes, value)

    def value(self, node: PlanNode, row: Columns, scope: Scope) -> Expression:
        """Return the JSON text of a field of a row."""
        match node.part:
            case Column(name):
                return self.write.scalar(row[name])
            case Embed() as part:
                columns = embedded_columns(part, node, self.bound)
                return self.write.members(node.type_name, node.only, lambda f: self.write.scalar(row[columns[f.name]]))
            case ForeignKey() as part:
                return self._one(part, node, row, scope, nullable=part.nullable, always=not part.nullable)
            case UnionKey(edges):
                *others, last = [
                    (row[e.key].is_not(None), self._one(e, node, row, scope, nullable=False, always=False))
                    for e in edges
                ]
                return case(*others, else_=last[1])
            case Items() | Counts() | Aggregates() | Page() as part:
                return self._of_rows(part, node, row)
            case AnyId() | AnyType() | Anything() | Differences() | Parent() | RowAt() as part:
                return self._of_revision(part, node, row)
            case Expiring() as part:
                return self.write.text('"', part.value(row), '"')
            case Computed():
                return self.write.text(f"{MARK}{node.slot}:", self.write.dialect.plain(row["id"]), MARK)
        raise AssertionError(node.part)

    def _of_rows(self, part: OfRows, node: PlanNode, row: Columns) -> Expression:
        """Return the fragment of the items, counts, aggregates or page of the rows that refer to `row`."""
        fragment = self.fragments.get(part, node, self, lambda inner: inner._below(part, node, Outer(row)))
        return Nested(fragment, node.slot, {name: row[name] for name in fragment.columns})

    def _below(self, part: OfRows, node: PlanNode, row: Columns) -> Expression:
        match part:
            case Items():
                return self._items(part, node, row)
            case Counts():
                return self._counts(part, node, row)
            case Aggregates():
                return write_aggregates(self, part, node, row)
            case Page():
                return write_page(self, part, node, row)

    def _of_revision(self, part: RevisionPart, node: PlanNode, row: Columns) -> Expression:
        match part:
            case Anything(kind, key):
                return self._anything(row[kind], row[key], node)
            case Parent():
                parent = parent_key(self.write, part, row)
                return self._by_key(self.graph.of(part.model).name, node, parent)
            case RowAt():
                return self._row_at(part, node, row)
        return revision_member(self.write, self.graph, part, node, row)

    def _anything(self, kind: Expression, key: Expression, node: PlanNode) -> Expression:
        """Return the row of any type, looked up in the table of each type that is selected."""
        types = [entity.name for entity in self.graph.entities if entity.name in node.children]
        found = [(kind == constant(name), self._by_key(name, node, key)) for name in types]
        return case(*found, else_=constant("null"))

    def _row_at(self, part: RowAt, node: PlanNode, row: Columns) -> Expression:
        table, seen = self.rows(Revision)
        at = self.bound.of(node, BoundValue).parameter.placeholder(Instant())
        written = value_then(self.write, part, node, table.c)
        found = select(written).where(table.c.entity_id == row["id"], table.c.created_at <= at, seen)
        latest = found.where(holds_value(self.write, part, table.c)).order_by(table.c.id.desc()).limit(_FIRST)
        return func.coalesce(latest.correlate(*froms(row)).scalar_subquery(), constant("null"))

    def _one(
        self, part: ForeignKey, node: PlanNode, row: Columns, scope: Scope, *, nullable: bool, always: bool
    ) -> Expression:
        target = self.graph.of(part.model)
        nodes = node.under(target.name)
        found: Expression = row[part.key]
        hidden = visible(part.model, target.table.c, self.visibility) is not None
        if not hidden and all(f.name in ("id", "__typename") for f in nodes):
            # The key is all that is selected.
            written = self.entity(target, nodes, {"id": found}, scope)
        else:
            found, written = self.joined(target, nodes, found, scope, always=always and not hidden)
        return case((found.is_(None), constant("null")), else_=written) if nullable or hidden else written

    def joined(
        self, entity: Entity, nodes: Sequence[PlanNode], key: Expression, scope: Scope, *, always: bool
    ) -> tuple[Expression, Expression]:
        """Join the row that `key` refers to; return its key, NULL if there is no row, and its object.

        :param always: True if the row of `key` always exists, so that an inner join loses nothing.
        """
        other = scope.joined.get((entity.model, key))
        if other is None:
            other, seen = self.rows(entity.model)
            certain = always and self.write.dialect.joins_inner and getattr(key, "table", None) not in scope.uncertain
            scope.join(other, and_(other.c.id == key, seen), certain=certain)
            scope.joined[entity.model, key] = other
        # The referring row holds the key, if there is a row.
        row = {**other.c, "id": key} if always else other.c
        return row["id"], self.entity(entity, nodes, row, scope)

    def _items(self, part: Items, node: PlanNode, row: Columns) -> Expression:
        table, seen = self.rows(part.rows.model)
        needed = {name for f in node.only for name in columns_of(f, self.bound)}
        columns = [Named(table.c[name], name) for name in sorted(needed)]
        source = SelectQuery((*columns, Named(table.c[part.order], "place")), table)
        source = source.where(table.c[part.rows.key] == row["id"], seen)
        inner = self.write.dialect.ordered(source, column("place")).subquery()
        scope = Scope(inner)
        item = self.write.members(node.type_name, node.only, lambda f: self.value(f, inner.c, scope))
        return self.write.array(item, [inner.c["place"]], scope)

    def _counts(self, part: Counts, node: PlanNode, row: Columns) -> Expression:
        stance, seen = self.rows(part.rows.model)
        keys = [stance.c[e.key] for e in part.targets.edges]
        label, number = stance.c[part.label], func.count().label("count")
        conditions = self.conditions(self.bound.of(node, BoundArguments).filters[""], stance.c)
        inner = self.write.dialect.ordered(
            select(*keys, label, number)
            .where(stance.c[part.rows.key] == row["id"], seen, *conditions)
            .group_by(*keys, label)
            .correlate(*froms(row)),
            number.desc(),
            func.coalesce(*keys),
            label,
        ).subquery()
        scope = Scope(inner)
        item = self.write.members(node.type_name, node.only, lambda f: self.value(f, inner.c, scope))
        target = func.coalesce(*(inner.c[e.key] for e in part.targets.edges))
        return self.write.array(item, [inner.c["count"].desc(), target, inner.c[part.label]], scope)

    # ------------------------------------------------------------------ roots

    def root(self, node: PlanNode) -> Fragment:
        """Return the text of one root field of the query."""
        return self.fragments.get(node.part, node, self, lambda inner: inner._root(node))

    def _root(self, node: PlanNode) -> Expression:
        match node.part:
            case Page() as part:
                return write_page(self, part, node, None)
            case UnpagedRoot() as part:
                # Common table expressions stand before a select.
                return select(write_unpaged(self, part, node)).scalar_subquery()
            case ById():
                ids = self.bound.of(node, BoundIds)
                if not ids.types:
                    return constant("null")
                return self._by_key(ids.types[0], node, ids.parameter.placeholder(Uid()))
            case ByIds():
                return self._by_ids(node)
            case BySlug(model):
                slug = self.bound.of(node, BoundValue).parameter.placeholder(Text())
                return self._single(self.graph.of(model), node, lambda row: has_slug(model, row, slug))
            case Caller(model):
                caller = placeholder(VIEWER, Uid())
                return self._single(self.graph.of(model), node, lambda row: row["id"] == caller)
        raise AssertionError(node.part)

    def _single(self, entity: Entity, node: PlanNode, chosen: Callable[[Columns], ColumnElement[bool]]) -> Expression:
        row, seen = self.rows(entity.model)
        scope = Scope(row)
        written = self.entity(entity, node.under(entity.name), row.c, scope)
        one = scope.select(written).where(chosen(row.c), seen).scalar_subquery()
        return func.coalesce(one, constant("null"))

    def _by_key(self, type_name: str, node: PlanNode, key: Expression) -> Expression:
        wanted = survivor(key) if type_name == "Actor" else key
        return self._single(self.graph.named(type_name), node, lambda row: row["id"] == wanted)

    def _by_ids(self, node: PlanNode) -> Expression:
        ids, dialect = self.bound.of(node, BoundIds), self.write.dialect
        listed = dialect.unnested(ids.parameter.name, Text())
        # Each ID once, with its type: a join of two lists takes their product in steps on SQLite.
        prefix, key = func.substr(listed.c.value, 1, 3), cast(func.substr(listed.c.value, 5), Uid())
        found = [(prefix == constant(PREFIXES[name]), self._by_key(name, node, key)) for name in ids.types]
        object_ = case(*found, else_=constant("null")) if found else constant("null")
        rows = dialect.ordered(select(object_.label("node"), listed.c.place), listed.c.place).subquery()
        return self.write.array(rows.c.node, [rows.c.place], Scope(rows))

    def edges(self, node: PlanNode) -> SelectQuery:
        """Select a row for each edge of a stream: its feed position, its key, its text."""
        assert isinstance(node.part, Stream)
        return select_edges(self, node.part.page, node)

    def live_field(self, node: PlanNode) -> Select[Any]:
        """Select the text of a live field of one row; no row if there is none."""
        part = node.part
        assert isinstance(part, LiveField)
        row, seen = self.rows(part.model)
        scope = Scope(row)
        written = self._of_rows(part.part, node, row.c)
        key = self.bound.of(node, BoundValue).parameter.placeholder(Uid())
        return select(written).select_from(scope.source).where(row.c.id == key, seen)

    def by_keys(self, entity: Entity, nodes: Sequence[PlanNode], keys: str, *, several: bool) -> Select[Any]:
        """Select key and object of the row whose key is the parameter `keys`, or of each row whose key is in it."""
        row, seen = self.rows(entity.model)
        scope = Scope(row)
        written = self.entity(entity, nodes, row.c, scope)
        mine = self.write.dialect.member(row.c.id, keys, Uid()) if several else row.c.id == placeholder(keys, Uid())
        return select(self.write.dialect.plain(row.c.id), written).select_from(scope.source).where(mine, seen)
