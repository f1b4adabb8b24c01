"""Writes a page: rows by keyset, their edges, the position of the page in its list, and the length of the list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Tuple,
    case,
    cast,
    column,
    false,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.sql.elements import True_
from sqlalchemy.types import Text

from api.graphql.graph import Entity, Graph
from api.graphql.parts import (
    Aggregates,
    Column,
    CommittedRows,
    Embed,
    ForeignKey,
    HasMany,
    Itself,
    ManyToMany,
    Model,
    Page,
    RelationEnds,
    Rows,
    SearchHits,
    UnionKey,
)
from api.graphql.plan import PlanNode
from api.graphql.revision_parts import AnyId, Anything, AnyType, Differences, Parent
from api.graphql.sql.bound import Bound, BoundCursor, BoundFilter, BoundPage, BoundVariant
from api.graphql.sql.dialects import Expression
from api.graphql.sql.expiring import Expiring
from api.graphql.sql.json_text import Columns, Scope, TextWriter, constant, froms
from api.graphql.sql.predicates import Condition, names_like
from api.graphql.sql.query import Named, QueryRows, SelectQuery, own_alias
from api.graphql.sql.relevance import FILTER, RELEVANCE
from api.graphql.sql.sql_elements import PageSize
from api.security.visibility import Rule
from models.base import Uid


class RowWriter(Protocol):
    """Protocol: the methods of `emit.Emitter` that write the rows of a page."""

    @property
    def graph(self) -> Graph: ...
    @property
    def write(self) -> TextWriter: ...
    @property
    def bound(self) -> Bound: ...

    def rows(self, model: Model, rule: Rule | None = None) -> tuple[FromClause, ColumnElement[bool]]: ...
    def alternatives(self, bound: BoundFilter, row: Columns) -> list[list[Condition]]: ...
    def entity(self, entity: Entity, nodes: Sequence[PlanNode], row: Columns, scope: Scope) -> Expression: ...
    def value(self, node: PlanNode, row: Columns, scope: Scope) -> Expression: ...


@dataclass(frozen=True, slots=True)
class PageSource:
    """Rows of a list before paging: their table, their conditions, and the value that they are ordered by."""

    rows: FromClause
    conditions: tuple[Condition, ...]
    columns: Columns
    value: Expression

    @property
    def key(self) -> Expression:
        """The tie-breaker of the order."""
        key: Expression = self.columns["id"]
        return key

    def select(self, *columns: Named) -> SelectQuery:
        """Select `columns` of all rows."""
        return SelectQuery(columns, self.rows, conditions=self.conditions)


def write_page(emitter: RowWriter, part: Page, node: PlanNode, parent: Columns | None) -> Expression:
    """Return the JSON object of the connection that `node` selects, over rows of `parent` if there is one."""
    return _PageWriter(emitter, part, node, parent).written()


def select_edges(emitter: RowWriter, part: Page, node: PlanNode) -> SelectQuery:
    """Select a row for each edge of a list: the value that it is ordered by, its key, its JSON text."""
    writer = _PageWriter(emitter, part, node, None)
    rows = writer._first(writer._columns([node]), exactly=True)
    scope = Scope(rows)
    edge = emitter.write.members(node.type_name, node.only, lambda e: writer._on_edge(e, rows, scope))
    value, key = rows.c["order_value"], rows.c["id"]
    found = scope.select(value, emitter.write.dialect.plain(key), edge)
    return found.order_by(*writer._order(value, key, forward=True))


def embedded_columns(part: Embed, node: PlanNode, bound: Bound) -> Mapping[str, str]:
    """Return the columns of an embedded object by field, with the argument that chooses among its variants."""
    return part.columns if part.argument is None else part.chosen(bound.of(node, BoundVariant).variant)


def columns_of(node: PlanNode, bound: Bound) -> set[str]:
    """Return the columns of a row that `node` is written from, except its key."""
    match node.part:
        case Column(name):
            return {name}
        case ForeignKey(key):
            return {key}
        case UnionKey(edges):
            return {e.key for e in edges}
        case AnyId() | AnyType() | Anything() | Differences() | Parent():
            return node.part.columns
        case Embed():
            columns = embedded_columns(node.part, node, bound)
            return {columns[f.name] for f in node.only if f.name in columns}
        case Expiring(name, until):
            return {name, until}
        case Aggregates():
            return {f.times for f in node.part.figures.values() if f.times is not None}
        case Page(HasMany(_, _, (_, compared))):
            return {compared}
    return set()


class _PageWriter:
    def __init__(self, emitter: RowWriter, part: Page, node: PlanNode, parent: Columns | None) -> None:
        self.emitter, self.part, self.node, self.parent = emitter, part, node, parent
        self.bound = emitter.bound.of(node, BoundPage)
        self.backward, self.order, self.descending = self.bound.backward, self.bound.order, self.bound.descending
        self.own: Entity | None = None if isinstance(part.rows, SearchHits) else emitter.graph.of(part.rows.model)

    def written(self) -> Expression:
        write = self.emitter.write
        type_name, members = self.node.type_name, self.node.only
        edges = [f for f in members if f.name == "edges"]
        if not edges and all(f.name != "pageInfo" for f in members):
            return write.members(type_name, members, lambda _: self._total())
        first = self._first(self._columns(edges), exactly=not self._looks_beyond)
        rows = self._numbered(first) if self._looks_beyond else first
        scope = Scope(rows)
        places = self._order(rows.c["order_value"], rows.c["id"], forward=True)

        def value(f: PlanNode) -> Expression:
            if f.name == "totalCount":
                return self._total()
            if f.name == "pageInfo":
                return write.members(f.type_name, f.only, lambda i: self._info(i, rows))
            edge = write.members(f.type_name, f.only, lambda e: self._on_edge(e, rows, scope))
            joined = write.dialect.joined(edge, places)
            on_page = joined.filter(rows.c["nth"] <= self._size) if self._looks_beyond else joined
            return write.text("[", func.coalesce(on_page, constant("")), "]")

        written = write.members(type_name, members, value)
        if not edges:
            # An aggregate makes one row of whatever rows there are: not every member of pageInfo is one.
            written = write.text(written, func.coalesce(func.max(constant("")), constant("")))
        return scope.select(written).scalar_subquery()

    # ------------------------------------------------------------------ which rows

    def _columns(self, edges: Sequence[PlanNode]) -> set[str]:
        """Return the columns of the rows that the edges are written from."""
        needed: set[str] = set()
        for on_edge in (f for e in edges for f in e.only):
            if isinstance(on_edge.part, Itself) and self.own is not None:
                for f in on_edge.under(self.own.name):
                    needed |= columns_of(f, self.emitter.bound)
            else:
                needed |= columns_of(on_edge, self.emitter.bound)
        return needed

    def _sources(self) -> list[PageSource]:
        """Return the rows of the whole list, in disjoint sets, so that an index can serve each in its order."""
        emitter, part, rows = self.emitter, self.part, self.part.rows
        if isinstance(rows, SearchHits):
            return [self._hits(rows)]
        table, seen = emitter.rows(rows.model)
        source, ways, more = self._of_parent(rows, table)
        columns = {**table.c, **more}
        if self.order == RELEVANCE and part.order.relevance is not None:
            dialect = emitter.write.dialect
            text = self.bound.filter.binds(dialect, FILTER)
            source, value = part.order.relevance.ranked(source, columns, self.bound.relevance(dialect), text)
        else:
            value = columns[part.order.columns[self.order]]
        ways += emitter.alternatives(self.bound.filter, table.c)
        ways += emitter.alternatives(self.bound.arguments, table.c)
        return [PageSource(source, (seen, *way), columns, value) for way in product(*ways)]

    def _outer(self) -> tuple[FromClause, ...]:
        if self.parent is None:
            return ()
        rows = self.part.rows
        compared = rows.differs[1:] if isinstance(rows, HasMany) and rows.differs else ()
        return froms(self.parent, *compared)

    def _of_parent(self, rows: Rows, table: FromClause) -> tuple[FromClause, list[list[Condition]], Columns]:
        """Return a table, the alternative conditions for rows of the parent, and columns besides those of the rows."""
        if isinstance(rows, CommittedRows):
            return table, [[self.emitter.write.dialect.settled(table.c.place)]], {}
        if self.parent is None:
            return table, [], {}
        key = self.parent["id"]
        match rows:
            case HasMany(edge, _, None):
                return table, [[table.c[edge] == key]], {}
            case HasMany(edge, _, (own, compared)):
                return table, [[table.c[edge] == key], [table.c[own].is_distinct_from(self.parent[compared])]], {}
            case ManyToMany(_, association, parent, child, order, often):
                between = own_alias(association)
                tied = between.c[parent] == key
                if often:
                    children = select(between.c[child]).where(tied).correlate(*self._outer())
                    return table, [[table.c.id.in_(children)]], {}
                # In the order of the association, its index also serves the tie-breaker.
                more = {order: between.c[order], "id": between.c[child]} if order and self._ordered_by(order) else {}
                return table.join(between, between.c[child] == table.c.id), [[tied]], more
            case RelationEnds(_, kind, ends):
                one, other = (table.c[end] for end in ends)
                ways = [[one == key, other == key], *([[table.c.kind == kind]] if kind else [])]
                return table, ways, {"other_id": case((key, other), value=one, else_=one)}
        raise AssertionError(rows)

    def _ordered_by(self, name: str) -> bool:
        return self.part.order.columns.get(self.order) == name

    def _hits(self, rows: SearchHits) -> PageSource:
        """Return everything that matches the text of a search, with its score."""
        dialect, types = self.emitter.write.dialect, self.bound.types
        text = self.bound.text(dialect)
        branches: list[Select[*tuple[Any, ...]]] = []
        by_name = [model for model in rows.names if model.__name__ in types]
        by_words = [model for model in rows.words if model.__name__ in types]
        if by_name:
            (model,) = by_name
            named = names_like(text).subquery()
            branches.append(select(constant(model.__name__).label("type"), named.c.entity_id, named.c.score))
        if by_words:
            found = dialect.matching(text).subquery()
            branches.append(select(found.c.entity_type.label("type"), found.c.entity_id, found.c.score))
        if not branches:
            nothing = (constant("").label("type"), cast(null(), Uid()).label("entity_id"), literal(0.0).label("score"))
            branches.append(select(*nothing).where(false()))
        union = union_all(*branches).subquery()
        keys = [
            case((union.c.type == constant(model.__name__), union.c.entity_id)).label(f"{model.__name__.lower()}_key")
            for model in (*rows.names, *rows.words)
        ]
        table = select(union.c.entity_id.label("id"), union.c.score, *keys).subquery()
        return PageSource(table, (), table.c, table.c.score)

    # ------------------------------------------------------------------ which of them

    @property
    def _looks_beyond(self) -> bool:
        """True if the request needs to know if rows follow or precede the page: most pages need no counting."""
        return self.backward or any(f.name == "pageInfo" for f in self.node.only)

    @property
    def _size(self) -> Expression:
        return PageSize(self.node.slot, 0, Integer())

    def _order(self, value: Expression, key: Expression, *, forward: bool) -> list[Expression]:
        """Return the order of the list, or the order in which the page is taken from its end."""
        down = self.descending is not (self.backward and not forward)
        return [value.desc(), key.desc()] if down else [value, key]

    def _first(self, needed: set[str], *, exactly: bool) -> QueryRows:
        """Return the rows of the page in the direction of paging, plus one if rows beyond the page matter."""
        limit = PageSize(self.node.slot, int(not exactly), Integer())

        def first(source: PageSource) -> QueryRows:
            columns = [Named(source.columns[name], name) for name in sorted(needed | {"id"})]
            rows = source.select(*columns, Named(source.value, "order_value")).where(*self._between(source))
            return rows.order_by(*order).limit(limit).subquery()

        order = self._order(column("order_value"), column("id"), forward=False)
        one, *others = map(first, self._sources())
        if not others:
            return one
        # No row of the page is beyond the size of the page in its own set.
        all_of_one, *more = (rows.whole() for rows in (one, *others))
        return replace(all_of_one, united=tuple(more), order=tuple(order), limited=limit).subquery()

    def _numbered(self, page: QueryRows) -> QueryRows:
        """Return the rows numbered from 1 in the direction of paging, with their number, which may be one more than the
        page.

        The additional row is left out where the edges are joined: another subquery would be too deep for SQLite's
        parser.
        """
        # Unordered window functions: the rows are in order. No column is called `nth`.
        numbered = page.whole(Named(func.row_number().over(), "nth"), Named(func.count().over(), "found"))
        order = self._order(page.c["order_value"], page.c["id"], forward=True) if self.backward else ()
        return self.emitter.write.dialect.ordered(numbered, *order).subquery()

    def _between(self, source: PageSource) -> list[ColumnElement[bool]]:
        conditions = []
        for cursor, follows in ((self.bound.after, True), (self.bound.before, False)):
            if cursor is not None:
                row, end = self._compared(source, cursor)
                conditions.append(row > end if follows is not self.descending else row < end)
        return conditions

    def _compared(self, source: PageSource, cursor: BoundCursor) -> tuple[Tuple, Tuple]:
        """Return a row and a cursor, to be compared as row values: an index supports that comparison."""
        row = tuple_(source.value, source.key)
        return row, tuple_(cursor.value.placeholder(source.value.type), cursor.key.placeholder(Uid()))

    # ------------------------------------------------------------------ what is written of them

    def _on_edge(self, node: PlanNode, rows: QueryRows, scope: Scope) -> Expression:
        """Return a member of an edge: its cursor, the row of the page, or what a column of the page refers to."""
        if node.name == "cursor":
            return self._cursor(rows)
        if isinstance(node.part, Itself) and self.own is not None:
            return self.emitter.entity(self.own, node.under(self.own.name), rows.c, scope)
        return self.emitter.value(node, rows.c, scope)

    def _cursor(self, rows: QueryRows) -> Expression:
        """Return the JSON text of a row's cursor: ORDER.VALUE.ID."""
        value, dialect = rows.c["order_value"], self.emitter.write.dialect
        key = dialect.plain(rows.c["id"])
        if isinstance(value.type, Text):
            return dialect.string(self.emitter.write.text(f"{self.order}.", value, ".", key))
        return self.emitter.write.text(f'"{self.order}.', self.emitter.write.bare(value), ".", key, '"')

    def _info(self, node: PlanNode, rows: QueryRows) -> str | Expression:
        number, found, size = rows.c["nth"], rows.c["found"], self._size
        more = func.coalesce(func.max(case((found > size, constant("true")))), constant("false"))
        last = number == case((found < size, found), else_=size)
        start, end = (last, number == 1) if self.backward else (number == 1, last)
        match node.name:
            case "hasNextPage":
                return self._others(self.bound.before, False) if self.backward else more
            case "hasPreviousPage":
                return more if self.backward else self._others(self.bound.after, True)
        at = start if node.name == "startCursor" else end
        return func.coalesce(func.max(case((at, self._cursor(rows)))), constant("null"))

    def _others(self, cursor: BoundCursor | None, follows: bool) -> str | Expression:
        """Return whether the list has rows on the far side of the cursor that the page starts from."""
        if cursor is None:
            return "false"
        return case(
            (or_(*(self._beyond(s, cursor, follows) for s in self._sources())), constant("true")),
            else_=constant("false"),
        )

    def _beyond(self, source: PageSource, cursor: BoundCursor, follows: bool) -> ColumnElement[bool]:
        row, end = self._compared(source, cursor)
        before = row <= end if follows is not self.descending else row >= end
        return source.select(Named(literal(1))).where(before).exists()

    def _total(self) -> Expression:
        sources = self._tied() or self._sources()
        counts: list[Expression] = [source.select(Named(func.count())).scalar_subquery() for source in sources]
        return cast(sum(counts[1:], counts[0]), Text())

    def _tied(self) -> list[PageSource]:
        """Return the rows that tie the list to the parent, if all rows of the list are visible and none is filtered."""
        rows = self.part.rows
        if not isinstance(rows, ManyToMany) or rows.often or self.parent is None:
            return []
        _, seen = self.emitter.rows(rows.model)
        if self.bound.filter.predicates or self.part.arguments or not isinstance(seen, True_):
            return []
        between = own_alias(rows.association)
        columns = {"id": between.c[rows.child]}
        return [PageSource(between, (between.c[rows.parent] == self.parent["id"],), columns, columns["id"])]
